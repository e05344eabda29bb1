import { useId, useState } from 'react';
import { Link } from '../app/Link';
import { ask } from '../graph/client';
import { AnswerCorrection } from '../graph/generated/AnswerCorrection';
import type { CorrectionAnswer, CorrectionLineFragment } from '../graph/generated/types';
import { WithdrawCorrection } from '../graph/generated/WithdrawCorrection';
import { useAskAgain } from '../graph/question';
import { useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { useSaid } from './useSaid';
import { correctionWords } from './words';

const WAITING = ['OPEN', 'SENT', 'SEEN'];
const ANSWERS: readonly CorrectionAnswer[] = ['CORRECTED', 'CONFIRMED', 'NOT_OURS'];

/** Requests, one a row: what is disputed, who says what, until when, and what can be done about it here. */
export function CorrectionTable({ rows, mayAnswer, mayWithdraw, withRegistry }: { rows: readonly CorrectionLineFragment[]; mayAnswer: boolean; mayWithdraw: boolean; withRegistry: boolean }) {
  const t = useWords(correctionWords);
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={t.title}>
      <table className="grid corrections">
        <thead>
          <tr>
            <th scope="col">{t.record}</th>
            <th scope="col">{t.column}</th>
            <th scope="col">{t.stated}</th>
            <th scope="col">{t.others}</th>
            <th scope="col">{t.deadline}</th>
            <th scope="col">{t.state}</th>
            {(mayAnswer || mayWithdraw) && <th scope="col">{t.action}</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Line key={row.id} row={row} mayAnswer={mayAnswer} mayWithdraw={mayWithdraw} withRegistry={withRegistry} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Line({ row, mayAnswer, mayWithdraw, withRegistry }: { row: CorrectionLineFragment; mayAnswer: boolean; mayWithdraw: boolean; withRegistry: boolean }) {
  const t = useWords(correctionWords);
  const f = useFormat();
  const name = useWords(terms);
  const isWaiting = WAITING.includes(row.state);
  return (
    <tr>
      <th scope="row">
        {withRegistry ? row.registry.title : row.recordKey}
        {withRegistry && <span className="part">{row.recordKey}</span>}
        {!withRegistry && row.enterprise !== null && (
          <span className="part">
            <Link to={`/e/${row.enterprise.id}`}>{row.enterprise.name}</Link>
          </span>
        )}
      </th>
      <td>
        {row.column}
        <span className="part">{name.field[row.field]}</span>
      </td>
      <td>
        {row.stated ?? <span className="muted">{t.empty}</span>}
        {row.reason !== null && <span className="part">{row.reason}</span>}
      </td>
      <td>
        {row.others.map((other, at) => (
          <span key={at} className="part">
            {other.registry.title} {other.value ?? <em>{t.hidden}</em>} <span className="muted">{f.day(other.at)}</span>
          </span>
        ))}
      </td>
      <td className={row.isOverdue ? 'nowrap gap' : 'nowrap'}>
        {f.day(row.deadline)}
        {row.isOverdue && <span className="part">{t.overdue}</span>}
      </td>
      <td>
        <span className="chip">{t.states[row.state]}</span>
        {row.answer !== null && (
          <span className="part">
            {t.answers[row.answer]}
            {row.corrected !== null && <strong> {row.corrected}</strong>}
          </span>
        )}
        {row.answeredBy !== null && <span className="part">{t.by(row.answeredBy, f.day(row.answeredAt))}</span>}
        {row.answerNote !== null && <span className="part">{row.answerNote}</span>}
      </td>
      {(mayAnswer || mayWithdraw) && (
        <td>
          {isWaiting && mayAnswer && <AnswerForm row={row} />}
          {isWaiting && !mayAnswer && mayWithdraw && <WithdrawButton row={row} />}
        </td>
      )}
    </tr>
  );
}

/** The department's answer, in place. */
function AnswerForm({ row }: { row: CorrectionLineFragment }) {
  const t = useWords(correctionWords);
  const id = useId();
  const askAgain = useAskAgain();
  const { said, isRunning, send } = useSaid();
  const [given, setGiven] = useState<{ answer: CorrectionAnswer; value: string; note: string }>({ answer: 'CORRECTED', value: '', note: '' });
  const answer = async () => {
    const input = { id: row.id, answer: given.answer, value: given.answer === 'CORRECTED' ? given.value : null, note: given.note || null, idempotencyKey: crypto.randomUUID() };
    const done = await send(
      async () => (await ask(AnswerCorrection, { input })).data.answerCorrection,
      (told) => (told.correction?.isPending === true ? t.pending : t.sent),
    );
    if (done) void askAgain();
  };
  return (
    <form
      className="row no-print"
      onSubmit={(event) => {
        event.preventDefault();
        void answer();
      }}
    >
      <div className="field">
        <label htmlFor={`${id}a`}>{t.answer}</label>
        <select id={`${id}a`} value={given.answer} onChange={(event) => setGiven({ ...given, answer: event.target.value as CorrectionAnswer })}>
          {ANSWERS.map((answer) => (
            <option key={answer} value={answer}>
              {t.answers[answer]}
            </option>
          ))}
        </select>
      </div>
      {given.answer === 'CORRECTED' && (
        <div className="field">
          <label htmlFor={`${id}v`}>{t.value}</label>
          <input id={`${id}v`} value={given.value} maxLength={1000} onChange={(event) => setGiven({ ...given, value: event.target.value })} />
        </div>
      )}
      <div className="field">
        <label htmlFor={`${id}n`}>{t.note}</label>
        <input id={`${id}n`} value={given.note} maxLength={2000} onChange={(event) => setGiven({ ...given, note: event.target.value })} />
      </div>
      <button type="submit" className="button" disabled={isRunning} aria-label={`${t.send} ${row.recordKey} ${row.column}`}>
        {t.send}
      </button>
      <span role="status" className={said?.isGood === false ? 'said' : 'said good'}>
        {said?.text ?? ''}
      </span>
    </form>
  );
}

function WithdrawButton({ row }: { row: CorrectionLineFragment }) {
  const t = useWords(correctionWords);
  const askAgain = useAskAgain();
  const { said, isRunning, send } = useSaid();
  const withdraw = async () => {
    const done = await send(
      async () => (await ask(WithdrawCorrection, { input: { id: row.id } })).data.withdrawCorrection,
      () => t.withdrawn,
    );
    if (done) void askAgain();
  };
  return (
    <span className="row no-print">
      <button type="button" className="plain" disabled={isRunning} aria-label={`${t.withdraw} ${row.recordKey} ${row.column}`} onClick={() => void withdraw()}>
        {t.withdraw}
      </button>
      <span role="status" className={said?.isGood === false ? 'said' : 'said good'}>
        {said?.text ?? ''}
      </span>
    </span>
  );
}
