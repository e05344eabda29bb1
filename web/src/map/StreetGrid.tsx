import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import type { Figure } from './figure';
import { classOf, type Classes, type Measure } from './measures';
import { mapWords } from './words';

/** One tile for each street or town: what a map of them would show, without their boundaries. */
export function StreetGrid({
  figures,
  measure,
  classes,
  selected,
  hasMap,
  onSelect,
}: {
  figures: readonly Figure[];
  measure: Measure;
  classes: Classes;
  selected: string | null;
  /** Whether the map draws streets too. */
  hasMap: boolean;
  onSelect: (code: string) => void;
}) {
  const t = useWords(mapWords);
  const f = useFormat();
  return (
    <section className="street-grid" aria-label={t.asStreets}>
      <p className="muted small">{hasMap ? t.streetsOnMap : t.streetsNote}</p>
      <ul>
        {[...figures].sort((a, b) => Number(a.code === '') - Number(b.code === '') || a.code.localeCompare(b.code)).map((figure) => {
          const value = measure.value(figure);
          const at = value === null ? null : classOf(classes.breaks, value);
          const name = figure.code === '' ? t.areaUnknown : figure.name;
          return (
            <li key={figure.code}>
              <button type="button" disabled={figure.code === ''} aria-pressed={figure.code === selected} onClick={() => onSelect(figure.code)}>
                <span className={at === null ? 'tile-colour hatch' : 'tile-colour'} style={at === null ? undefined : { background: classes.colours[at] }} />
                <span className="tile-name">{name}</span>
                <span className="tile-value">
                  {figure.row.suppressed ? t.suppressed : value === null ? t.noData : measure.kind === 'diverging' ? f.points(value).replace(/ .*/, '') : f.percent(value)}
                  {(figure.row.inGap ?? 0) > 0 && <span className="gap"> ● {f.count(figure.row.inGap)}</span>}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
