import { Units } from '../graph/generated/Units';
import { useQuestion } from '../graph/question';
import { useWords } from '../language/words';
import { caseWords } from './words';

/** Areas and federation units in one list; typing finds a name, as in every list of a browser. */
export function UnitChoice({ id, value, none, onChange, withFederation = true }: { id: string; value: string; none: string; onChange: (code: string) => void; withFederation?: boolean }) {
  const t = useWords(caseWords);
  const units = useQuestion(Units, {}).data?.data;
  const known = units === undefined || [...units.cities, ...units.districts, ...units.towns, ...units.federation].some((unit) => unit.code === value);
  return (
    <select id={id} className="unit-choice" value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{none}</option>
      {value !== '' && (!known || units === undefined) && <option value={value}>{value}</option>}
      {units !== undefined && (
        <>
          <optgroup label={t.districts}>
            {[...units.cities, ...units.districts].map((unit) => (
              <option key={unit.code} value={unit.code}>
                {unit.name}
              </option>
            ))}
          </optgroup>
          {units.districts.map((district) => {
            const towns = units.towns.filter((town) => town.parent?.code === district.code);
            return (
              towns.length > 0 && (
                <optgroup key={district.code} label={district.name}>
                  {towns.map((town) => (
                    <option key={town.code} value={town.code}>
                      {town.name}
                    </option>
                  ))}
                </optgroup>
              )
            );
          })}
          {withFederation && (
            <optgroup label={t.federation}>
              {units.federation.map((unit) => (
                <option key={unit.code} value={unit.code}>
                  {unit.name}
                </option>
              ))}
            </optgroup>
          )}
        </>
      )}
    </select>
  );
}
