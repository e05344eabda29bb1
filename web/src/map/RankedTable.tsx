import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Bar } from './Bar';
import type { Figure } from './figure';
import { classOf, comparesWithTarget, onWhite, type Classes, type Measure } from './measures';
import { mapWords } from './words';

/** The map as a table, worst first: what a screen reader, a keyboard and a printer use instead of the picture. */
export function RankedTable({
  figures,
  measure,
  classes,
  selected,
  level,
  onSelect,
}: {
  figures: readonly Figure[];
  measure: Measure;
  classes: Classes;
  selected: string | null;
  level: 'district' | 'town';
  onSelect: (code: string) => void;
}) {
  const t = useWords(mapWords);
  const f = useFormat();
  const isDown = measure.key === 'unknown';
  const rows = [...figures].sort((a, b) => rank(measure, a, isDown) - rank(measure, b, isDown));
  return (
    <table className="ranked">
      <caption>{isDown ? t.rankedDown(t[level]) : t.ranked(t[level])}</caption>
      <thead>
        <tr>
          <th scope="col">{t[level]}</th>
          <th scope="col" className="bar-cell" aria-hidden="true" />
          <th scope="col" className="number" title={t.measures[measure.key]}>
            {t.short[measure.key]}
          </th>
          <th scope="col" className="number" title={t.inGap}>
            {t.gapShort}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((figure) => {
          const value = measure.value(figure);
          const part = measure.part(figure);
          const colour = value === null ? '#9a9a94' : (classes.colours[classOf(classes.breaks, value)] ?? '#2477a0');
          return (
            <tr key={figure.code} className={figure.code === selected ? 'selected' : undefined}>
              <th scope="row">
                {figure.code === '' ? (
                  t.areaUnknown
                ) : (
                  <button type="button" className="plain" aria-pressed={figure.code === selected} onClick={() => onSelect(figure.code)}>
                    {figure.name}
                  </button>
                )}
              </th>
              <td className="bar-cell">
                <Bar share={part?.value ?? null} target={comparesWithTarget(measure) ? (figure.row.target?.value ?? null) : null} colour={onWhite(colour)} />
              </td>
              <td className="number" title={part === null ? undefined : `${f.count(part.numerator)} / ${f.count(part.denominator)}`}>
                {figure.row.suppressed ? t.suppressed : value === null ? t.noData : measure.kind === 'diverging' ? f.points(value).replace(/ .*/, '') : f.percent(value)}
              </td>
              <td className="number gap">{f.count(figure.row.inGap)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function rank(measure: Measure, figure: Figure, isDown: boolean): number {
  const value = measure.value(figure);
  return value === null ? Number.POSITIVE_INFINITY : isDown ? -value : value;
}
