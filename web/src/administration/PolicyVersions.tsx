import { useId, useState } from 'react';
import { ask } from '../graph/client';
import { WithdrawPolicy } from '../graph/generated/WithdrawPolicy';
import type { PolicyQuery } from '../graph/generated/types';
import { Said, useSend } from '../graph/send';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { notShownYet } from '../states/recorded';
import { stateWords } from '../states/words';
import { administrationWords } from './words';

type Versions = NonNullable<PolicyQuery['policy']['versions']>;

/** What was saved of the policy, by whom and why, the newest first; and the way back to what the configuration says. */
export function PolicyVersions({ version, versions }: { version: number; versions: Versions }) {
  const t = useWords(administrationWords);
  const s = useWords(stateWords);
  const f = useFormat();
  const id = useId();
  const [reason, setReason] = useState('');
  const { said, isRunning, send, say } = useSend();
  const back = async () => {
    if (reason.trim() === '') return say({ text: t.policyReasonMissing, isGood: false });
    let good = '';
    const isDone = await send(
      async () => {
        const { withdrawPolicy } = (await ask(WithdrawPolicy, { input: { basedOn: version, reason: reason.trim() } })).data;
        good = notShownYet(withdrawPolicy, s) || t.policyWithdrawn;
        return withdrawPolicy.userErrors;
      },
      () => good,
    );
    if (isDone) setReason('');
    return undefined;
  };
  const shown = (changed: Versions[number]['changed']) =>
    changed.length === 0 ? t.tookBack : f.list(changed.map(({ key, value }) => `${t.keys[key] ?? t.weight[key.replace('priority.', '')] ?? key} ${value === null ? t.off : t.valueOf(value)}`));
  const isSaved = versions[0] !== undefined && versions[0].changed.length > 0;
  return (
    <section className="card policy-versions">
      <h2>{t.policyVersions}</h2>
      {versions.length === 0 && <p className="muted">{t.noPolicyVersions}</p>}
      {versions.length > 0 && (
        <div className="scroll-x" tabIndex={0} role="region" aria-label={t.policyVersions}>
          <table className="grid">
            <thead>
              <tr>
                <th scope="col" className="number">
                  {t.policyVersion}
                </th>
                <th scope="col">{t.when}</th>
                <th scope="col">{t.who}</th>
                <th scope="col">{t.policyChanged}</th>
                <th scope="col">{t.policyWhy}</th>
              </tr>
            </thead>
            <tbody>
              {versions.map((one) => (
                <tr key={one.number}>
                  <th scope="row" className="number">
                    {one.number}
                  </th>
                  <td className="nowrap">{f.instant(one.at)}</td>
                  <td>{one.by}</td>
                  <td>{shown(one.changed)}</td>
                  <td>{one.reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {isSaved && (
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            void back();
          }}
        >
          <label htmlFor={id} className="hidden">
            {t.policyReason}
          </label>
          <input id={id} className="grow" value={reason} maxLength={500} placeholder={t.policyReason} onChange={(event) => setReason(event.target.value)} />
          <button type="submit" className="button danger" disabled={isRunning}>
            {t.withdrawPolicy}
          </button>
        </form>
      )}
      <Said said={said} />
    </section>
  );
}
