import { useId } from 'react';
import { useWords } from '../language/words';
import type { Owner } from './owner';
import { UnitChoice } from './UnitChoice';
import { caseWords } from './words';

/** A unit, a role there, and a name where names are kept. */
export function OwnerFields({ owner, none, onChange }: { owner: Owner; none: string; onChange: (owner: Owner) => void }) {
  const t = useWords(caseWords);
  const id = useId();
  return (
    <>
      <div className="field">
        <label htmlFor={`${id}u`}>{t.unit}</label>
        <UnitChoice id={`${id}u`} value={owner.unit} none={none} onChange={(unit) => onChange({ ...owner, unit })} />
      </div>
      <div className="field">
        <label htmlFor={`${id}r`}>{t.role}</label>
        <input id={`${id}r`} className="short" maxLength={60} value={owner.role} onChange={(event) => onChange({ ...owner, role: event.target.value })} />
      </div>
      <div className="field">
        <label htmlFor={`${id}n`}>{t.name}</label>
        <input id={`${id}n`} className="short" maxLength={60} value={owner.name} onChange={(event) => onChange({ ...owner, name: event.target.value })} />
      </div>
    </>
  );
}
