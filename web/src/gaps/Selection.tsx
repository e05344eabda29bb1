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
import { copied } from '../states/clipboard';
import { notShownYet } from '../states/recorded';
import { stateWords } from '../states/words';
import { gapWords } from './words';

/** What is ticked: ids with their credit codes, kept whatever became of the rows. */
export type Ticked = ReadonlyMap<string, string | null>;

/** What can be done with the enterprises that are ticked. */
export function Selection({ selected, isOfOther, filter, onClear }: { selected: Ticked; isOfOther: boolean; filter: EnterpriseFilter; onClear: () => void }) {
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
  const [byHand, setByHand] = useState<string | null>(null);
  const [finding, fill] = useState({ reason: 'deferred', note: '', until: '' });
  // Sent again after it broke off, the same finding is recorded once for each.
  const [attempt, setAttempt] = useState(() => crypto.randomUUID());
  const setFinding = (next: typeof finding) => {
    fill(next);
    setAttempt(crypto.randomUUID());
  };

  const copy = async () => {
    const codes = [...selected.values()].filter((creditCode) => creditCode !== null);
    const without = codes.length < selected.size ? t.withoutCode(f.count(selected.size - codes.length)) : '';
    const isCopied = await copied(codes.join('\n'));
    setByHand(isCopied ? null : codes.join('\n'));
    setSaid({ text: [isCopied ? t.copied(f.count(codes.length)) : s.notCopied, without].filter((text) => text !== '').join(' · '), isGood: isCopied });
  };
  const record = async () => {
    setRunning(true);
    let done = 0;
    let later = '';
    try {
      for (const enterprise of selected.keys()) {
        const input = { enterprise, reason: finding.reason, note: finding.note || null, until: finding.until || null };
        const { data } = await ask(RecordFinding, { input: { ...input, idempotencyKey: `${attempt}-${enterprise}` } });
        const [wrong] = data.recordFinding.userErrors;
        if (wrong !== undefined) throw new GraphProblem(wrong);
        later = notShownYet(data.recordFinding, s) || later;
        done++;
      }
      setSaid({ text: [t.recorded(f.count(done)), later].filter((text) => text !== '').join(' · '), isGood: true });
      setOpen(false);
      setAttempt(crypto.randomUUID());
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
      {isOfOther && <p className="muted small">{t.selectedBefore}</p>}
      {byHand !== null && <textarea className="by-hand" readOnly rows={4} aria-label={t.copyCodes} value={byHand} onFocus={(event) => event.currentTarget.select()} />}
      {isOpening && <OpenMany whom={{ selected: new Set(selected.keys()), filter, include: ['LACKING', 'UNDECIDED'], origin: 'LIST' }} />}
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
