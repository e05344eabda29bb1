import { useParameters } from '../app/address';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import type { Figure } from './figure';
import { classOf, type Classes, type Measure } from './measures';
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

function known(measure: Measure, figure: Figure): number | null {
  return figure.code === '' ? null : measure.value(figure);
}
