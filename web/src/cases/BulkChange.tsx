import { useId, useState } from 'react';
import { ask } from '../graph/client';
import { AssignCases } from '../graph/generated/AssignCases';
import { ChangeCase } from '../graph/generated/ChangeCase';
import { CloseCase } from '../graph/generated/CloseCase';
import type { CaseLineFragment, CaseMethod, CaseStage } from '../graph/generated/types';
import { useAskAgain } from '../graph/question';
import { Said, textOf, type Told } from '../graph/send';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { CloseReason } from './CloseReason';
import { methods, stages } from './filter';
import { useCaseLabels } from './labels';
import { inputOf, NOBODY, type Owner } from './owner';
import { OwnerFields } from './OwnerFields';
import { caseWords } from './words';

const actions = ['stage', 'owner', 'nextOn', 'method', 'note', 'assign', 'close'] as const;
type Action = (typeof actions)[number];

/** One change for many cases. Each is asked for by the version that was seen: where somebody was faster, that one is named and left. */
export function BulkChange({ cases, onClear, onDone }: { cases: readonly CaseLineFragment[]; onClear: () => void; onDone: (left: ReadonlySet<string>) => void }) {
  const t = useWords(caseWords);
  const f = useFormat();
  const labels = useCaseLabels();
  const id = useId();
  const askAgain = useAskAgain();
  const [action, setAction] = useState<Action>('nextOn');
  const [stage, setStage] = useState<CaseStage>('VERIFY');
  const [method, setMethod] = useState<CaseMethod>('DEMAND');
  const [owner, setOwner] = useState<Owner>(NOBODY);
  const [day, setDay] = useState('');
  const [reason, setReason] = useState('');
  const [note, setNote] = useState('');
  const [said, setSaid] = useState<Told | null>(null);
  const [isRunning, setRunning] = useState(false);

  const isReady = { stage: true, method: true, assign: true, owner: owner.unit !== '', nextOn: day !== '', close: reason !== '', note: note.trim() !== '' }[action];
  const one = async (line: CaseLineFragment) => {
    const seen = { case: line.id, version: line.version, note: note.trim() === '' ? null : note.trim() };
    if (action === 'close') return (await ask(CloseCase, { input: { ...seen, reason } })).data.closeCase.userErrors;
    const change =
      action === 'stage' ? { stage } : action === 'method' ? { method } : action === 'nextOn' ? { nextOn: day } : action === 'owner' ? { owner: inputOf(owner) } : {};
    return (await ask(ChangeCase, { input: { ...seen, ...change } })).data.changeCase.userErrors;
  };
  const run = async () => {
    setRunning(true);
    const wrong: { line: CaseLineFragment; why: string }[] = [];
    let text = '';
    try {
      if (action === 'assign') {
        const enterprise = cases.flatMap((line) => (line.enterprise === null ? [] : [line.enterprise.id]));
        const { data } = await ask(AssignCases, { filter: { enterprise, state: ['OPEN'] } });
        const [refused] = data.assignCases.userErrors;
        if (refused !== undefined) throw new Error(refused.message);
        text = t.assigned(f.count(data.assignCases.cases), f.count(data.assignCases.nobodys));
      } else {
        for (const line of cases) {
          try {
            const [refused] = await one(line);
            if (refused !== undefined) wrong.push({ line, why: refused.message });
          } catch (problem) {
            wrong.push({ line, why: textOf(problem) });
          }
        }
        text = t.done(f.count(cases.length - wrong.length));
      }
      const names = wrong.slice(0, 5).map(({ line, why }) => `${line.enterprise?.name ?? line.id} (${why})`);
      setSaid({ text: wrong.length === 0 ? text : `${text} · ${t.failed(f.count(wrong.length))}${f.list(names)}`, isGood: wrong.length === 0 });
      if (wrong.length === 0) setNote('');
      onDone(new Set(wrong.map(({ line }) => line.id)));
    } catch (problem) {
      setSaid({ text: textOf(problem), isGood: false });
    } finally {
      setRunning(false);
      void askAgain();
    }
  };
  if (cases.length === 0) return said === null ? null : <Said said={said} />;
  return (
    <form
      className="card bulk no-print"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) void run();
      }}
    >
      <div className="row">
        <strong role="status">{t.selected(f.count(cases.length))}</strong>
        <button type="button" className="plain" onClick={onClear}>
          {t.clearSelection}
        </button>
      </div>
      <div className="row fields">
        <div className="field">
          <label htmlFor={`${id}a`}>{t.bulk}</label>
          <select id={`${id}a`} value={action} onChange={(event) => setAction(event.target.value as Action)}>
            {actions.map((name) => (
              <option key={name} value={name}>
                {t.actions[name]}
              </option>
            ))}
          </select>
        </div>
        {action === 'stage' && (
          <div className="field">
            <label htmlFor={`${id}s`}>{t.stage}</label>
            <select id={`${id}s`} value={stage} onChange={(event) => setStage(event.target.value as CaseStage)}>
              {stages.map((value) => (
                <option key={value} value={value}>
                  {labels.of('stages', value)}
                </option>
              ))}
            </select>
          </div>
        )}
        {action === 'method' && (
          <div className="field">
            <label htmlFor={`${id}m`}>{t.method}</label>
            <select id={`${id}m`} value={method} onChange={(event) => setMethod(event.target.value as CaseMethod)}>
              {methods.map((value) => (
                <option key={value} value={value}>
                  {labels.of('methods', value)}
                </option>
              ))}
            </select>
          </div>
        )}
        {action === 'owner' && <OwnerFields owner={owner} none={t.chooseUnit} onChange={setOwner} />}
        {action === 'nextOn' && (
          <div className="field">
            <label htmlFor={`${id}d`}>{t.nextOn}</label>
            <input id={`${id}d`} type="date" value={day} onChange={(event) => setDay(event.target.value)} />
          </div>
        )}
        {action === 'close' && <CloseReason reason={reason} onChange={setReason} />}
        {action !== 'assign' && (
          <div className="field grow">
            <label htmlFor={`${id}n`}>{t.note}</label>
            <input id={`${id}n`} value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
          </div>
        )}
        <button type="submit" className="button primary" disabled={isRunning || !isReady}>
          {t.apply(f.count(cases.length))}
        </button>
      </div>
      <Said said={said} />
    </form>
  );
}
