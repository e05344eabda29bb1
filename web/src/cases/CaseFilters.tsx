import { useId } from 'react';
import { useParameters } from '../app/address';
import { WithinField } from '../federation/fields';
import { useWords } from '../language/words';
import { dues, methods, origins, stages, states, type ChosenCases } from './filter';
import { useCaseLabels } from './labels';
import { OwnerFields } from './OwnerFields';
import { UnitChoice } from './UnitChoice';
import { caseWords } from './words';

/** Conditions of the list of cases; each stands in the address. */
export function CaseFilters({ chosen }: { chosen: ChosenCases }) {
  const t = useWords(caseWords);
  const labels = useCaseLabels();
  const id = useId();
  const [, put] = useParameters();
  const set = (changes: Record<string, string | null>, how?: 'push' | 'replace') => put({ ...changes, after: null }, how);
  return (
    <div className="row fields case-filters" role="group" aria-label={t.filters}>
      <div className="field">
        <label htmlFor={`${id}st`}>{t.state}</label>
        <select id={`${id}st`} value={chosen.state} onChange={(event) => set({ state: event.target.value === 'open' ? null : event.target.value })}>
          {states.map((state) => (
            <option key={state} value={state}>
              {t.states[state]}
            </option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor={`${id}s`}>{t.stage}</label>
        <select id={`${id}s`} value={chosen.stage.length > 1 ? chosen.stage.join(',') : (chosen.stage[0] ?? '')} onChange={(event) => set({ stage: event.target.value })}>
          <option value="">{t.allStages}</option>
          {chosen.stage.length > 1 && <option value={chosen.stage.join(',')}>{chosen.stage.map((stage) => labels.of('stages', stage)).join(' + ')}</option>}
          {stages.map((stage) => (
            <option key={stage} value={stage}>
              {labels.of('stages', stage)}
            </option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor={`${id}d`}>{t.due}</label>
        <select id={`${id}d`} value={chosen.due ?? ''} onChange={(event) => set({ due: event.target.value })}>
          <option value="">{t.anyDue}</option>
          {dues.map((due) => (
            <option key={due} value={due}>
              {t.dues[due]}
            </option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor={`${id}a`}>{t.area}</label>
        <UnitChoice id={`${id}a`} value={chosen.area} none={t.anyUnit} withFederation={false} onChange={(area) => set({ area })} />
      </div>
      <WithinField label={t.home} value={chosen.home} onChange={(home) => set({ home })} />
      <div className="field">
        <label htmlFor={`${id}m`}>{t.method}</label>
        <select id={`${id}m`} value={chosen.method ?? ''} onChange={(event) => set({ method: event.target.value })}>
          <option value="">{t.anyMethod}</option>
          {methods.map((method) => (
            <option key={method} value={method}>
              {labels.of('methods', method)}
            </option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor={`${id}o`}>{t.origin}</label>
        <select id={`${id}o`} value={chosen.origin ?? ''} onChange={(event) => set({ origin: event.target.value })}>
          <option value="">{t.anyOrigin}</option>
          {origins.map((origin) => (
            <option key={origin} value={origin}>
              {labels.of('origins', origin)}
            </option>
          ))}
        </select>
      </div>
      <fieldset className="row fields owner-filter">
        <legend>{t.owner}</legend>
        <OwnerFields owner={chosen.owner} none={t.anyUnit} onChange={(owner) => set({ ...owner }, 'replace')} />
        <label className="check">
          <input type="checkbox" checked={chosen.isNobodys} onChange={() => set({ owner: chosen.isNobodys ? null : 'none' })} />
          {t.nobodys}
        </label>
      </fieldset>
    </div>
  );
}
