import { useId } from 'react';
import { useParameters } from '../app/address';
import { useMay } from '../app/standing';
import { WithinField } from '../federation/fields';
import { Places } from '../graph/generated/Places';
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
            <select id={`${id}d`} value="" onChange={(event) => toggle('area', chosen.area, event.target.value)}>
              <option value="">{t.allDistricts}</option>
              {places?.areas.map((area) => (
                <option key={area.code} value={area.code}>
                  {(chosen.area.includes(area.code) ? '✓ ' : '') + area.name}
                </option>
              ))}
            </select>
          </div>
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
