import { useId } from 'react';
import { useParameters } from '../app/address';
import { useMay } from '../app/standing';
import { WithinField } from '../federation/fields';
import { Places } from '../graph/generated/Places';
import { Streets } from '../graph/generated/Streets';
import { useQuestion } from '../graph/question';
import { useCode } from '../language/codes';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { kinds, type Chosen, type Kind } from './filter';
import { gapWords } from './words';

/** All conditions in one place; what is chosen shows as chips below. */
export function Filters({ chosen }: { chosen: Chosen }) {
  const t = useWords(gapWords);
  const name = useWords(terms);
  const code = useCode();
  const id = useId();
  const mayReview = useMay('review') === true;
  const [, set] = useParameters();
  const places = useQuestion(Places, {}).data?.data;
  // A street is chosen within districts that are: those named, and those whose streets are.
  const districts = new Set(chosen.area.map((code) => code.slice(0, 6)));
  const all = useQuestion(Streets, {}, { enabled: districts.size > 0 }).data?.data.areas ?? [];
  const streets = (places?.areas ?? []).flatMap((area) => (districts.has(area.code) ? [{ area, parts: all.filter((street) => street.parent?.code === area.code) }] : []));
  const toggleDistrict = (code: string) => {
    const others = chosen.area.filter((one) => one.slice(0, 6) !== code);
    set({ area: (chosen.area.includes(code) ? others : [...others, code]).join(',') });
  };
  // A street narrows its district; without the last one the district is whole again.
  const toggleStreet = (code: string) => {
    const district = code.slice(0, 6);
    const others = chosen.area.filter((one) => one !== code && one !== district);
    const isLast = chosen.area.includes(code) && !others.some((one) => one.startsWith(district));
    set({ area: (isLast ? [...others, district] : chosen.area.includes(code) ? others : [...others, code]).join(',') });
  };
  const toggle = (parameter: string, values: readonly string[], value: string) =>
    set({ [parameter]: (values.includes(value) ? values.filter((v) => v !== value) : [...values, value]).join(',') });
  const text = (kind: Kind, value: string): string =>
    kind === 'tags' ? (name.tag[value as keyof typeof name.tag] ?? value) : kind === 'size' ? (name.size[value as keyof typeof name.size] ?? value) : code('values', value);
  const employees = (from: string, to: string) => set({ emp: from === '' && to === '' ? null : `${from}..${to}` }, 'replace');
  const [from, to] = [chosen.from?.toString() ?? '', chosen.to?.toString() ?? ''];
  return (
    <details className="menu filters">
      <summary>{t.filters}</summary>
      <div>
        <div className="filter-lists">
          <div className="field">
            <label htmlFor={`${id}d`}>{t.district}</label>
            <select id={`${id}d`} value="" onChange={(event) => toggleDistrict(event.target.value)}>
              <option value="">{t.allDistricts}</option>
              {places?.areas.map((area) => (
                <option key={area.code} value={area.code}>
                  {(chosen.area.includes(area.code) ? '✓ ' : '') + area.name}
                </option>
              ))}
            </select>
          </div>
          {streets.length > 0 && (
            <div className="field">
              <label htmlFor={`${id}s`}>{t.street}</label>
              <select id={`${id}s`} value="" onChange={(event) => toggleStreet(event.target.value)}>
                <option value="">{t.allStreets}</option>
                {streets.map(({ area, parts }) => (
                  <optgroup key={area.code} label={area.name}>
                    {parts.map((street) => (
                      <option key={street.code} value={street.code}>
                        {(chosen.area.includes(street.code) ? '✓ ' : '') + street.name}
                      </option>
                    ))}
                  </optgroup>
                ))}
              </select>
            </div>
          )}
          <div className="field">
            <label htmlFor={`${id}i`}>{t.industry}</label>
            <select id={`${id}i`} value="" onChange={(event) => toggle('industry', chosen.industry, event.target.value)}>
              <option value="">{t.allIndustries}</option>
              {places?.industries.map((industry) => (
                <option key={industry.code} value={industry.code}>
                  {(chosen.industry.includes(industry.code) ? '✓ ' : '') + `${industry.code} ${industry.name}`}
                </option>
              ))}
            </select>
          </div>
          {mayReview && <WithinField label={t.unit} value={chosen.unit[0] ?? ''} onChange={(code) => set({ unit: code === '' ? null : code })} />}
          <fieldset className="employees">
            <legend>{t.employees}</legend>
            <input type="number" min={0} aria-label={`${t.employees} ${t.from}`} placeholder={t.from} value={from} onChange={(event) => employees(event.target.value, to)} />
            –
            <input type="number" min={0} aria-label={`${t.employees} ${t.to}`} placeholder={t.to} value={to} onChange={(event) => employees(from, event.target.value)} />
          </fieldset>
        </div>
        {(Object.keys(kinds) as Kind[]).map((kind) => (
          <fieldset key={kind}>
            <legend>{t.kinds[kind]}</legend>
            {kinds[kind].map((value) => (
              <label key={value} className="check">
                <input type="checkbox" checked={(chosen[kind] as readonly string[]).includes(value)} onChange={() => toggle(kind, chosen[kind], value)} />
                {text(kind, value)}
              </label>
            ))}
          </fieldset>
        ))}
      </div>
    </details>
  );
}
