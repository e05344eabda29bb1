import { useParameters } from '../app/address';
import { useFormat } from '../language/format';
import { placeKinds } from '../federation/address';
import { federationWords } from '../federation/words';
import { Mark } from '../places/Mark';
import { useWords } from '../language/words';
import type { Figure } from './figure';
import { classOf, type Classes, type Measure } from './measures';
import { usePlaceLayer } from './placeMarks';
import { mapWords } from './words';

/** What the colours mean, with the number of areas in each class. */
export function Legend({ measure, classes, figures }: { measure: Measure; classes: Classes; figures: readonly Figure[] }) {
  const t = useWords(mapWords);
  const f = useFormat();
  const [, set] = useParameters();
  const counts = classes.colours.map((_, at) => figures.filter((x) => known(measure, x) !== null && classOf(classes.breaks, known(measure, x) ?? 0) === at).length);
  const write = (limit: number) => (measure.kind === 'diverging' ? f.points(limit).replace(/(\.0)? .*/, '') : `${f.decimal(limit * 100).replace(/\.0$/, '')}%`);
  return (
    <details className="legend" open={innerWidth >= 1200 || innerWidth <= 860}>
      <summary>
        <span className="hidden">{t.legend} </span>
        {t.measures[measure.key]}
      </summary>
      <p className="muted small">{t.of[measure.key]}</p>
      <ol className={`swatches of${classes.colours.length}`}>
        {classes.colours.map((colour, at) => (
          <li key={colour}>
            <svg viewBox="0 0 10 4" preserveAspectRatio="none" aria-hidden="true">
              <rect width="10" height="4" fill={colour} />
            </svg>
            <span className="limit">{at < classes.breaks.length ? write(classes.breaks[at] ?? 0) : ''}</span>
            <span className="n">{t.n(counts[at] ?? 0)}</span>
          </li>
        ))}
      </ol>
      <p className="key">
        <svg width="22" height="14" aria-hidden="true">
          <defs>
            <pattern id="legend-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect width="6" height="6" fill="#d8d8d4" />
              <rect width="2" height="6" fill="#9a9a94" />
            </pattern>
          </defs>
          <rect width="22" height="14" fill="url(#legend-hatch)" />
        </svg>
        {t.noDataKey}
      </p>
      <p className="key">
        <svg width="22" height="14" aria-hidden="true">
          <circle cx="11" cy="7" r="5.500" fill="#fff" stroke="#b3124a" strokeWidth="2" />
        </svg>
        {t.gapKey}
      </p>
      <PlaceKeys />
      {measure.kind === 'sequential' && (
        <p className="key">
          <span className="muted">{classes.isSpread ? t.classesSpread : t.classesFixed}</span>
          <button type="button" className="plain" onClick={() => set({ breaks: classes.isSpread ? 'fixed' : 'spread' }, 'replace')}>
            {classes.isSpread ? t.useFixed : t.useSpread}
          </button>
        </p>
      )}
    </details>
  );
}

/** The kinds of places that the map shows, with how many of each. */
function PlaceKeys() {
  const t = useWords(mapWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const layer = usePlaceLayer();
  if (!layer.isOn) return null;
  if (layer.problem !== null) return <p className="key status danger">{layer.problem}</p>;
  if (layer.isKnown && layer.marks.length === 0) return <p className="key muted">{t.placesNone}</p>;
  return (
    <>
      {placeKinds.map((kind) => {
        const count = layer.marks.filter((mark) => mark.kind === kind).length;
        return (
          count > 0 && (
            <p key={kind} className="key place-key">
              <Mark kind={kind} />
              {g.kinds.place[kind]} <span className="muted">n={f.count(count)}</span>
            </p>
          )
        );
      })}
      {layer.of !== null && <p className="key status warn">{t.placesPart(f.count(layer.marks.length + layer.without), f.count(layer.of))}</p>}
      {layer.without > 0 && <p className="key muted">{t.placesWithout(f.count(layer.without))}</p>}
    </>
  );
}

function known(measure: Measure, figure: Figure): number | null {
  return figure.code === '' ? null : measure.value(figure);
}
