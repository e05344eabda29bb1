import { useMemo } from 'react';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { levels as allLevels, readerOf, today } from '../federation/address';
import { useAll } from '../federation/all';
import { FederationPage } from '../federation/FederationPage';
import { ChoiceField, DayField, Filters, WithinField, YearField } from '../federation/fields';
import { Pages } from '../federation/Pages';
import { FromRoots, Nothing } from '../federation/roots';
import { federationWords } from '../federation/words';
import type { UnionUnitLevel } from '../graph/generated/types';
import { UnitList } from '../graph/generated/UnitList';
import { useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { indicatorOf, indicators } from '../targets/indicators';
import { useTargetOf } from './attainment';
import { levelsOf, Pace, paceGroups } from './Pace';
import { stateOf, unitStates } from './state';
import { UnitBranchOf, UnitCells, UnitHeads, type TreeAsked } from './UnitTree';
import { unitWords } from './words';

const SHOWN = 90;

/** Every unit of the federation: as a tree that opens, or as a list of a level and a state. */
export default function UnitsPage() {
  const t = useWords(unitWords);
  const g = useWords(federationWords);
  const code = useCode();
  const [parameters, set] = useParameters();
  const read = readerOf(parameters);
  const view = read.one('view', ['list']) ?? 'tree';
  const group = read.one('pace', paceGroups) ?? 'local';
  const on = read.day('on');
  const year = read.year('year');
  const indicator = indicatorOf(parameters.get('indicator') ?? 'net_new_units');
  const at = parameters.get('at');
  const level = read.one('level', allLevels);
  const state = read.one('state', unitStates);
  const within = read.text('within');
  const targetOf = useTargetOf(year, indicator, at);
  const names = Object.fromEntries(indicators.map((one) => [one, code('indicators', one)])) as Record<(typeof indicators)[number], string>;
  return (
    <FederationPage
      className="units"
      title={t.title}
      intro={t.intro}
      unknown={read.unknown}
      tools={
        <div className="segments" role="group" aria-label={t.view}>
          <button type="button" aria-pressed={view === 'tree'} onClick={() => set({ view: null, level: null, state: null, within: null, page: null })}>
            {t.tree}
          </button>
          <button type="button" aria-pressed={view === 'list'} onClick={() => set({ view: 'list' })}>
            {t.list}
          </button>
        </div>
      }
    >
      <Filters>
        <DayField label={g.on} value={on ?? today()} onChange={(day) => set({ on: day === today() ? null : day }, 'replace')} />
        <ChoiceField label={t.paceLevels} value={group} values={paceGroups} names={t.paceGroups} onChange={(value) => set({ pace: value === 'local' ? null : value })} />
        <YearField label={g.year} value={year} onChange={(value) => set({ year: value }, 'replace')} />
        <ChoiceField label={t.indicator} value={indicator as (typeof indicators)[number]} values={indicators} names={names} onChange={(value) => set({ indicator: value })} />
        {view === 'list' && (
          <>
            <ChoiceField label={g.level} any={g.anyLevel} value={level} values={allLevels} names={g.kinds.level} onChange={(value) => set({ level: value, page: null })} />
            <ChoiceField label={t.state} any={t.anyState} value={state} values={unitStates} names={t.states} onChange={(value) => set({ state: value, page: null })} />
            <WithinField value={within} onChange={(value) => set({ within: value, page: null })} />
          </>
        )}
      </Filters>
      <FromRoots at={at}>
        {(roots) =>
          view === 'tree' ? (
            <Tree roots={roots} asked={{ at, on, group, indicator, targetOf }} />
          ) : (
            <List asked={{ at, on, group, indicator, targetOf }} level={level} state={state} within={within} />
          )
        }
      </FromRoots>
    </FederationPage>
  );
}

function Tree({ roots, asked }: { roots: readonly string[]; asked: TreeAsked }) {
  const t = useWords(unitWords);
  const [parameters, set] = useParameters();
  // The first unit is open where the address says nothing; an empty list of it says that none is.
  const text = parameters.get('open');
  const open = useMemo(() => new Set(text === null ? roots.slice(0, 1) : text.split(',')), [text, roots.join()]);
  const toggle = (code: string) => {
    const next = new Set(open);
    if (!next.delete(code)) next.add(code);
    set({ open: [...next].join(',') || '-' }, 'replace');
  };
  return (
    <>
      {roots.slice(0, 1).map((root) => (
        <section key={root} className="card">
          <h2>{t.setUp}</h2>
          <Pace code={root} on={asked.on} group={asked.group} />
        </section>
      ))}
      <section className="card flat">
        <div className="scroll-x" tabIndex={0} role="region" aria-label={t.tree}>
          <table className="grid facts-table tree">
            <UnitHeads indicator={asked.indicator} />
            <tbody>
              {roots.map((root) => (
                <UnitBranchOf key={root} code={root} depth={0} asked={asked} open={open} onToggle={toggle} />
              ))}
            </tbody>
          </table>
        </div>
        <p className="muted small">{t.counting}</p>
      </section>
    </>
  );
}

function List({
  asked,
  level,
  state,
  within,
}: {
  asked: TreeAsked;
  level: UnionUnitLevel | null;
  state: (typeof unitStates)[number] | null;
  within: string;
}) {
  const t = useWords(unitWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const [parameters, set] = useParameters();
  const page = Math.max(0, Number(parameters.get('page') ?? 1) - 1 || 0);
  const question = useAll(UnitList, { only: level === null ? null : [level], within: within === '' ? null : within, asOf: asked.at, on: asked.on, levels: levelsOf(asked.group) }, (result) => result.unionUnits);
  const filters = [level === null ? '' : g.kinds.level[level], state === null ? '' : t.states[state], within].filter((one) => one !== '');
  return (
    <Answered question={question} rows={8}>
      {(whole) => {
        if (whole === null) return <Forbidden scope="review" />;
        const day = asked.on ?? today();
        const found = whole.nodes.filter((unit) => state === null || stateOf(unit, day) === state || (state === 'todo' && stateOf(unit, day) === 'late'));
        const shown = found.slice(page * SHOWN, (page + 1) * SHOWN);
        return (
          <>
            <p className="muted" role="status">
              {t.listed(f.count(found.length))} {!whole.isWhole && g.cut(f.count(whole.nodes.length), f.count(whole.totalCount))}
            </p>
            {found.length === 0 ? (
              <Nothing filters={filters} onClear={() => set({ level: null, state: null, within: null, page: null })} />
            ) : (
              <div className="card flat">
                <div className="scroll-x" tabIndex={0} role="region" aria-label={t.list}>
                  <table className="grid facts-table tree">
                    <UnitHeads indicator={asked.indicator} />
                    <tbody>
                      {shown.map((unit) => (
                        <tr key={unit.code}>
                          <th scope="row">
                            <Link to={`/units/${encodeURIComponent(unit.code)}`}>{unit.name}</Link> <span className="chip">{g.kinds.level[unit.level]}</span>
                            <span className="part">{unit.parent?.name}</span>
                          </th>
                          <UnitCells unit={unit} on={asked.on} indicator={asked.indicator} target={asked.targetOf(unit)} />
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
              </div>
            )}
            <Pages page={page} of={Math.ceil(found.length / SHOWN)} />
          </>
        );
      }}
    </Answered>
  );
}
