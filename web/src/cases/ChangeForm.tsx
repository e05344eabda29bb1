import { useId, useState } from 'react';
import { ask } from '../graph/client';
import { ChangeCase } from '../graph/generated/ChangeCase';
import type { CaseMethod, CaseStage, ChangeCaseInput } from '../graph/generated/types';
import { Said, useSend } from '../graph/send';
import { useWords } from '../language/words';
import type { WholeCase } from './CasePage';
import { methods, stages } from './filter';
import { useCaseLabels } from './labels';
import { inputOf, NOBODY, ownerOf, type Owner } from './owner';
import { OwnerFields } from './OwnerFields';
import { caseWords } from './words';

interface Draft {
  readonly stage?: CaseStage;
  readonly owner?: Owner;
  readonly nextOn?: string;
  readonly method?: CaseMethod | '';
  readonly assessment?: string;
  readonly refusedBy?: string;
  readonly refusedWhy?: string;
  readonly note?: string;
}

/** Everything about a case that a person changes. Only what was touched is sent; where somebody else was faster, what was typed stays. */
export function ChangeForm({ card }: { card: WholeCase }) {
  const t = useWords(caseWords);
  const labels = useCaseLabels();
  const id = useId();
  const { said, isRunning, send, say } = useSend();
  const [draft, setDraft] = useState<Draft>({});
  const put = (changes: Draft) => setDraft({ ...draft, ...changes });
  const refusedBy = draft.refusedBy ?? card.refusal?.by ?? '';
  const refusedWhy = draft.refusedWhy ?? card.refusal?.why ?? '';
  const owner = draft.owner ?? ownerOf(card.owner);

  const input = (): ChangeCaseInput | null => {
    const was = ownerOf(card.owner);
    const isOther = owner.unit !== was.unit || owner.role !== was.role || owner.name !== was.name;
    const isRefusal = refusedBy !== (card.refusal?.by ?? '') || refusedWhy !== (card.refusal?.why ?? '');
    const isRefused = refusedBy.trim() !== '' || refusedWhy.trim() !== '';
    // What was emptied is taken away: null. What was not touched is not sent.
    const changes = {
      stage: draft.stage !== undefined && draft.stage !== card.stage ? draft.stage : undefined,
      owner: isOther ? inputOf(owner) : undefined,
      nextOn: draft.nextOn !== undefined && (draft.nextOn || null) !== card.nextOn ? draft.nextOn || null : undefined,
      method: draft.method !== undefined && (draft.method || null) !== card.method ? draft.method || null : undefined,
      assessment: draft.assessment !== undefined && draft.assessment !== (card.assessment?.toString() ?? '') ? (draft.assessment === '' ? null : Number(draft.assessment)) : undefined,
      refusal: isRefusal ? (isRefused ? { by: refusedBy.trim(), why: refusedWhy.trim() === '' ? null : refusedWhy.trim() } : null) : undefined,
      note: draft.note === undefined || draft.note.trim() === '' ? undefined : draft.note.trim(),
    };
    return Object.values(changes).every((value) => value === undefined) ? null : { case: card.id, version: card.version, ...changes };
  };
  const save = async () => {
    const change = input();
    if (change === null) {
      say({ text: t.nothing, isGood: true });
      return;
    }
    if (await send(async () => (await ask(ChangeCase, { input: change })).data.changeCase.userErrors, t.saved)) setDraft({});
  };
  return (
    <form
      className="card no-print change-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h2>{t.change}</h2>
      <div className="row fields">
        <div className="field">
          <label htmlFor={`${id}s`}>{t.stage}</label>
          <select id={`${id}s`} value={draft.stage ?? card.stage} onChange={(event) => put({ stage: event.target.value as CaseStage })}>
            {stages.map((stage) => (
              <option key={stage} value={stage}>
                {labels.of('stages', stage)}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}d`}>{t.nextOn}</label>
          <input id={`${id}d`} type="date" value={draft.nextOn ?? card.nextOn ?? ''} onChange={(event) => put({ nextOn: event.target.value })} />
        </div>
        <div className="field">
          <label htmlFor={`${id}m`}>{t.method}</label>
          <select id={`${id}m`} value={draft.method ?? card.method ?? ''} onChange={(event) => put({ method: event.target.value as CaseMethod | '' })}>
            <option value="">—</option>
            {methods.map((method) => (
              <option key={method} value={method}>
                {labels.of('methods', method)}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}a`}>{t.assessment}</label>
          <select id={`${id}a`} value={draft.assessment ?? card.assessment?.toString() ?? ''} onChange={(event) => put({ assessment: event.target.value })}>
            <option value="">—</option>
            {[1, 2, 3, 4, 5].map((n) => (
              <option key={n} value={n}>
                {t.assessments[n]}
              </option>
            ))}
          </select>
        </div>
      </div>
      <div className="row fields">
        <OwnerFields owner={owner} none={t.nobody} onChange={(next) => put({ owner: next.unit === '' ? NOBODY : next })} />
      </div>
      <div className="row fields">
        <div className="field">
          <label htmlFor={`${id}b`}>{t.refusedBy}</label>
          <input id={`${id}b`} maxLength={60} placeholder={t.refusedByHint} value={refusedBy} onChange={(event) => put({ refusedBy: event.target.value })} />
        </div>
        <div className="field grow">
          <label htmlFor={`${id}w`}>{t.refusedWhy}</label>
          <input id={`${id}w`} maxLength={300} value={refusedWhy} onChange={(event) => put({ refusedWhy: event.target.value })} />
        </div>
      </div>
      <div className="row fields">
        <div className="field grow">
          <label htmlFor={`${id}n`}>{t.note}</label>
          <input id={`${id}n`} maxLength={500} value={draft.note ?? ''} onChange={(event) => put({ note: event.target.value })} />
        </div>
        <button type="submit" className="button primary" disabled={isRunning}>
          {t.save}
        </button>
      </div>
      <Said said={said} />
    </form>
  );
}
