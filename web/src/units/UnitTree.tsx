import { useMemo } from 'react';
import { Link } from '../app/Link';
import { federationWords } from '../federation/words';
import type { UnitFiguresFragment, UnitLineFragment } from '../graph/generated/types';
import { UnitBranch } from '../graph/generated/UnitBranch';
import { useQuestion } from '../graph/question';
import { useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Bar } from '../map/Bar';
import { isRate } from '../targets/indicators';
import type { TargetOf, UnitTarget } from './attainment';
import { levelsOf, type PaceGroup } from './Pace';
import { UnitStateOf } from './state';
import { unitWords } from './words';

export interface TreeAsked {
  readonly at: string | null;
  readonly on: string | null;
  readonly group: PaceGroup;
  readonly indicator: string;
  readonly targetOf: TargetOf;
}

/** The headings of a table of units; cells of a row stand in the same order. */
export function UnitHeads({ indicator }: { indicator: string }) {
  const t = useWords(unitWords);
  const g = useWords(federationWords);
  const code = useCode();
  return (
    <thead>
      <tr>
        <th scope="col">{g.unit}</th>
        <th scope="col">{t.state}</th>
        <th scope="col" className="number">
          {t.paceShort}
        </th>
        <th scope="col" className="number">
          {g.enterprises}
        </th>
        <th scope="col" className="number">
          {g.covered}
        </th>
        <th scope="col" className="number">
          {g.lacking}
        </th>
        <th scope="col" className="number">
          {g.undecided}
        </th>
        <th scope="col" colSpan={2}>
          {g.coverage}
        </th>
        <th scope="col" className="number">
          {t.target}
          <span className="part">{code('indicators', indicator)}</span>
        </th>
        <th scope="col" className="number">
          {t.attainment}
        </th>
      </tr>
    </thead>
  );
}

/** What stands behind a unit's name, in a tree as in a list. */
export function UnitCells({ unit, on, indicator, target }: { unit: UnitFiguresFragment; on: string | null; indicator: string; target: UnitTarget | undefined }) {
  const f = useFormat();
  const { counts, pace } = unit;
  return (
    <>
      <td>
        <UnitStateOf unit={unit} on={on} />
      </td>
      <td className={pace.late > 0 ? 'number status warn' : 'number'}>{pace.done + pace.toDo === 0 ? '' : `${f.count(pace.done)}／${f.count(pace.done + pace.toDo)}`}</td>
      <td className="number">{f.count(counts.enterprises)}</td>
      <td className="number">{f.count(counts.covered)}</td>
      <td className={counts.lacking > 0 ? 'number gap' : 'number'}>{f.count(counts.lacking)}</td>
      <td className="number">{f.count(counts.undecided)}</td>
      <td className="bar-cell">
        <Bar share={counts.coverage} colour="#2477a0" />
      </td>
      <td className="number">{f.percent(counts.coverage)}</td>
      <td className="number">{target === undefined ? '' : isRate(indicator) ? f.percent(target.value) : f.count(target.value)}</td>
      <td className={target?.onPace === false ? 'number status warn' : 'number'}>{target === undefined ? '' : f.percent(target.attainment)}</td>
    </>
  );
}

/** A unit's row and, where it is open, those of the units below it: each branch is asked for when it is opened. */
export function UnitBranchOf({
  code,
  depth,
  asked,
  open,
  onToggle,
  known,
}: {
  code: string;
  depth: number;
  asked: TreeAsked;
  open: ReadonlySet<string>;
  onToggle: (code: string) => void;
  known?: UnitLineFragment;
}) {
  const t = useWords(unitWords);
  const g = useWords(federationWords);
  const isOpen = open.has(code);
  const levels = useMemo(() => levelsOf(asked.group), [asked.group]);
  const branch = useQuestion(UnitBranch, { code, asOf: asked.at, on: asked.on, levels }, { enabled: isOpen || known === undefined });
  const whole = branch.data?.data.unionUnit;
  const unit = known ?? whole;
  if (unit === undefined || unit === null) return null;
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
          <Link to={`/units/${encodeURIComponent(code)}`}>{unit.name}</Link> <span className="chip">{g.kinds.level[unit.level]}</span>
        </th>
        <UnitCells unit={unit} on={asked.on} indicator={asked.indicator} target={asked.targetOf(unit)} />
      </tr>
      {isOpen &&
        (whole?.children ?? []).map((child) => <UnitBranchOf key={child.code} code={child.code} depth={depth + 1} asked={asked} open={open} onToggle={onToggle} known={child} />)}
      {isOpen && unit.children.length > 0 && branch.data === undefined && (
        <tr aria-busy="true">
          <td colSpan={11}>
            <div className="loading-row" />
          </td>
        </tr>
      )}
    </>
  );
}
