import { useId, useState } from 'react';
import { useMay } from '../app/standing';
import { OpenMany } from '../cases/OpenMany';
import { caseWords } from '../cases/words';
import '../cases/cases.css';
import { ask } from '../graph/client';
import { RecordFinding } from '../graph/generated/RecordFinding';
import { GraphProblem } from '../graph/problem';
import { useAskAgain } from '../graph/question';
import { textOf } from '../graph/send';
import { codesOf, useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import type { EnterpriseFilter } from '../graph/generated/types';
import { notShownYet } from '../states/recorded';
import { stateWords } from '../states/words';
import type { Rows } from './rows';
import { gapWords } from './words';

/** What can be done with the enterprises that are ticked. */
export function Selection({ selected, rows, filter, onClear }: { selected: ReadonlySet<string>; rows: Rows; filter: EnterpriseFilter; onClear: () => void }) {
  const t = useWords(gapWords);
  const c = useWords(caseWords);
  const s = useWords(stateWords);
  const f = useFormat();
  const code = useCode();
  const id = useId();
  const mayReview = useMay('review') === true;
  const askAgain = useAskAgain();
  const [said, setSaid] = useState<{ text: string; isGood: boolean } | null>(null);
  const [isOpen, setOpen] = useState(false);
  const [isOpening, setOpening] = useState(false);
  const [isRunning, setRunning] = useState(false);
  const [finding, setFinding] = useState({ reason: 'deferred', note: '', until: '' });

  const copy = async () => {
    const codes = rows.known().flatMap((row) => (selected.has(row.id) && row.creditCode !== null ? [row.creditCode] : []));
    await navigator.clipboard.writeText(codes.join('\n'));
    setSaid({ text: t.copied(f.count(codes.length)), isGood: true });
  };
  const record = async () => {
    setRunning(true);
    let done = 0;
    let later = '';
    try {
      for (const enterprise of selected) {
        const input = { enterprise, reason: finding.reason, note: finding.note || null, until: finding.until || null };
        const { data } = await ask(RecordFinding, { input: { ...input, idempotencyKey: `${enterprise}-${finding.reason}-${finding.until}-${Date.now()}` } });
        const [wrong] = data.recordFinding.userErrors;
        if (wrong !== undefined) throw new GraphProblem(wrong);
        later = notShownYet(data.recordFinding, s) || later;
        done++;
      }
      setSaid({ text: [t.recorded(f.count(done)), later].filter((text) => text !== '').join(' · '), isGood: true });
      setOpen(false);
      void askAgain();
    } catch (problem) {
      setSaid({ text: `${t.recorded(f.count(done))} · ${textOf(problem)}`, isGood: false });
    } finally {
      setRunning(false);
    }
  };
  return (
    <div className="selection">
      <div className="row">
        <strong role="status">{t.selected(f.count(selected.size))}</strong>
        <button type="button" className="button" onClick={() => void copy()}>
          {t.copyCodes}
        </button>
        {mayReview && (
          <button type="button" className="button" aria-expanded={isOpening} onClick={() => setOpening(!isOpening)}>
            {c.openCases}
          </button>
        )}
        {mayReview && (
          <button type="button" className="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {t.recordFinding}
          </button>
        )}
        <button type="button" className="plain" onClick={onClear}>
          {t.clearSelection}
        </button>
        <span role="status" className={said?.isGood === false ? 'said' : 'said good'}>
          {said?.text ?? ''}
        </span>
      </div>
      {isOpening && <OpenMany whom={{ selected, filter, include: ['LACKING', 'UNDECIDED'], origin: 'LIST' }} />}
      {isOpen && (
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            void record();
          }}
        >
          <label htmlFor={`${id}r`}>{t.finding}</label>
          <select id={`${id}r`} value={finding.reason} onChange={(event) => setFinding({ ...finding, reason: event.target.value })}>
            {codesOf('findings').map((reason) => (
              <option key={reason} value={reason}>
                {code('findings', reason)}
              </option>
            ))}
          </select>
          <label htmlFor={`${id}n`}>{t.note}</label>
          <input id={`${id}n`} value={finding.note} maxLength={300} onChange={(event) => setFinding({ ...finding, note: event.target.value })} />
          <label htmlFor={`${id}u`}>{t.until}</label>
          <input id={`${id}u`} type="date" value={finding.until} onChange={(event) => setFinding({ ...finding, until: event.target.value })} />
          <button type="submit" className="button primary" disabled={isRunning}>
            {t.record(f.count(selected.size))}
          </button>
        </form>
      )}
    </div>
  );
}
