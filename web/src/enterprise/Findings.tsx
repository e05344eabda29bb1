import { useId, useState } from 'react';
import { useMay } from '../app/standing';
import { AskAboutFinding } from '../corrections/AskAboutFinding';
import { ask } from '../graph/client';
import { RecordFinding } from '../graph/generated/RecordFinding';
import { WithdrawFinding } from '../graph/generated/WithdrawFinding';
import { useAskAgain } from '../graph/question';
import { textOf } from '../graph/send';
import { codesOf, useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { notShownYet } from '../states/recorded';
import { stateWords } from '../states/words';
import type { Card } from './card';
import { enterpriseWords } from './words';

/** What visits found; a new finding is an input to the verdicts at once, and can be withdrawn. */
export function Findings({ card }: { card: Card }) {
  const t = useWords(enterpriseWords);
  const s = useWords(stateWords);
  const f = useFormat();
  const code = useCode();
  const id = useId();
  const mayReview = useMay('review') === true;
  const askAgain = useAskAgain();
  const [given, setGiven] = useState({ reason: 'refused', note: '', until: '' });
  const [said, setSaid] = useState<{ text: string; isGood: boolean } | null>(null);
  const [isRunning, setRunning] = useState(false);
  const change = async (send: () => Promise<{ pending: boolean; held: unknown; userErrors: readonly { message: string }[] }>) => {
    setRunning(true);
    try {
      const told = await send();
      const wrong = told.userErrors;
      setSaid(wrong.length === 0 ? { text: notShownYet(told, s) || t.saved, isGood: true } : { text: wrong.map((w) => w.message).join(' '), isGood: false });
      if (wrong.length === 0) void askAgain();
    } catch (problem) {
      setSaid({ text: textOf(problem), isGood: false });
    } finally {
      setRunning(false);
    }
  };
  const record = () =>
    change(async () => {
      const input = { enterprise: card.id, reason: given.reason, note: given.note || null, until: given.until || null, idempotencyKey: crypto.randomUUID() };
      const { data } = await ask(RecordFinding, { input });
      if (data.recordFinding.userErrors.length === 0) setGiven({ ...given, note: '', until: '' });
      return data.recordFinding;
    });
  if (card.findings === null) return null;
  return (
    <section className="card">
      <h2>{t.findings}</h2>
      {card.findings.length === 0 && <p className="muted">{t.noFindings}</p>}
      <ul className="findings">
        {card.findings.map((finding) => (
          <li key={finding.id} className="row">
            <strong className={finding.withdrawnAt === null ? undefined : 'struck'}>{code('findings', finding.reason)}</strong>
            <span>{finding.note}</span>
            <span className="muted">{[f.day(finding.at), finding.by, finding.until === null ? null : t.until_(finding.until)].filter(Boolean).join(' · ')}</span>
            {finding.withdrawnAt === null ? (
              mayReview && (
                <button
                  type="button"
                  className="plain no-print"
                  disabled={isRunning}
                  onClick={() => void change(async () => (await ask(WithdrawFinding, { input: { id: finding.id } })).data.withdrawFinding)}
                >
                  {t.withdraw}
                </button>
              )
            ) : (
              <span className="chip">{t.withdrawn}</span>
            )}
            {finding.withdrawnAt === null && mayReview && (
              <AskAboutFinding
                enterprise={card.id}
                finding={finding.id}
                reason={finding.note === null || finding.note === '' ? code('findings', finding.reason) : f.named(code('findings', finding.reason), finding.note)}
                registries={[...new Set((card.identity?.members ?? []).map((member) => member.record.registry.name))]}
              />
            )}
          </li>
        ))}
      </ul>
      {mayReview && (
        <form
          className="row no-print finding-form"
          onSubmit={(event) => {
            event.preventDefault();
            void record();
          }}
        >
          <div className="field">
            <label htmlFor={`${id}r`}>{t.finding}</label>
            <select id={`${id}r`} value={given.reason} onChange={(event) => setGiven({ ...given, reason: event.target.value })}>
              {codesOf('findings').map((reason) => (
                <option key={reason} value={reason}>
                  {code('findings', reason)}
                </option>
              ))}
            </select>
          </div>
          <div className="field grow">
            <label htmlFor={`${id}n`}>{t.note}</label>
            <input id={`${id}n`} value={given.note} maxLength={300} onChange={(event) => setGiven({ ...given, note: event.target.value })} />
          </div>
          <div className="field">
            <label htmlFor={`${id}u`}>{t.until}</label>
            <input id={`${id}u`} type="date" value={given.until} onChange={(event) => setGiven({ ...given, until: event.target.value })} />
          </div>
          <button type="submit" className="button primary" disabled={isRunning}>
            {t.addFinding}
          </button>
        </form>
      )}
      <p role="status" className={said?.isGood === false ? 'said' : 'said good'}>
        {said?.text ?? ''}
      </p>
    </section>
  );
}
