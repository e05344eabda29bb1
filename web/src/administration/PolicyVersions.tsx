import { useId, useState } from 'react';
import { ask } from '../graph/client';
import { WithdrawPolicy } from '../graph/generated/WithdrawPolicy';
import type { PolicyQuery } from '../graph/generated/types';
import { Said, useSend } from '../graph/send';
import { useWords } from '../language/words';
import { notShownYet } from '../states/recorded';
import { stateWords } from '../states/words';
import { VersionsTable } from './VersionsTable';
import { administrationWords } from './words';

type Versions = NonNullable<PolicyQuery['policy']['versions']>;

/** What was saved of the policy, by whom and why, the newest first; and the way back to what the configuration says. */
export function PolicyVersions({ version, versions, isSaved }: { version: number; versions: Versions; isSaved: boolean }) {
  const t = useWords(administrationWords);
  const s = useWords(stateWords);
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
  return (
    <section className="card policy-versions">
      <h2>{t.policyVersions}</h2>
      {versions.length === 0 && <p className="muted">{t.noPolicyVersions}</p>}
      {versions.length > 0 && <VersionsTable versions={versions} label={t.policyVersions} />}
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
