import { useParameters, type Changes } from '../app/address';
import { Places } from '../graph/generated/Places';
import { Streets } from '../graph/generated/Streets';
import { UnitNames } from '../graph/generated/UnitNames';
import { useQuestion } from '../graph/question';
import { useCode } from '../language/codes';
import { terms } from '../language/terms';
import { useFormat } from '../language/format';
import { placeOf } from '../language/place';
import { useWords } from '../language/words';
import type { Chosen, Kind } from './filter';
import { gapWords } from './words';

export interface Chip {
  readonly label: string;
  without(): Changes;
}

/** What is filtered by, in words, and how the address looks without it. */
export function useChips(chosen: Chosen): readonly Chip[] {
  const t = useWords(gapWords);
  const f = useFormat();
  const name = useWords(terms);
  const code = useCode();
  const places = useQuestion(Places, {}).data?.data;
  const isInStreet = chosen.area.some((code) => code.length > 6);
  const streets = useQuestion(Streets, {}, { enabled: isInStreet }).data?.data.areas;
  const streetOf = (code: string) => {
    const street = streets?.find((area) => area.code === code);
    return street === undefined ? undefined : placeOf(street);
  };
  const units = useQuestion(UnitNames, {}, { enabled: chosen.unit.length > 0 }).data?.data.unionUnits?.nodes;
  const chips: Chip[] = [];
  const each = (parameter: string, values: readonly string[], label: (value: string) => string) =>
    values.forEach((value) => chips.push({ label: label(value), without: () => ({ [parameter]: values.filter((v) => v !== value).join(',') }) }));
  const kind = (parameter: Kind, label: (value: string) => string) => each(parameter, chosen[parameter], (value) => t.kindChip(t.kinds[parameter], label(value)));
  if (chosen.text !== '') chips.push({ label: t.textChip(chosen.text), without: () => ({ q: null }) });
  each('area', chosen.area, (value) => places?.areas.find((area) => area.code === value)?.name ?? streetOf(value) ?? value);
  each('unit', chosen.unit, (value) => units?.find((unit) => unit.code === value)?.name ?? value);
  each('industry', chosen.industry, (value) => places?.industries.find((industry) => industry.code === value)?.name ?? value);
  kind('size', (value) => name.size[value as keyof typeof name.size]);
  kind('union', (value) => code('values', value));
  kind('ownership', (value) => code('values', value));
  kind('sizeClass', (value) => code('values', value));
  kind('tags', (value) => name.tag[value as keyof typeof name.tag]);
  if (chosen.from !== null || chosen.to !== null) {
    chips.push({ label: t.employeesChip(chosen.from === null ? '' : f.count(chosen.from), chosen.to === null ? '' : f.count(chosen.to)), without: () => ({ emp: null }) });
  }
  return chips;
}

export function Chips({ chips, onClear }: { chips: readonly Chip[]; onClear: () => void }) {
  const t = useWords(gapWords);
  const [, set] = useParameters();
  if (chips.length === 0) return null;
  const shown = chips.slice(0, 30);
  return (
    <ul className="chips">
      {shown.map((chip, at) => (
        <li key={`${chip.label}-${at}`}>
          <button type="button" aria-label={t.remove(chip.label)} onClick={() => set(chip.without())}>
            {chip.label} <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
      {chips.length > shown.length && <li className="muted">{`… ${chips.length}`}</li>}
      <li>
        <button type="button" className="plain" onClick={onClear}>
          {t.clear}
        </button>
      </li>
    </ul>
  );
}
