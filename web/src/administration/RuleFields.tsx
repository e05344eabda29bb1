import { useId } from 'react';
import { useWords } from '../language/words';
import type { RuleDraft, RuleInForce } from './policyDraft';
import { administrationWords } from './words';

/** The amounts of the rules of designated size: for all of a rule's time, or from a day on. */
export function RuleFields({
  rules,
  drafts,
  onChange,
}: {
  rules: readonly RuleInForce[];
  drafts: Readonly<Record<string, RuleDraft>>;
  onChange: (drafts: Readonly<Record<string, RuleDraft>>) => void;
}) {
  const t = useWords(administrationWords);
  const id = useId();
  return (
    <fieldset className="rules">
      <legend>{t.thresholds}</legend>
      <p className="muted">{t.thresholdsWhy}</p>
      {rules.map(({ code, title, amounts }) => {
        const draft = drafts[code] ?? { from: '', amounts: {} };
        const put = (changes: Partial<RuleDraft>) => onChange({ ...drafts, [code]: { ...draft, ...changes } });
        return (
          <div key={code} className="row rule" role="group" aria-labelledby={`${id}${code}`}>
            <span id={`${id}${code}`} className="rule-title">
              {title}
            </span>
            {amounts.map((metric) => (
              <div key={metric} className="field">
                <label htmlFor={`${id}${code}${metric}`}>{t.amountOf(t.metric[metric] ?? metric, metric === 'employees')}</label>
                <input
                  id={`${id}${code}${metric}`}
                  type="number"
                  min={0}
                  step="any"
                  value={draft.amounts[metric] ?? ''}
                  onChange={(event) => put({ amounts: { ...draft.amounts, [metric]: event.target.value } })}
                />
              </div>
            ))}
            <div className="field">
              <label htmlFor={`${id}${code}from`}>{t.holdsFrom}</label>
              <input id={`${id}${code}from`} type="date" value={draft.from} onChange={(event) => put({ from: event.target.value })} />
            </div>
          </div>
        );
      })}
    </fieldset>
  );
}
