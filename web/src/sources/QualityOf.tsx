import type { SourcesQuery } from '../graph/generated/types';
import { useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { Bar } from '../map/Bar';
import { sourceWords } from './words';

export type Quality = NonNullable<SourcesQuery['registries'][number]['quality']>;

/** How complete and how readable each field is. */
export function QualityOf({ quality }: { quality: Quality }) {
  const t = useWords(sourceWords);
  const f = useFormat();
  const name = useWords(terms);
  return (
    <section>
      <h3>{t.fields}</h3>
      <p className="muted small">{t.qualityNote}</p>
      <table className="grid quality">
        <thead>
          <tr>
            <th scope="col">{t.field}</th>
            <th scope="col" colSpan={2}>
              {t.completeness}
            </th>
            <th scope="col" colSpan={2}>
              {t.validity}
            </th>
          </tr>
        </thead>
        <tbody>
          {quality.completeness.map(({ field, ratio }) => {
            const valid = quality.validity.find((other) => other.field === field)?.ratio.value ?? null;
            return (
              <tr key={field}>
                <th scope="row">{name.field[field]}</th>
                <td>
                  <Bar share={ratio.value} colour="#2477a0" />
                </td>
                <td className="number">{f.percent(ratio.value)}</td>
                <td>
                  <Bar share={valid} colour="#2477a0" />
                </td>
                <td className="number">{f.percent(valid)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** The mean completeness of the fields that a registry gives at all. */
export function completenessOf(quality: Quality): number | null {
  const given = quality.completeness.flatMap(({ ratio }) => (ratio.value === null || ratio.value === 0 ? [] : [ratio.value]));
  return given.length === 0 ? null : given.reduce((sum, value) => sum + value, 0) / given.length;
}
