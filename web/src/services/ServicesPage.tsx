import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { readerOf } from '../federation/address';
import { FactTable, Kpis, type Column } from '../federation/Facts';
import { FederationPage } from '../federation/FederationPage';
import { ChoiceField, Filters, WithinField, YearField } from '../federation/fields';
import { FromRoots } from '../federation/roots';
import { federationWords } from '../federation/words';
import { Services } from '../graph/generated/Services';
import type { ServicesQuery, UnionServiceKind } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Bar } from '../map/Bar';
import { Answered } from '../states/Answered';
import { ServiceTrendOf } from './ServiceTrendOf';
import { serviceWords } from './words';

export const serviceKinds = [
  'MEDIATION', 'LEGAL_AID', 'HARDSHIP', 'MUTUAL_AID', 'TRAINING', 'JOBS', 'HOTLINE', 'CARD', 'MATERIAL', 'MEDIA', 'MODEL_CASE', 'FLEXIBLE_WORKER',
] as const satisfies readonly UnionServiceKind[];

/** What is said above the table, the largest figure first. */
const FIRST = ['CARD', 'TRAINING', 'HARDSHIP', 'MODEL_CASE'] as const satisfies readonly UnionServiceKind[];

type Unit = NonNullable<ServicesQuery['unionUnit']>;

/** What was done for members: by kind, month and unit. */
export default function ServicesPage() {
  const t = useWords(serviceWords);
  const g = useWords(federationWords);
  const [parameters, set] = useParameters();
  const read = readerOf(parameters);
  const [within, year, kind] = [read.text('within'), read.year('year'), read.one('kind', serviceKinds)];
  return (
    <FederationPage className="services" title={t.title} intro={t.intro} unknown={read.unknown}>
      <Filters>
        <WithinField value={within} onChange={(value) => set({ within: value })} />
        <YearField label={g.year} value={year} onChange={(value) => set({ year: value }, 'replace')} />
        <ChoiceField label={t.showKind} any={t.allKinds} value={kind} values={serviceKinds} names={g.kinds.service} onChange={(value) => set({ kind: value })} />
      </Filters>
      <FromRoots>{(roots) => <Of code={within === '' ? (roots[0] ?? '') : within} year={year} kind={kind} />}</FromRoots>
    </FederationPage>
  );
}

function Of({ code, year, kind }: { code: string; year: number; kind: UnionServiceKind | null }) {
  const t = useWords(serviceWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const question = useQuestion(Services, { code, year });
  return (
    <Answered question={question} rows={8}>
      {({ unionUnit: unit }) => {
        if (unit === null) return <p className="empty">{g.noUnitWhy(code)}</p>;
        const shown = serviceKinds.filter((one) => (kind === null || one === kind) && unit.servicesGiven.some((given) => given.kind === one));
        if (shown.length === 0) return <p className="empty">{t.none(year)}</p>;
        return (
          <>
            <ByKind unit={unit} kinds={shown} year={year} f={f} />
            <ServiceTrendOf within={code} kind={kind ?? FIRST.find((one) => shown.includes(one)) ?? shown[0] ?? 'CARD'} year={year} />
            {unit.children.length > 0 && <ByUnit unit={unit} kinds={shown} year={year} />}
          </>
        );
      }}
    </Answered>
  );
}

const sumOf = (given: readonly { kind: UnionServiceKind; count: number }[], kind: UnionServiceKind): number => given.filter((one) => one.kind === kind).reduce((all, one) => all + one.count, 0);

function ByKind({ unit, kinds, year, f }: { unit: Unit; kinds: readonly UnionServiceKind[]; year: number; f: ReturnType<typeof useFormat> }) {
  const t = useWords(serviceWords);
  const g = useWords(federationWords);
  const { members } = unit.counts;
  const perHundred = (count: number) => (members > 0 ? f.decimal((count / members) * 100) : NOTHING);
  const sums = kinds.map((kind) => ({ kind, count: sumOf(unit.servicesGiven, kind), months: unit.servicesGiven.filter((one) => one.kind === kind && one.period.length === 7) }));
  const first = FIRST.flatMap((kind) => sums.filter((one) => one.kind === kind));
  const columns: Column<(typeof sums)[number]>[] = [
    { key: 'kind', head: g.kind, cell: (one) => g.kinds.service[one.kind] },
    { key: 'count', head: t.count, isNumber: true, cell: (one) => f.count(one.count) },
    { key: 'per', head: t.perHundred, isNumber: true, cell: (one) => perHundred(one.count) },
    { key: 'months', head: t.months, className: 'month-cell', cell: (one) => (one.months.length === 0 ? <span className="muted small">{t.yearOnly}</span> : <Months months={one.months} year={year} label={t.monthOf(g.kinds.service[one.kind])} />) },
  ];
  return (
    <section className="card flat">
      <h2>{t.byKind(year)}</h2>
      <p className="muted">{members > 0 ? t.members(f.count(members)) : t.noMembers}</p>
      {first.length > 0 && <Kpis items={first.map((one) => ({ label: g.kinds.service[one.kind], value: f.count(one.count) }))} />}
      <FactTable label={t.byKind(year)} rows={sums} columns={columns} keyOf={(one) => one.kind} className="by-kind" />
    </section>
  );
}

/** Twelve columns, as high as the month; a month without a statement is a line at the foot. */
function Months({ months, year, label }: { months: readonly { period: string; count: number }[]; year: number; label: string }) {
  const f = useFormat();
  const most = Math.max(1, ...months.map((month) => month.count));
  return (
    <svg className="months" viewBox="0 0 180 28" role="img" aria-label={`${label}: ${months.map((month) => `${month.period} ${f.count(month.count)}`).join(', ')}`}>
      {Array.from({ length: 12 }, (_, at) => {
        const period = `${year}-${String(at + 1).padStart(2, '0')}`;
        const count = months.find((month) => month.period === period)?.count;
        const height = count === undefined ? 1 : Math.max(1.5, (count / most) * 26);
        return (
          <rect key={period} x={at * 15 + 1} y={28 - height} width="12" height={height} fill={count === undefined ? '#b9c1cc' : '#2477a0'}>
            <title>{`${period} ${f.count(count)}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}

function ByUnit({ unit, kinds, year }: { unit: Unit; kinds: readonly UnionServiceKind[]; year: number }) {
  const t = useWords(serviceWords);
  const g = useWords(federationWords);
  const f = useFormat();
  type Child = Unit['children'][number];
  const only = kinds.length === 1 ? kinds[0] : undefined;
  const most = Math.max(1, ...unit.children.map((child) => (only === undefined ? 0 : sumOf(child.servicesGiven, only))));
  const columns: Column<Child>[] = [
    {
      key: 'name',
      head: g.unit,
      cell: (child) => <Link to={child.children.length > 0 ? `/services?within=${encodeURIComponent(child.code)}&year=${year}` : `/units/${encodeURIComponent(child.code)}`}>{child.name}</Link>,
    },
    ...kinds.map((kind): Column<Child> => ({ key: kind, head: g.kinds.service[kind], isNumber: true, cell: (child) => f.count(sumOf(child.servicesGiven, kind)) })),
    ...(only === undefined
      ? []
      : [
          { key: 'bar', head: <span className="hidden">{t.count}</span>, className: 'bar-cell', cell: (child: Child) => <Bar share={sumOf(child.servicesGiven, only) / most} colour="#2477a0" /> },
          { key: 'per', head: t.perHundred, isNumber: true, cell: (child: Child) => (child.counts.members > 0 ? f.decimal((sumOf(child.servicesGiven, only) / child.counts.members) * 100) : NOTHING) },
        ]),
  ];
  return (
    <section className="card flat">
      <h2>{t.byUnit}</h2>
      <FactTable label={t.byUnit} rows={unit.children} columns={columns} keyOf={(child) => child.code} className="wide" />
    </section>
  );
}
