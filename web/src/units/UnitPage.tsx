import { useEffect } from 'react';
import { useAddress, useParameters } from '../app/address';
import { Link } from '../app/Link';
import { ownerText } from '../cases/owner';
import { readerOf, today } from '../federation/address';
import { FactTable, Kpis, type Column } from '../federation/Facts';
import { FederationPage } from '../federation/FederationPage';
import { DayField, Filters, YearField } from '../federation/fields';
import { Versions } from '../federation/Versions';
import { federationWords } from '../federation/words';
import { FiguresOf } from '../figures/FiguresOf';
import type { UnitCardQuery, UnitChildFragment, UnitGapQuery, UnitShareFragment } from '../graph/generated/types';
import { UnitCard } from '../graph/generated/UnitCard';
import { UnitGap } from '../graph/generated/UnitGap';
import { useQuestion } from '../graph/question';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Bar } from '../map/Bar';
import { Answered } from '../states/Answered';
import { Empty } from '../states/Empty';
import { Forbidden } from '../states/Failed';
import { useMay } from '../app/standing';
import { cardWords } from './cardWords';
import { Pace } from './Pace';
import { UnitStateOf } from './state';
import { unitWords } from './words';

type Unit = NonNullable<UnitCardQuery['unionUnit']>;

/** One unit: where it stands in the tree, its enterprises, targets, posts and places, and how it came to be so. */
export default function UnitPage() {
  const g = useWords(federationWords);
  const t = useWords(unitWords);
  const code = decodeURIComponent(useAddress().pathname.slice('/units/'.length));
  const [parameters, set] = useParameters();
  const read = readerOf(parameters);
  const [on, year, at] = [read.day('on'), read.year('year'), parameters.get('at')];
  const mayReview = useMay('review');
  const question = useQuestion(UnitCard, { code, asOf: at, on, year }, { keep: false });
  const unit = question.data?.data.unionUnit;
  useEffect(() => {
    if (unit != null) document.title = `${unit.name} · 会图`;
  }, [unit?.name]);
  return (
    <FederationPage className="unit" title={unit?.name ?? code} intro={unit == null ? t.title : <Subtitle unit={unit} on={on} />} unknown={read.unknown}>
      <Answered question={question} rows={10}>
        {({ unionUnit, places }) =>
          unionUnit === null ? (
            mayReview === false ? (
              <Forbidden scope="review" />
            ) : (
              <div className="notice">
                <h2>{g.noUnit}</h2>
                <p>{g.noUnitWhy(code)}</p>
                <Link to="/units" className="button">
                  {g.toUnits}
                </Link>
              </div>
            )
          ) : (
            <>
              <Filters>
                <DayField label={g.on} value={on ?? today()} onChange={(day) => set({ on: day === today() ? null : day }, 'replace')} />
                <YearField label={g.year} value={year} onChange={(value) => set({ year: value }, 'replace')} />
              </Filters>
              <Homes unit={unionUnit} />
              {unionUnit.children.length > 0 && (
                <section className="card">
                  <h2>{t.setUp}</h2>
                  <Pace code={code} on={on} group="all" />
                </section>
              )}
              <div className="sides">
                <Shares unit={unionUnit} year={year} />
                <Work unit={unionUnit} places={places} year={year} />
              </div>
              <Urgent unit={unionUnit} at={at} />
              <Below unit={unionUnit} on={on} />
              {unionUnit.level === 'CITY' && <FiguresOf on={on} title />}
              <section className="card">
                <h2>{g.history}</h2>
                <Versions versions={unionUnit.history} />
              </section>
            </>
          )
        }
      </Answered>
    </FederationPage>
  );
}

function Subtitle({ unit, on }: { unit: Unit; on: string | null }) {
  const t = useWords(cardWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const above = [unit.parent?.parent?.parent, unit.parent?.parent, unit.parent].filter((one) => one != null);
  const facts = [
    unit.areas.length > 0 ? f.named(t.areas, f.list(unit.areas.map((area) => area.name))) : '',
    unit.industries.length > 0 ? f.named(t.industries, f.list(unit.industries)) : '',
    unit.places.length > 0 ? f.named(t.places, f.list(unit.places)) : '',
    unit.chairPost === null ? '' : f.named(t.chair, unit.chairPost),
    t.enteredFrom(unit.source, f.day(unit.enteredAt)),
  ].filter((text) => text !== '');
  return (
    <>
      <span className="row">
        <span className="chip">{g.kinds.level[unit.level]}</span> <UnitStateOf unit={unit} on={on} />
        {above.map((one) => (
          <span key={one.code}>
            {'‹ '}
            <Link to={`/units/${encodeURIComponent(one.code)}`}>{one.name}</Link>
          </span>
        ))}
      </span>
      <span className="scope">{facts.join(' · ')}</span>
    </>
  );
}

function Homes({ unit }: { unit: Unit }) {
  const t = useWords(cardWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const { counts, own } = unit;
  const code = encodeURIComponent(unit.code);
  return (
    <section className="card">
      <div className="page-head">
        <h2>{t.homes}</h2>
        <div className="row no-print">
          <Link to={`/gaps?part=both&unit=${code}`} className="button primary">
            {t.toGaps}
          </Link>
          <Link to={`/cases?home=${code}`} className="button">
            {t.toCases}
          </Link>
        </div>
      </div>
      <Kpis
        items={[
          { label: g.coverage, value: f.percent(counts.coverage), note: t.coverageWhy },
          { label: g.enterprises, value: f.count(counts.enterprises), note: t.ofOwn(f.count(own.enterprises)) },
          { label: g.covered, value: f.count(counts.covered) },
          { label: g.lacking, value: f.count(counts.lacking), note: t.lackingOwn(f.count(own.lacking)), ...(counts.lacking > 0 ? { tone: 'gap' as const } : {}) },
          { label: g.undecided, value: f.count(counts.undecided) },
          { label: g.members, value: f.compact(counts.members), note: t.membersOf(f.compact(counts.employees)) },
        ]}
      />
    </section>
  );
}

function Shares({ unit, year }: { unit: Unit; year: number }) {
  const t = useWords(cardWords);
  const f = useFormat();
  const shares = (['newUnits', 'newCovered', 'newMembers', 'coverageRate', 'independentRate'] as const).flatMap((name) => {
    const share: UnitShareFragment | null = unit[name];
    return share === null ? [] : [{ name, ...share }];
  });
  const columns: Column<(typeof shares)[number]>[] = [
    { key: 'name', head: t.indicator, cell: (share) => t.shares[share.name] },
    { key: 'value', head: t.share, isNumber: true, cell: (share) => (share.isPercent ? f.percent(share.value) : f.count(share.value)) },
    {
      key: 'parts',
      head: t.given,
      isNumber: true,
      cell: (share) =>
        share.isPercent ? (
          <span className="muted small">{t.rateShare}</span>
        ) : (
          <>
            {f.count(share.parts)}
            <span className="part">{t.to(f.count(share.units))}</span>
          </>
        ),
    },
    { key: 'left', head: t.left, isNumber: true, cell: (share) => (share.isPercent ? '' : f.count(share.left)) },
  ];
  // A unit without others below has nothing to give on.
  const shown = unit.children.length === 0 ? columns.filter((column) => column.key === 'name' || column.key === 'value') : columns;
  return (
    <section className="card flat">
      <h2>{t.targets}</h2>
      {shares.length === 0 ? (
        <p className="muted">{t.noTarget(year)}</p>
      ) : (
        <FactTable label={t.targets} rows={shares} columns={shown} keyOf={(share) => share.name} className="narrow" />
      )}
      <p className="small">
        <Link to={`/breakdown?year=${year}`}>{t.breakdown}</Link>
      </p>
    </section>
  );
}

function Work({ unit, places, year }: { unit: Unit; places: UnitCardQuery['places']; year: number }) {
  const t = useWords(cardWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const { staffing, dispatch, arrears } = unit;
  const within = encodeURIComponent(unit.code);
  const given = unit.servicesGiven.reduce((sum, one) => sum + one.count, 0);
  return (
    <section className="card">
      <h2>{t.staff}</h2>
      <Kpis
        items={[
          { label: t.filled, value: <Link to={`/posts?within=${within}`}>{f.count(staffing.filled)}</Link>, note: t.filledOf(f.count(staffing.approved)) },
          { label: t.vacant, value: f.count(staffing.vacant) },
          { label: t.load, value: f.decimal(staffing.lackingPerOfficer) },
          { label: t.delegated, value: f.count(staffing.delegatedChairs) },
          { label: t.services(year), value: <Link to={`/services?within=${within}&year=${year}`}>{f.compact(given)}</Link> },
          { label: t.dispatch, value: <Link to={`/dispatch?within=${within}`}>{f.count(dispatch.agreements)}</Link>, note: t.noClause(f.count(dispatch.withoutClause)) },
          { label: t.hosts, value: f.count(dispatch.hostsLacking) },
          {
            label: t.arrears,
            value: arrears === null ? NOTHING : <Link to={`/funds?within=${within}`}>{f.money(String(Number(arrears.fresh) + Number(arrears.withinYear) + Number(arrears.older)))}</Link>,
            note: arrears === null ? g.needsFinance : t.older(f.money(arrears.older)),
          },
        ]}
      />
      <h3>{t.stations}</h3>
      {places === null || places.totalCount === 0 ? (
        <p className="muted">{t.noPlaces}</p>
      ) : (
        <ul className="row">
          {places.nodes.map((place) => (
            <li key={place.code}>
              <Link to={`/places/${encodeURIComponent(place.code)}`}>{place.name}</Link> <span className="chip">{g.kinds.place[place.kind]}</span>
            </li>
          ))}
          <li>
            <Link to={`/places?within=${within}`}>{t.allPlaces(f.count(places.totalCount))}</Link>
          </li>
        </ul>
      )}
    </section>
  );
}

function Urgent({ unit, at }: { unit: Unit; at: string | null }) {
  const t = useWords(cardWords);
  const f = useFormat();
  const question = useQuestion(UnitGap, { unit: [unit.code], asOf: at });
  const columns: Column<UnitGapQuery['gap']['nodes'][number]>[] = [
    { key: 'name', head: t.name, cell: (e) => <Link to={`/e/${e.id}`}>{e.name}</Link> },
    { key: 'address', head: t.address, className: 'words', cell: (e) => e.address ?? NOTHING },
    { key: 'gap', head: t.gap, cell: (e) => e.gap?.label ?? NOTHING },
    { key: 'who', head: t.who, cell: (e) => (e.responsible === null ? NOTHING : ownerText(e.responsible)) },
  ];
  return (
    <section className="card flat">
      <h2>{t.urgent}</h2>
      <Answered question={question} rows={5}>
        {({ gap, cases }) =>
          gap.totalCount === 0 ? (
            <Empty>{t.none}</Empty>
          ) : (
            <>
              <p className="muted">
                {cases === null ? t.urgentOnly(f.count(gap.totalCount)) : t.urgentWhy(f.count(gap.totalCount), f.count(cases.totalCount))} <Link to={`/gaps?unit=${encodeURIComponent(unit.code)}`}>{t.toGapsOf}</Link>
              </p>
              <FactTable label={t.urgent} rows={gap.nodes} columns={columns} keyOf={(e) => e.id} />
            </>
          )
        }
      </Answered>
    </section>
  );
}

function Below({ unit, on }: { unit: Unit; on: string | null }) {
  const t = useWords(cardWords);
  const g = useWords(federationWords);
  const u = useWords(unitWords);
  const f = useFormat();
  if (unit.children.length === 0) return null;
  const columns: Column<UnitChildFragment>[] = [
    {
      key: 'name',
      head: g.unit,
      cell: (child) => (
        <>
          <Link to={`/units/${encodeURIComponent(child.code)}`}>{child.name}</Link> <span className="chip">{g.kinds.level[child.level]}</span>
        </>
      ),
    },
    { key: 'state', head: u.state, cell: (child) => <UnitStateOf unit={child} on={on} /> },
    { key: 'enterprises', head: g.enterprises, isNumber: true, cell: (child) => f.count(child.counts.enterprises) },
    { key: 'covered', head: g.covered, isNumber: true, cell: (child) => f.count(child.counts.covered) },
    { key: 'lacking', head: g.lacking, isNumber: true, cell: (child) => <span className={child.counts.lacking > 0 ? 'gap' : undefined}>{f.count(child.counts.lacking)}</span> },
    { key: 'undecided', head: g.undecided, isNumber: true, cell: (child) => f.count(child.counts.undecided) },
    { key: 'bar', head: <span className="hidden">{g.coverage}</span>, className: 'bar-cell', cell: (child) => <Bar share={child.counts.coverage} colour="#2477a0" /> },
    { key: 'coverage', head: g.coverage, isNumber: true, cell: (child) => f.percent(child.counts.coverage) },
  ];
  return (
    <section className="card flat">
      <h2>{t.below}</h2>
      <FactTable label={t.below} rows={unit.children} columns={columns} keyOf={(child) => child.code} />
    </section>
  );
}
