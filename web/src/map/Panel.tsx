import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { chosenOf, filterOf } from '../gaps/filter';
import { Undecided } from '../graph/generated/Undecided';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Bar } from './Bar';
import type { Figure } from './figure';
import { classOf, comparesWithTarget, onWhite, type Classes, type Measure } from './measures';
import { RankedTable } from './RankedTable';
import { Trend } from './TrendOf';
import { mapWords } from './words';

interface Level {
  readonly figures: readonly Figure[];
  readonly total: Figure;
}

/** The chosen area in figures, and its parts ranked. */
export function Panel({
  city,
  parts,
  measure,
  classes,
  district,
  town,
  onSelect,
  onTown,
}: {
  city: Level;
  parts: Level | null;
  measure: Measure;
  classes: Classes;
  district: string | null;
  town: string | null;
  onSelect: (code: string | null) => void;
  onTown: (code: string) => void;
}) {
  const t = useWords(mapWords);
  const f = useFormat();
  const [parameters] = useParameters();
  const at = parameters.get('at');
  const chosenDistrict = city.figures.find((figure) => figure.code === district);
  const chosenTown = parts?.figures.find((figure) => figure.code === town);
  const figure = chosenTown ?? chosenDistrict ?? city.total;
  const { row } = figure;
  const value = measure.value(figure);
  const part = measure.part(figure);
  const target = row.target?.value ?? null;
  const colour = value === null ? '#9a9a94' : (classes.colours[classOf(classes.breaks, value)] ?? '#2477a0');
  const area = town ?? district;
  const list = (more: Record<string, string>) => {
    const query = new URLSearchParams({ ...(area === null ? {} : { area }), ...more, ...(at === null ? {} : { at }) }).toString();
    return query === '' ? '/gaps' : `/gaps?${query}`;
  };
  const listed = filterOf(chosenOf(new URLSearchParams({ part: 'undecided', size: 'UNKNOWN', ...(area === null ? {} : { area }) })));
  const ofUnknownSize = useQuestion(Undecided, { unknownSize: listed, asOf: at }).data?.data.unknownSize.totalCount;
  return (
    <aside className="panel">
      <header className="panel-head">
        <h2>{chosenTown?.name ?? chosenDistrict?.name ?? t.city}</h2>
        {district !== null && (
          <button type="button" className="plain" onClick={() => (town === null ? onSelect(null) : onTown(town))}>
            {town === null ? t.back : `‹ ${chosenDistrict?.name ?? ''}`}
          </button>
        )}
      </header>
      <p className="kpi">
        <strong>{row.suppressed ? t.suppressed : measure.kind === 'diverging' ? f.points(value) : f.percent(value)}</strong> <span className="muted">{t.measures[measure.key]}</span>
      </p>
      <Bar tall share={part?.value ?? null} target={comparesWithTarget(measure) ? target : null} colour={onWhite(colour)} />
      <p className="muted under-bar">
        {part !== null && `${f.count(part.numerator)} / ${f.count(part.denominator)}`}
        {comparesWithTarget(measure) &&
          (target === null ? (
            <>
              {part !== null && ' · '}
              {t.noTarget} <Link to="/targets">{t.setTarget}</Link>
            </>
          ) : (
            ` · ${t.target(f.percent(target), f.points((row.independentRate?.value ?? 0) - target))}`
          ))}
      </p>
      <dl className="tiles">
        <Tile name={t.above} value={row.aboveDesignatedSize} />
        <Tile name={t.inGap} value={row.inGap} to={list({})} isGap />
        <Tile name={t.undecided} value={figure.undecided} to={list({ part: 'undecided' })} />
        <Tile name={t.unknownSize} value={ofUnknownSize ?? null} to={list({ part: 'undecided', size: 'UNKNOWN' })} />
      </dl>
      <Trend measure={measure.key} within={area} target={measure.key === 'independent' ? target : null} />
      <Link to={list({})} className="button primary wide">
        {t.openList} →
      </Link>
      {parts === null || district === null ? (
        <RankedTable figures={city.figures} measure={measure} classes={classes} selected={district} level="district" onSelect={onSelect} />
      ) : (
        <RankedTable figures={parts.figures} measure={measure} classes={classes} selected={town} level="town" onSelect={onTown} />
      )}
    </aside>
  );
}

function Tile({ name, value, to, isGap = false }: { name: string; value: number | null; to?: string; isGap?: boolean }) {
  const f = useFormat();
  const text = <span className={isGap ? 'gap' : undefined}>{f.compact(value)}</span>;
  return (
    <div className="tile" title={f.count(value)}>
      <dt>{name}</dt>
      <dd>
        {to === undefined ? (
          text
        ) : (
          <Link to={to} aria-label={`${name} ${f.count(value)}`}>
            {text}
          </Link>
        )}
      </dd>
    </div>
  );
}
