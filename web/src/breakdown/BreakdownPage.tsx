import { useMemo } from 'react';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { readerOf } from '../federation/address';
import { FederationPage } from '../federation/FederationPage';
import { ChoiceField, Filters, YearField } from '../federation/fields';
import { FromRoots } from '../federation/roots';
import { federationWords } from '../federation/words';
import { ShareBranch } from '../graph/generated/ShareBranch';
import type { ShareLineFragment } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Bar } from '../map/Bar';
import { indicatorOf, indicators, isRate } from '../targets/indicators';
import { useTargetOf, type TargetOf } from '../units/attainment';
import { KeyPointsOf } from './KeyPointsOf';
import { breakdownWords } from './words';

interface Asked {
  readonly year: number;
  readonly indicator: string;
  readonly at: string | null;
  readonly targetOf: TargetOf;
}

/** A year's target of one indicator along the tree of units: what each gives on, and what is left over. */
export default function BreakdownPage() {
  const t = useWords(breakdownWords);
  const g = useWords(federationWords);
  const code = useCode();
  const [parameters, set] = useParameters();
  const read = readerOf(parameters);
  const [year, at] = [read.year('year'), parameters.get('at')];
  const indicator = indicatorOf(parameters.get('indicator') ?? 'net_new_units');
  const targetOf = useTargetOf(year, indicator, at);
  const names = Object.fromEntries(indicators.map((one) => [one, code('indicators', one)])) as Record<(typeof indicators)[number], string>;
  return (
    <FederationPage
      className="breakdown"
      title={t.title}
      intro={t.intro}
      unknown={read.unknown}
      tools={
        <Link to={`/targets?year=${year}&indicator=${indicator}`} className="button">
          {t.edit}
        </Link>
      }
    >
      <Filters>
        <ChoiceField label={t.indicator} value={indicator as (typeof indicators)[number]} values={indicators} names={names} onChange={(value) => set({ indicator: value })} />
        <YearField label={g.year} value={year} onChange={(value) => set({ year: value }, 'replace')} />
      </Filters>
      <FromRoots at={at}>{(roots) => <Tree roots={roots} asked={{ year, indicator, at, targetOf }} />}</FromRoots>
      <KeyPointsOf year={year} />
    </FederationPage>
  );
}

function Tree({ roots, asked }: { roots: readonly string[]; asked: Asked }) {
  const t = useWords(breakdownWords);
  const g = useWords(federationWords);
  const [parameters, set] = useParameters();
  const text = parameters.get('open');
  const open = useMemo(() => new Set(text === null ? roots.slice(0, 1) : text.split(',')), [text, roots.join()]);
  const toggle = (code: string) => {
    const next = new Set(open);
    if (!next.delete(code)) next.add(code);
    set({ open: [...next].join(',') || '-' }, 'replace');
  };
  return (
    <section className="card flat">
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t.tree}>
        <table className="grid facts-table tree">
          <thead>
            <tr>
              <th scope="col">{g.unit}</th>
              <th scope="col" className="number">
                {t.value}
              </th>
              <th scope="col" className="number">
                {t.given}
              </th>
              <th scope="col" colSpan={2}>
                {t.left}
              </th>
              <th scope="col" className="number">
                {t.done}
              </th>
              <th scope="col" className="number">
                {t.attainment}
              </th>
              <th scope="col">{t.pace}</th>
            </tr>
          </thead>
          <tbody>
            {roots.map((root) => (
              <Branch key={root} code={root} depth={0} asked={asked} open={open} onToggle={toggle} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Branch({ code, depth, asked, open, onToggle, known }: { code: string; depth: number; asked: Asked; open: ReadonlySet<string>; onToggle: (code: string) => void; known?: ShareLineFragment }) {
  const t = useWords(breakdownWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const isOpen = open.has(code);
  const branch = useQuestion(ShareBranch, { code, year: asked.year, indicator: asked.indicator, asOf: asked.at }, { enabled: isOpen || known === undefined });
  const whole = branch.data?.data.unionUnit;
  // The answer to the question before may be of another indicator: the own line follows the newest answer.
  const unit = known ?? whole;
  if (unit === undefined || unit === null) return null;
  const { target } = unit;
  const reached = asked.targetOf(unit);
  const inPercent = isRate(asked.indicator);
  const write = (value: number | null | undefined) => (inPercent ? f.percent(value) : f.count(value));
  return (
    <>
      <tr>
        <th scope="row" className={`depth-${Math.min(depth, 4)}`}>
          {unit.children.length > 0 ? (
            <button type="button" className="toggle" aria-expanded={isOpen} aria-label={isOpen ? t.collapse(unit.name) : t.expand(unit.name)} onClick={() => onToggle(code)}>
              {isOpen ? '▾' : '▸'}
            </button>
          ) : (
            <span className="no-toggle" />
          )}
          <Link to={`/units/${encodeURIComponent(code)}?year=${asked.year}`}>{unit.name}</Link> <span className="chip">{g.kinds.level[unit.level]}</span>
        </th>
        <td className="number">{target === null ? <span className="muted">{t.none}</span> : write(target.value)}</td>
        <td className="number">
          {target !== null && !target.isPercent && (unit.children.length > 0 || target.units > 0) && (
            <>
              {f.count(target.parts)}
              {target.units > 0 && <span className="part">{t.to(f.count(target.units))}</span>}
            </>
          )}
        </td>
        <td className="bar-cell">{target !== null && !target.isPercent && target.value > 0 && unit.children.length > 0 && <Bar share={(target.parts ?? 0) / target.value} colour="#2477a0" />}</td>
        <td className="number">
          {target === null ? (
            ''
          ) : target.isPercent ? (
            unit.children.length > 0 && <span className="muted small">{t.rate}</span>
          ) : unit.children.length === 0 ? (
            ''
          ) : (target.left ?? 0) > 0 ? (
            <strong className="status warn">{f.count(target.left)}</strong>
          ) : (
            <span className="status ok">● {t.whole}</span>
          )}
        </td>
        <td className="number">{reached !== undefined && write(reached.done)}</td>
        <td className="number">{reached !== undefined && f.percent(reached.attainment)}</td>
        <td>
          {reached?.onPace != null && (
            <span className={reached.onPace ? 'status ok' : 'status warn'}>
              <span aria-hidden="true">{reached.onPace ? '●' : '▲'}</span> {reached.onPace ? t.onPace : t.behind}
            </span>
          )}
        </td>
      </tr>
      {isOpen && (whole?.children ?? []).map((child) => <Branch key={child.code} code={child.code} depth={depth + 1} asked={asked} open={open} onToggle={onToggle} known={child} />)}
    </>
  );
}
