import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { levels, readerOf, today } from '../federation/address';
import { useAll } from '../federation/all';
import { FactTable, type Column } from '../federation/Facts';
import { FederationPage } from '../federation/FederationPage';
import { ChoiceField, DayField, Filters, YearField } from '../federation/fields';
import { federationWords } from '../federation/words';
import { Appraisal } from '../graph/generated/Appraisal';
import type { AppraisalQuery } from '../graph/generated/types';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { PointsBar, PART_COLOURS } from './PointsBar';
import { appraisalWords } from './words';

export type Standing = NonNullable<AppraisalQuery['unionStandings']>['nodes'][number];

/** Units of a level by rank, with what their points are made of; one of them in full. */
export default function AppraisalPage() {
  const t = useWords(appraisalWords);
  const g = useWords(federationWords);
  const [parameters, set] = useParameters();
  const read = readerOf(parameters);
  const [year, on] = [read.year('year'), read.day('on')];
  const level = read.one('level', levels) ?? 'DISTRICT';
  const chosen = read.text('unit');
  const question = useAll(Appraisal, { year, level, on }, (result) => result.unionStandings);
  return (
    <FederationPage
      className="appraisal"
      title={t.title}
      intro={t.intro}
      unknown={read.unknown}
      tools={
        <Link to={on === null ? '/bulletin' : `/bulletin?at=${on}`} className="button">
          {t.bulletin}
        </Link>
      }
    >
      <Filters>
        <YearField label={g.year} value={year} onChange={(value) => set({ year: value, unit: null }, 'replace')} />
        <ChoiceField label={t.level} value={level} values={levels} names={g.kinds.level} onChange={(value) => set({ level: value, unit: null })} />
        <DayField label={g.on} value={on ?? today()} onChange={(day) => set({ on: day === today() ? null : day }, 'replace')} />
      </Filters>
      <Answered question={question} rows={8}>
        {(all) => {
          if (all === null) return <Forbidden scope="review" />;
          const { nodes: standings } = all;
          if (standings.length === 0) return <p className="empty">{t.none(year, g.kinds.level[level])}</p>;
          const one = standings.find((standing) => standing.unit.code === chosen);
          return (
            <>
              {one !== undefined && <Details standing={one} onClose={() => set({ unit: null })} />}
              <Ranks standings={standings} chosen={chosen} onChoose={(code) => set({ unit: code === chosen ? null : code })} />
            </>
          );
        }}
      </Answered>
    </FederationPage>
  );
}

function Ranks({ standings, chosen, onChoose }: { standings: readonly Standing[]; chosen: string; onChoose: (code: string) => void }) {
  const t = useWords(appraisalWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const rules = standings[0]?.lines ?? [];
  const most = Math.max(1, rules.reduce((sum, line) => sum + line.cap, 0));
  const columns: Column<Standing>[] = [
    {
      key: 'unit',
      head: g.unit,
      cell: (one) => (
        <button type="button" className="plain" aria-expanded={one.unit.code === chosen} onClick={() => onChoose(one.unit.code)}>
          {one.unit.name}
        </button>
      ),
    },
    { key: 'rank', head: t.rank, isNumber: true, cell: (one) => <strong>{f.count(one.rank)}</strong> },
    {
      key: 'before',
      head: t.before,
      cell: (one) => (one.before === null ? <span className="muted small">{t.noBefore}</span> : <Move from={one.before.rank} to={one.rank} />),
    },
    { key: 'score', head: t.score, isNumber: true, cell: (one) => f.decimal(one.score) },
    {
      key: 'bar',
      head: (
        <ul className="row rule-keys">
          {rules.map((line, at) => (
            <li key={line.rule}>
              <svg width="10" height="10" aria-hidden="true">
                <rect width="10" height="10" fill={PART_COLOURS[at % PART_COLOURS.length]} />
              </svg>{' '}
              {line.name}
            </li>
          ))}
        </ul>
      ),
      className: 'bar-cell points-cell',
      cell: (one) => <PointsBar lines={one.lines} most={most} />,
    },
    { key: 'lift', head: t.lift, className: 'words', cell: (one) => (one.lift === null ? t.full : one.lift.rank < one.rank ? t.liftSaid(one.lift.name, f.decimal(one.lift.gain), f.count(one.lift.rank)) : t.liftStays(one.lift.name, f.decimal(one.lift.gain))) },
    {
      key: 'objections',
      head: t.objections,
      cell: (one) => {
        const open = one.objections.filter((objection) => objection.state === 'OPEN').length;
        if (one.objections.length === 0) return NOTHING;
        return open > 0 ? <span className="status warn">▲ {t.open(f.count(open))}</span> : t.settled(f.count(one.objections.length));
      },
    },
    { key: 'rewards', head: t.rewards, cell: (one) => (one.rewards.length === 0 ? NOTHING : f.list(one.rewards.map((reward) => reward.reward))) },
  ];
  return (
    <section className="card flat">
      <FactTable label={t.title} rows={standings} columns={columns} keyOf={(one) => one.unit.code} className="ranks" />
    </section>
  );
}

function Move({ from, to }: { from: number; to: number }) {
  const t = useWords(appraisalWords);
  const f = useFormat();
  return (
    <span className="nowrap">
      {f.count(from)} <span className={to < from ? 'status ok' : to > from ? 'status warn' : 'muted'}>{to < from ? t.up(f.count(from - to)) : to > from ? t.down(f.count(to - from)) : t.same}</span>
    </span>
  );
}

/** What a unit's points are made of, by which rule; what it says against them, and what it was given. */
function Details({ standing, onClose }: { standing: Standing; onClose: () => void }) {
  const t = useWords(appraisalWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const { unit } = standing;
  return (
    <section className="card flat standing">
      <div className="page-head inset">
        <h2>{t.details(unit.name)}</h2>
        <div className="row">
          <Link to={`/units/${encodeURIComponent(unit.code)}`}>{unit.name}</Link>
          <button type="button" className="button" onClick={onClose}>
            {t.close}
          </button>
        </div>
      </div>
      <FactTable
        label={t.details(unit.name)}
        rows={standing.lines}
        keyOf={(line) => line.rule}
        columns={[
          { key: 'name', head: t.rule, cell: (line) => line.name },
          { key: 'value', head: t.value, isNumber: true, cell: (line) => (line.value === null ? <span className="muted">{t.unknownValue}</span> : f.count(line.value)) },
          { key: 'points', head: t.points, isNumber: true, cell: (line) => <span className={line.points < 0 ? 'gap' : undefined}>{f.decimal(line.points)}</span> },
          { key: 'cap', head: t.cap, isNumber: true, cell: (line) => f.decimal(line.cap) },
          { key: 'source', head: t.source, className: 'words', cell: (line) => line.source },
        ]}
      />
      {standing.objections.length > 0 && (
        <>
          <h3 className="inset">{t.objections}</h3>
          <FactTable
            label={t.objections}
            rows={standing.objections}
            keyOf={(objection) => objection.code}
            columns={[
              { key: 'said', head: t.said, className: 'words', cell: (o) => o.said },
              { key: 'rule', head: t.rule, cell: (o) => standing.lines.find((line) => line.rule === o.rule)?.name ?? o.rule ?? t.wholeAppraisal },
              { key: 'state', head: t.state, cell: (o) => <span className={o.state === 'OPEN' ? 'status warn' : 'status'}>{o.state === 'OPEN' ? '▲ ' : ''}{t.states[o.state]}</span> },
              { key: 'answer', head: t.answer, className: 'words', cell: (o) => o.answer ?? NOTHING },
              { key: 'on', head: t.day, className: 'nowrap', cell: (o) => o.on },
              { key: 'source', head: g.source, cell: (o) => o.source },
            ]}
          />
        </>
      )}
      {standing.rewards.length > 0 && (
        <>
          <h3 className="inset">{t.rewards}</h3>
          <FactTable
            label={t.rewards}
            rows={standing.rewards}
            keyOf={(reward) => reward.reward}
            columns={[
              { key: 'reward', head: t.rewards, cell: (reward) => reward.reward },
              { key: 'yuan', head: t.yuan, isNumber: true, cell: (reward) => f.count(reward.yuan) },
              { key: 'source', head: g.source, cell: (reward) => reward.source },
            ]}
          />
        </>
      )}
    </section>
  );
}
