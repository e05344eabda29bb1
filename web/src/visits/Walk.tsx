import { useId, useState } from 'react';
import { useAskAgain } from '../graph/question';
import { textOf } from '../graph/send';
import { codesOf, useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { bring, type Receipt } from './bring';
import { ReceiptOf } from './BringBack';
import { answer, keep, open, remove, sheetOf, type Copy, type Door } from './copy';
import { visitWords } from './words';

/** The copy that was taken along: filled in door by door, kept with every word, handed in when there is a network again. */
export function Walk({ copy }: { copy: Copy }) {
  const t = useWords(visitWords);
  const f = useFormat();
  const id = useId();
  const askAgain = useAskAgain();
  const [receipt, setReceipt] = useState<Receipt | null>(null);
  const [problem, setProblem] = useState('');
  const [isRunning, setRunning] = useState(false);
  const [isSure, setSure] = useState(false);
  const waiting = open(copy);
  const hand = async () => {
    setRunning(true);
    setProblem('');
    try {
      const told = await bring(copy.id, copy.visitor, sheetOf(waiting));
      // Row 1 of the sheet is its heading.
      const refused = Object.fromEntries(told.refused.flatMap(({ row, message }) => (waiting[row - 2] === undefined ? [] : [[waiting[row - 2]?.[0] ?? '', message]])));
      const handed = Object.fromEntries(waiting.flatMap(([which, said]) => (refused[which] === undefined ? [[which, JSON.stringify(said)]] : [])));
      keep({ ...copy, handed: { ...copy.handed, ...handed }, refused: { ...copy.refused, ...refused } });
      setReceipt(told);
      void askAgain();
    } catch (cause) {
      setProblem(textOf(cause));
    } finally {
      setRunning(false);
    }
  };
  return (
    <section className="card walk no-print">
      <h2>
        {t.walkTitle} · {copy.title}
      </h2>
      <p className="muted small">{t.copyNote(f.instant(copy.takenAt), copy.expires ?? '—')}</p>
      <ol className="doors">
        {copy.doors.map((door) => (
          <DoorOf key={door.case} copy={copy} door={door} />
        ))}
      </ol>
      <div className="row fields hand-in">
        <div className="field">
          <label htmlFor={`${id}v`}>{t.visitor}</label>
          <input id={`${id}v`} maxLength={60} value={copy.visitor} onChange={(event) => keep({ ...copy, visitor: event.target.value })} />
        </div>
        <button type="button" className="button primary" disabled={isRunning || waiting.length === 0} onClick={() => void hand()}>
          {waiting.length === 0 ? t.nothingOpen : t.handIn(f.count(waiting.length))}
        </button>
        {isSure ? (
          <button type="button" className="button danger" onClick={() => remove(copy.id)}>
            {t.removeReally(f.count(waiting.length))}
          </button>
        ) : (
          <button type="button" className="plain" onClick={() => (waiting.length === 0 ? remove(copy.id) : setSure(true))}>
            {t.removeCopy}
          </button>
        )}
      </div>
      <p role="alert" className="said">
        {problem}
      </p>
      {receipt !== null && <ReceiptOf receipt={receipt} />}
    </section>
  );
}

function DoorOf({ copy, door }: { copy: Copy; door: Door }) {
  const t = useWords(visitWords);
  const code = useCode();
  const id = useId();
  const said = copy.answers[door.case];
  const isHanded = said !== undefined && copy.handed[door.case] === JSON.stringify(said);
  const refused = copy.refused[door.case];
  const hasResult = said !== undefined && (said.door !== '' || said.answer !== '');
  const state = refused !== undefined ? t.refused : !hasResult ? t.notYet : isHanded ? t.handed : t.notHanded;
  const name = door.name === '' ? door.case.replace(/^case:/, '') : door.name;
  const put = (changes: Parameters<typeof answer>[2]) => answer(copy, door.case, changes);
  return (
    <li>
      <fieldset>
        <legend>
          {door.place}. {name}
        </legend>
        <p className="muted small">
          {[door.address, door.code, door.stage].filter((text) => text !== '').join(' · ')}{' '}
          <span className={`status ${refused !== undefined ? 'danger' : isHanded ? 'ok' : hasResult ? 'warn' : 'muted'}`}>
            <span aria-hidden="true">{refused !== undefined ? '✕' : isHanded ? '●' : hasResult ? '▲' : '○'}</span> {state}
          </span>
        </p>
        <div className="row fields">
          <div className="field">
            <label htmlFor={`${id}d`}>{t.door}</label>
            <select id={`${id}d`} value={said?.door ?? ''} onChange={(event) => put({ door: event.target.value })}>
              <option value="">—</option>
              {codesOf('doors').map((name) => (
                <option key={name} value={name}>
                  {code('doors', name)}
                </option>
              ))}
            </select>
          </div>
          {said?.door === 'met' && (
            <>
              <div className="field">
                <label htmlFor={`${id}a`}>{t.answer}</label>
                <select id={`${id}a`} value={said.answer} onChange={(event) => put({ answer: event.target.value })}>
                  <option value="">—</option>
                  {codesOf('answers').map((name) => (
                    <option key={name} value={name}>
                      {code('answers', name)}
                    </option>
                  ))}
                </select>
              </div>
              <div className="field">
                <label htmlFor={`${id}s`}>{t.assessment}</label>
                <select id={`${id}s`} value={said.assessment} onChange={(event) => put({ assessment: event.target.value })}>
                  <option value="">—</option>
                  {[1, 2, 3, 4, 5].map((n) => (
                    <option key={n} value={n}>
                      {t.assessments[n]}
                    </option>
                  ))}
                </select>
              </div>
            </>
          )}
          {said !== undefined && (
            <>
              <div className="field">
                <label htmlFor={`${id}o`}>{t.on}</label>
                <input id={`${id}o`} type="date" value={said.on} onChange={(event) => put({ on: event.target.value })} />
              </div>
              <div className="field grow">
                <label htmlFor={`${id}n`}>{t.note}</label>
                <input id={`${id}n`} maxLength={300} value={said.note} onChange={(event) => put({ note: event.target.value })} />
              </div>
            </>
          )}
        </div>
        {refused !== undefined && <p className="said">{refused}</p>}
      </fieldset>
    </li>
  );
}
