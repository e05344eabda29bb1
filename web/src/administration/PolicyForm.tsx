import { useId, useState } from 'react';
import { useMay } from '../app/standing';
import { PolicyPreview } from '../graph/generated/PolicyPreview';
import type { UnionStatus } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { useSend } from '../graph/send';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { NumberFields } from './NumberFields';
import { PolicyChanges } from './PolicyChanges';
import { changeOf, draftOf, moved, rulesOf, type Change, type Draft, type InForce } from './policyDraft';
import { RuleFields } from './RuleFields';
import { SavedOver } from './SavedOver';
import { SavePolicyForm } from './SavePolicyForm';
import { administrationWords } from './words';

const kinds = ['INDEPENDENT', 'PARENT', 'JOINT', 'FEDERATION', 'PREPARING'] as const satisfies readonly UnionStatus[];

/** Another policy: typed, tried, and saved upon what was seen. */
export function PolicyForm({ policy }: { policy: InForce }) {
  const t = useWords(administrationWords);
  const id = useId();
  const may = useMay('operate');
  // What somebody else saves meanwhile moves neither the form nor what it was begun upon: they are told, and say what they want.
  const [begun, setBegun] = useState(policy);
  const [draft, setDraft] = useState(() => draftOf(policy));
  const [asked, setAsked] = useState<Change | null>(null);
  const sending = useSend();
  const [saved, setSaved] = useState<{ version: number; text: string } | null>(null);
  const question = useQuestion(PolicyPreview, asked ?? { change: {}, takeBack: [] }, { enabled: asked !== null, keep: false });
  const put = (changes: Partial<Draft>) => setDraft({ ...draft, ...changes });
  const change = changeOf(begun, draft);
  const isTouched = Object.keys(change.change).length > 0 || change.takeBack.length > 0;
  const isOvertaken = policy.version !== begun.version;
  const upon = (now: InForce, next: Draft) => {
    setBegun(now);
    setDraft(next);
    setAsked(null);
  };
  // Nothing is typed, or what was typed is what was saved: the form simply shows what is in force now.
  if (isOvertaken && (!isTouched || policy.version === saved?.version)) upon(policy, draftOf(policy));
  const toggled = (all: readonly UnionStatus[], kind: UnionStatus) => (all.includes(kind) ? all.filter((other) => other !== kind) : [...all, kind]);
  return (
    <section className="card policy">
      <h2>{t.preview}</h2>
      <p className="muted">{t.previewWhy}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(change);
          setSaved(null);
          sending.say(null);
        }}
      >
        <div className="row fields">
          <div className="field">
            <label htmlFor={`${id}g`}>{t.grace}</label>
            <input id={`${id}g`} type="number" min={0} max={120} value={draft.grace} onChange={(event) => put({ grace: event.target.value })} />
          </div>
          <div className="field">
            <label htmlFor={`${id}p`}>{t.proxy}</label>
            <input id={`${id}p`} type="number" min={1} value={draft.proxy} onChange={(event) => put({ proxy: event.target.value })} />
          </div>
          <div className="field">
            <label htmlFor={`${id}b`}>{t.proxyBelow}</label>
            <input id={`${id}b`} type="number" min={0} value={draft.proxyBelow} onChange={(event) => put({ proxyBelow: event.target.value })} />
          </div>
          <label className="check">
            <input type="checkbox" checked={draft.branches} onChange={() => put({ branches: !draft.branches })} />
            {t.branches}
          </label>
          <label className="check">
            <input type="checkbox" checked={draft.individuals} onChange={() => put({ individuals: !draft.individuals })} />
            {t.individuals}
          </label>
        </div>
        {(['counted', 'established'] as const).map((which) => (
          <fieldset key={which} className="row kinds">
            <legend>{t.kindsOf[which]}</legend>
            {kinds.map((kind) => (
              <label key={kind} className="check">
                <input type="checkbox" checked={draft[which].includes(kind)} onChange={() => put({ [which]: toggled(draft[which], kind) })} />
                {t.kinds[kind]}
              </label>
            ))}
          </fieldset>
        ))}
        <NumberFields legend={t.weights} names={begun.weights.map(({ name }) => name)} label={t.weight} values={draft.weights} onChange={(weights) => put({ weights })} />
        <RuleFields rules={rulesOf(begun)} drafts={draft.rules} onChange={(rules) => put({ rules })} />
        <NumberFields legend={t.limits} names={begun.publicationLimits.map(({ name }) => name)} label={t.limit} values={draft.limits} onChange={(limits) => put({ limits })} />
        <SavedOver saved={(isOvertaken ? begun : policy).saved ?? []} takeBack={draft.takeBack} onChange={(takeBack) => put({ takeBack })} />
        <div className="row">
          <button type="submit" className="button primary" disabled={may !== true || !isTouched || isOvertaken}>
            {t.tryIt}
          </button>
          <button
            type="button"
            className="button"
            onClick={() => upon(policy, draftOf(policy))}
          >
            {t.asInForce}
          </button>
        </div>
      </form>
      {may === false && <Forbidden scope="operate" />}
      {isOvertaken && isTouched && !sending.isRunning && (
        <p className="row said" role="alert">
          <span>{t.overtaken(policy.version)}</span>
          <button type="button" className="button" onClick={() => upon(policy, moved(draft, begun, policy))}>
            {t.keepMine}
          </button>
        </p>
      )}
      <p role="status" className="said good">
        {saved?.text ?? ''}
      </p>
      {asked !== null && (
        <Answered question={question} rows={6}>
          {({ policyPreview }) =>
            policyPreview === null ? (
              <Forbidden scope="operate" />
            ) : (
              <>
                <PolicyChanges found={policyPreview} />
                <SavePolicyForm
                  sending={sending}
                  change={asked}
                  basedOn={begun.version}
                  isSeen={!isOvertaken && JSON.stringify(asked) === JSON.stringify(change)}
                  onSaved={(version, text) => {
                    setAsked(null);
                    setSaved({ version, text });
                  }}
                />
              </>
            )
          }
        </Answered>
      )}
    </section>
  );
}

