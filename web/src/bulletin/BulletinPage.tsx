import { useId, useMemo, useState, type ReactNode } from 'react';
import { useParameters } from '../app/address';
import { fileOf } from '../graph/file';
import { Editions } from '../graph/generated/Editions';
import type { FiguresQuery } from '../graph/generated/types';
import { GraphProblem } from '../graph/problem';
import { useQuestion } from '../graph/question';
import { textOf } from '../graph/send';
import { useLanguage } from '../language/choice';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { figuresOf, type Figure } from '../map/figure';
import { classesOf, measureKeys, measureOf } from '../map/measures';
import { noteOf, useOutlines, useStreets, type Outlines } from '../map/outlines';
import { Picture } from '../map/Picture';
import { useFigures } from '../map/question';
import { offer, saveSvg } from '../map/save';
import { SvgMap } from '../map/SvgMap';
import { mapWords } from '../map/words';
import { csvOf } from '../sources/table';
import { Answered } from '../states/Answered';
import { Failed } from '../states/Failed';
import { NoLonger } from '../states/NoLonger';
import { stateWords } from '../states/words';
import { AppraisalOf } from './AppraisalOf';
import { dayBefore, periodOf, periodsOf, type Period } from './period';
import { bulletinWords } from './words';
import './bulletin.css';

/** The report of a period and a unit, on A4: sentences, a map, a table, how it was counted; the same and more as a workbook. */
export default function BulletinPage() {
  const t = useWords(bulletinWords);
  const lang = useLanguage();
  const [parameters, set] = useParameters();
  const [asked, unit] = [parameters.get('period'), parameters.get('unit')];
  const period = asked === null ? null : periodOf(asked);
  const at = period?.last ?? parameters.get('at');
  const question = useFigures(at, null);
  const parts = useFigures(at, unit);
  const before = useFigures(period === null ? null : dayBefore(period), unit, { enabled: period !== null, keep: false });
  const outlines = useOutlines(lang);
  const choices = (figures: readonly Figure[]) => <Choices figures={figures} period={period} />;
  return (
    <div className="page bulletin">
      {asked !== null && period === null && (
        <p className="row said no-print" role="alert">
          <span>{t.noPeriod(asked)}</span>
          <button type="button" className="button" onClick={() => set({ period: null })}>
            {t.newest}
          </button>
        </p>
      )}
      <NoLonger known={{ m: (text) => measureKeys.some((key) => key === text) }} />
      <Answered question={question} rows={12}>
        {(data) => (
          <>
            {(parts.data === undefined || outlines.data === undefined) && <div className="row no-print bulletin-tools">{choices(figuresOf(data).figures)}</div>}
            {outlines.error !== null && <Failed problem={outlines.error} onRetry={() => void outlines.refetch()} />}
            <Answered question={unit === null ? question : parts} rows={12}>
              {(of) =>
                outlines.data === undefined ? null : (
                  <Sheet
                    city={data}
                    parts={of}
                    before={period === null ? null : (before.data?.data ?? null)}
                    period={period}
                    hasNoneBefore={before.error?.code === 'EDITION_GONE'}
                    outlines={outlines.data}
                    unit={unit}
                    choices={choices}
                  />
                )
              }
            </Answered>
          </>
        )}
      </Answered>
    </div>
  );
}

/** Which unit, which period, and what the map shows. */
function Choices({ figures, period }: { figures: readonly Figure[]; period: Period | null }) {
  const t = useWords(bulletinWords);
  const m = useWords(mapWords);
  const id = useId();
  const [parameters, set] = useParameters();
  const editions = useQuestion(Editions, {}).data?.data.editions.nodes ?? [];
  const known = periodsOf(editions.map((edition) => edition.asOf));
  const periods = period === null || known.some((one) => one.key === period.key) ? known : [period, ...known];
  const unit = parameters.get('unit') ?? '';
  const measure = measureOf(parameters.get('m') ?? 'independent');
  const districts = figures.filter((figure) => figure.code !== '');
  return (
    <>
      <label htmlFor={`${id}u`}>{t.unit}</label>
      <select id={`${id}u`} value={unit} onChange={(event) => set({ unit: event.target.value })}>
        <option value="">{t.city}</option>
        {districts.map((figure) => (
          <option key={figure.code} value={figure.code}>
            {figure.name}
          </option>
        ))}
        {unit !== '' && !districts.some((figure) => figure.code === unit) && <option value={unit}>{unit}</option>}
      </select>
      <label htmlFor={`${id}p`}>{t.period}</label>
      <select id={`${id}p`} value={period?.key ?? ''} onChange={(event) => set({ period: event.target.value, at: null })}>
        <option value="">{t.newest}</option>
        {(['year', 'quarter', 'month'] as const).map((kind) => (
          <optgroup key={kind} label={t.kindOf[kind]}>
            {periods
              .filter((one) => one.kind === kind)
              .map((one) => (
                <option key={one.key} value={one.key}>
                  {t.periodOf(one.key)}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
      <label htmlFor={`${id}m`}>{t.indicator}</label>
      <select id={`${id}m`} value={measure.key} onChange={(event) => set({ m: event.target.value })}>
        {measureKeys.map((key) => (
          <option key={key} value={key}>
            {m.measures[key]}
          </option>
        ))}
      </select>
    </>
  );
}

function Sheet({
  city,
  parts,
  before,
  period,
  hasNoneBefore,
  outlines,
  unit,
  choices,
}: {
  city: FiguresQuery;
  parts: FiguresQuery;
  before: FiguresQuery | null;
  period: Period | null;
  hasNoneBefore: boolean;
  outlines: Outlines;
  unit: string | null;
  choices: (figures: readonly Figure[]) => ReactNode;
}) {
  const t = useWords(bulletinWords);
  const m = useWords(mapWords);
  const s = useWords(stateWords);
  const f = useFormat();
  const [said, setSaid] = useState('');
  const [isWriting, setWriting] = useState(false);
  const [parameters] = useParameters();
  const grown = (then: number | null | undefined, now: number | null | undefined) => (then == null || now == null ? '—' : `${now > then ? '+' : ''}${f.count(now - then)}`);
  const measure = measureOf(parameters.get('m') ?? 'independent');
  const all = useMemo(() => figuresOf(city), [city]);
  const of = useMemo(() => figuresOf(parts), [parts]);
  const { edition } = city.coverage;
  const whole = unit === null ? all.total : (all.figures.find((figure) => figure.code === unit) ?? of.total);
  const name = unit === null ? t.city : whole.name;
  const byCode = new Map(all.figures.map((figure) => [figure.code, figure]));
  const values = all.figures.flatMap((figure) => (figure.code === '' ? [] : [measure.value(figure)])).filter((value) => value !== null);
  const classes = classesOf(measure, values, parameters.get('breaks'));
  const rows = [...of.figures].sort((a, b) => rank(a) - rank(b));
  const { row } = whole;
  const target = row.target?.value ?? null;
  const lowest = [...of.figures]
    .filter((figure) => figure.code !== '' && (figure.row.aboveDesignatedSize ?? 0) > 0 && figure.row.coverageRate?.value != null)
    .sort((a, b) => (a.row.coverageRate?.value ?? 1) - (b.row.coverageRate?.value ?? 1))
    .slice(0, 3);
  const toTarget = (figure: Figure) => {
    const [is, aim] = [figure.row.independentRate?.value, figure.row.target?.value];
    return is == null || aim == null ? '—' : f.points(is - aim).replace(/ .*/, '');
  };
  const cells = (figure: Figure): string[] =>
    figure.row.suppressed
      ? [t.suppressed, '', '', '', '', '', '']
      : [
          f.count(figure.row.aboveDesignatedSize),
          f.count(figure.row.independentRate?.numerator),
          f.count(figure.row.inGap),
          f.count(figure.undecided),
          f.percent(figure.row.independentRate?.value),
          toTarget(figure),
          f.percent(figure.row.coverageRate?.value),
        ];
  const heads = [t.above, t.independent, t.gap, t.undecided, t.rate, t.toTarget, t.coverage];
  const boundaries = noteOf(outlines, m.boundary);
  const lang = useLanguage();
  const areas = useStreets(lang, unit);
  const streets = areas.length === 0 ? null : { outlines: areas, figures: new Map(of.figures.map((figure) => [figure.code, figure])), selected: null };
  const file = `huitu-bulletin-${unit ?? 'city'}-${period?.key ?? edition.asOf}`;
  const sources = f.list(edition.sources.map((source) => `${source.registry.title} ${f.day(source.asOf)}`));
  const write = (limit: number) => (measure.kind === 'diverging' ? f.points(limit).replace(/ .*/, '') : `${f.decimal(limit * 100).replace(/\.0$/, '')}%`);
  // The hub writes workbooks of periods: of an earlier edition in the middle of one it would be of another day.
  const workbookOf = period?.key ?? (parameters.get('at') === null ? edition.asOf.slice(0, 7) : null);
  const workbook = async () => {
    setWriting(true);
    setSaid('');
    try {
      offer(await fileOf(`/bulletins/${unit ?? '110000'}.xlsx?period=${workbookOf ?? ''}&lang=${lang}`), `${file}.xlsx`);
    } catch (problem) {
      setSaid(problem instanceof GraphProblem && problem.code === 'FORBIDDEN' && problem.hint !== null ? s.forbiddenWhy(s.scopes[problem.hint] ?? problem.hint) : textOf(problem));
    } finally {
      setWriting(false);
    }
  };
  const was = before === null ? null : figuresOf(before);
  return (
    <>
      <div className="row no-print bulletin-tools">
        <h1 className="hidden">{t.pageTitle}</h1>
        {choices(all.figures)}
        <button type="button" className="button primary" onClick={() => print()}>
          {t.print}
        </button>
        <button
          type="button"
          className="button"
          onClick={() => offer(csvOf([[unit === null ? t.district : t.town, ...heads], ...rows.map((figure) => [figure.name || t.unknown, ...cells(figure)]), [t.total, ...cells(whole)]]), `${file}.csv`)}
        >
          {t.csv}
        </button>
        <button type="button" className="button" disabled={isWriting || workbookOf === null} title={workbookOf === null ? t.workbookNeedsPeriod : undefined} onClick={() => void workbook()}>
          {t.workbook}
        </button>
        <button
          type="button"
          className="button"
          onClick={() =>
            saveSvg(
              <Picture outlines={outlines.features} figures={byCode} measure={measure} classes={classes} selected={unit} withCounts={false} edition={edition} sources={sources} streets={streets} boundaries={boundaries} />,
              file,
            )
          }
        >
          {t.picture}
        </button>
        <span role="status" className="said">
          {said}
        </span>
      </div>
      <article className="sheet">
        <header>
          <h2>{t.title(name, period === null ? null : t.periodOf(period.key))}</h2>
          <p className="muted">{`${t.asOf(edition.asOf, edition.number)} · ${t.made(f.day(new Date().toISOString()))}`}</p>
        </header>
        <p className="lead">
          {t.lead(name, f.count(row.aboveDesignatedSize), f.count(row.independentRate?.numerator), f.percent(row.independentRate?.value))}
          {target !== null && row.independentRate?.value != null && t.leadTarget(f.percent(target), f.points(row.independentRate.value - target))}
          {t.leadGap(f.count(row.inGap), f.count(whole.undecided))}
          {t.space}
          {t.leadCoverage(f.count(row.coverageRate?.numerator), f.count(row.coverageRate?.denominator), f.percent(row.coverageRate?.value))}
          {t.space}
          {lowest.length > 0 && t.leadLowest(f.list(lowest.map((figure) => figure.name)))}
          {period !== null && t.space}
          {was !== null && before !== null && t.leadChange(before.coverage.edition.asOf, before.coverage.edition.number, grown(was.total.row.independentRate?.numerator, row.independentRate?.numerator), grown(was.total.row.inGap, row.inGap))}
          {hasNoneBefore && t.leadNoChange}
        </p>
        <figure>
          <SvgMap outlines={outlines.features} figures={byCode} measure={measure} classes={classes} width={640} height={500} selected={unit} withCounts={false} streets={streets} noData={m.noData} label={m.mapLabel(m.measures[measure.key])} size={11} />
          <ul className="classes">
            {classes.colours.map((colour, at) => (
              <li key={colour}>
                <svg width="26" height="12" aria-hidden="true">
                  <rect width="26" height="12" fill={colour} />
                </svg>
                {at === 0 ? `< ${write(classes.breaks[0] ?? 0)}` : at === classes.breaks.length ? `≥ ${write(classes.breaks[at - 1] ?? 0)}` : `${write(classes.breaks[at - 1] ?? 0)} – ${write(classes.breaks[at] ?? 0)}`}
              </li>
            ))}
            <li>
              <svg width="26" height="12" aria-hidden="true">
                <rect width="26" height="12" fill="#d8d8d4" />
                <path d="M0 12L12 0M10 12L22 0M20 12L26 6M-4 6L2 0" stroke="#9a9a94" strokeWidth="2" />
              </svg>
              {m.noDataKey}
            </li>
          </ul>
          <figcaption className="muted small">{`${t.figure(m.measures[measure.key])}${t.space}${boundaries}`}</figcaption>
        </figure>
        <div className="scroll-x" tabIndex={0} role="region" aria-label={t.table(unit === null ? t.district : t.town)}>
          <table className="grid">
            <caption>{t.table(unit === null ? t.district : t.town)}</caption>
            <thead>
              <tr>
                <th scope="col">{unit === null ? t.district : t.town}</th>
                {heads.map((head) => (
                  <th key={head} scope="col" className="number">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((figure) => (
                <tr key={figure.code}>
                  <th scope="row">{figure.name === '' || figure.code === '' ? t.unknown : figure.name}</th>
                  {cells(figure).map((cell, at) => (
                    <td key={at} className="number">
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row">{t.total}</th>
                {cells(whole).map((cell, at) => (
                  <td key={at} className="number">
                    {cell}
                  </td>
                ))}
              </tr>
            </tfoot>
          </table>
        </div>
        <AppraisalOf year={Number(edition.asOf.slice(0, 4))} on={edition.asOf} district={unit} />
        <footer className="muted small">
          <p>{f.named(t.method, t.methodText)}</p>
          <p>{t.sources(sources)}</p>
          <p>{t.digest(edition.digest.slice(0, 16))}</p>
        </footer>
      </article>
    </>
  );
}

function rank(figure: Figure): number {
  return figure.row.independentRate?.value ?? Number.POSITIVE_INFINITY;
}
