import { useId, type ReactNode } from 'react';
import { UnitName } from '../graph/generated/UnitName';
import { UnitNames } from '../graph/generated/UnitNames';
import { useQuestion } from '../graph/question';
import { useWords } from '../language/words';
import { federationWords } from './words';

/** Conditions of a page, each with its name above. */
export function Filters({ children }: { children: ReactNode }) {
  const t = useWords(federationWords);
  return (
    <div className="row fields no-print" role="group" aria-label={t.filters}>
      {children}
    </div>
  );
}

/** A unit and those below it: the city's, districts, zones and industrial unions to choose from, any other by its address. */
export function WithinField({ value, onChange, label }: { value: string; onChange: (code: string) => void; label?: string }) {
  const t = useWords(federationWords);
  const id = useId();
  const units = useQuestion(UnitNames, {}).data?.data.unionUnits?.nodes;
  const isOther = value !== '' && units !== undefined && !units.some((unit) => unit.code === value);
  const other = useQuestion(UnitName, { code: value }, { enabled: isOther }).data?.data.unionUnit;
  return (
    <div className="field">
      <label htmlFor={id}>{label ?? t.within}</label>
      <select id={id} className="unit-choice" value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">{t.wholeFederation}</option>
        {value !== '' && (isOther || units === undefined) && <option value={value}>{other?.name ?? value}</option>}
        {units?.map((unit) => (
          <option key={unit.code} value={unit.code}>
            {unit.name}
          </option>
        ))}
      </select>
    </div>
  );
}

/** One of several values, or any. */
export function ChoiceField<Value extends string>({
  label,
  any,
  value,
  values,
  names,
  onChange,
}: {
  label: string;
  /** The text of no choice; left out where one has to be chosen. */
  any?: string;
  value: Value | null;
  values: readonly Value[];
  names: Readonly<Record<Value, string>>;
  onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value ?? ''} onChange={(event) => onChange(event.target.value)}>
        {any !== undefined && <option value="">{any}</option>}
        {values.map((one) => (
          <option key={one} value={one}>
            {names[one]}
          </option>
        ))}
      </select>
    </div>
  );
}

export function DayField({ label, value, onChange }: { label: string; value: string; onChange: (day: string) => void }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} type="date" value={value} onChange={(event) => onChange(event.target.value)} />
    </div>
  );
}

export function YearField({ label, value, onChange }: { label: string; value: number; onChange: (year: string) => void }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} type="number" className="year" min={2000} max={2100} value={value} onChange={(event) => onChange(event.target.value)} />
    </div>
  );
}
