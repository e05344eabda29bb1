import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { postKinds, readerOf, today } from '../federation/address';
import { useAll } from '../federation/all';
import { FactTable, Kpis, type Column } from '../federation/Facts';
import { FederationPage } from '../federation/FederationPage';
import { ChoiceField, DayField, Filters, WithinField } from '../federation/fields';
import { Pages } from '../federation/Pages';
import { FromRoots, Nothing } from '../federation/roots';
import { Origin } from '../federation/Origin';
import { federationWords } from '../federation/words';
import { Posts } from '../graph/generated/Posts';
import { Staffing } from '../graph/generated/Staffing';
import type { PostsQuery, StaffedUnitFragment, UnionPostKind } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Bar } from '../map/Bar';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { PostTrendOf } from './PostTrendOf';
import { postWords } from './words';

const SHOWN = 50;

interface Counts {
  readonly approved: number;
  readonly filled: number;
  readonly vacant: number;
  readonly delegatedChairs: number;
}

type Post = NonNullable<PostsQuery['unionPosts']>['nodes'][number];

/** Posts of a unit and those below it, and the work that waits for whoever holds them. */
export default function PostsPage() {
  const t = useWords(postWords);
  const g = useWords(federationWords);
  const [parameters, set] = useParameters();
  const read = readerOf(parameters);
  const [within, on, kind] = [read.text('within'), read.day('on'), read.one('kind', postKinds)];
  return (
    <FederationPage className="posts" title={t.title} intro={t.intro} unknown={read.unknown}>
      <Filters>
        <WithinField value={within} onChange={(value) => set({ within: value, page: null })} />
        <ChoiceField label={g.kind} any={g.anyKind} value={kind} values={postKinds} names={g.kinds.post} onChange={(value) => set({ kind: value, page: null })} />
        <DayField label={g.on} value={on ?? today()} onChange={(day) => set({ on: day === today() ? null : day }, 'replace')} />
      </Filters>
      <FromRoots>
        {(roots) => (
          <>
            <ByUnit code={within === '' ? (roots[0] ?? '') : within} on={on} />
            <PostTrendOf within={within} kind={kind} on={on} />
            <Records within={within} kind={kind} on={on} />
          </>
        )}
      </FromRoots>
    </FederationPage>
  );
}

function ByUnit({ code, on }: { code: string; on: string | null }) {
  const t = useWords(postWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const question = useQuestion(Staffing, { code, on });
  return (
    <section className="card flat">
      <h2>{t.byUnit}</h2>
      <Answered question={question} rows={6}>
        {({ unionUnit: unit }) => {
          if (unit === null) return <p>{g.noUnitWhy(code)}</p>;
          const { staffing, children } = unit;
          const most = Math.max(1, ...children.map((child) => child.staffing.lackingPerOfficer ?? 0));
          const columns: Column<StaffedUnitFragment>[] = [
            {
              key: 'name',
              head: g.unit,
              cell: (one) => (one.code === unit.code ? g.total : <Link to={one.children.length > 0 ? `/posts?within=${encodeURIComponent(one.code)}` : `/units/${encodeURIComponent(one.code)}`}>{one.name}</Link>),
            },
            { key: 'approved', head: t.approved, isNumber: true, cell: (one) => f.count(one.staffing.approved) },
            { key: 'filled', head: t.filled, isNumber: true, cell: (one) => f.count(one.staffing.filled) },
            { key: 'vacant', head: t.vacant, isNumber: true, cell: (one) => (one.staffing.vacant > 0 ? <span className="status warn">{f.count(one.staffing.vacant)}</span> : f.count(0)) },
            { key: 'beyond', head: t.beyond, isNumber: true, cell: (one) => f.count(one.staffing.beyond) },
            { key: 'chairs', head: t.delegated, isNumber: true, cell: (one) => f.count(one.staffing.delegatedChairs) },
            { key: 'lacking', head: g.lacking, isNumber: true, cell: (one) => f.count(one.counts.lacking) },
            {
              key: 'bar',
              head: <span className="hidden">{t.load}</span>,
              className: 'bar-cell',
              cell: (one) => one.code !== unit.code && one.staffing.lackingPerOfficer !== null && <Bar share={one.staffing.lackingPerOfficer / most} colour="#b8692c" />,
            },
            {
              key: 'load',
              head: t.load,
              isNumber: true,
              cell: (one) => (one.staffing.lackingPerOfficer !== null ? f.decimal(one.staffing.lackingPerOfficer) : one.counts.lacking > 0 ? <span className="status warn">▲ {t.noOfficer}</span> : NOTHING),
            },
          ];
          const order = [...children].sort((a, b) => (b.staffing.lackingPerOfficer ?? (b.counts.lacking > 0 ? Infinity : -1)) - (a.staffing.lackingPerOfficer ?? (a.counts.lacking > 0 ? Infinity : -1)) || a.code.localeCompare(b.code));
          return (
            <>
              <Kpis
                items={[
                  { label: t.filled, value: f.count(staffing.filled) },
                  { label: t.approved, value: f.count(staffing.approved) },
                  { label: t.vacant, value: f.count(staffing.vacant), ...(staffing.vacant > 0 ? { tone: 'warn' as const } : {}) },
                  { label: t.load, value: f.decimal(staffing.lackingPerOfficer), note: t.loadWhy },
                  { label: t.delegated, value: f.count(staffing.delegatedChairs) },
                ]}
              />
              {children.length > 0 && <FactTable label={t.byUnit} rows={order} total={unit} columns={columns} keyOf={(one) => one.code} />}
            </>
          );
        }}
      </Answered>
    </section>
  );
}

function Records({ within, kind, on }: { within: string; kind: UnionPostKind | null; on: string | null }) {
  const t = useWords(postWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const [parameters, set] = useParameters();
  const page = Math.max(0, Number(parameters.get('page') ?? 1) - 1 || 0);
  const question = useAll(Posts, { within: within === '' ? null : within, kind, on }, (result) => result.unionPosts);
  const numbers = <Row extends Counts>(name: keyof Counts, head: string): Column<Row> => ({ key: name, head, isNumber: true, cell: (one) => f.count(one[name]) });
  const columns: Column<Post>[] = [
    { key: 'unit', head: g.unit, cell: (post) => (post.unit === null ? NOTHING : <Link to={`/units/${encodeURIComponent(post.unit.code)}`}>{post.unit.name}</Link>) },
    { key: 'kind', head: g.kind, cell: (post) => g.kinds.post[post.kind] },
    numbers('approved', t.approved),
    numbers('filled', t.filled),
    numbers('vacant', t.vacant),
    numbers('delegatedChairs', t.delegated),
    { key: 'subsidy', head: t.subsidy, isNumber: true, cell: (post) => f.count(post.subsidyYuan) },
    { key: 'on', head: t.asOf, className: 'nowrap', cell: (post) => post.asOf },
    {
      key: 'source',
      head: g.source,
      cell: (post) => <Origin origin={post.origin} />,
    },
  ];
  return (
    <Answered question={question} rows={6}>
      {(whole) => {
        if (whole === null) return <Forbidden scope="review" />;
        if (whole.nodes.length === 0) return kind === null && within === '' && on === null ? <p className="empty">{t.none}</p> : <Nothing filters={[kind === null ? '' : g.kinds.post[kind], within, on ?? ''].filter((one) => one !== '')} onClear={() => set({ kind: null, within: null, on: null })} />;
        const kinds = postKinds.flatMap((one) => {
          const of = whole.nodes.filter((post) => post.kind === one);
          const sum = (name: 'approved' | 'filled' | 'vacant' | 'delegatedChairs') => of.reduce((all, post) => all + post[name], 0);
          return of.length === 0 ? [] : [{ kind: one, approved: sum('approved'), filled: sum('filled'), vacant: sum('vacant'), delegatedChairs: sum('delegatedChairs') }];
        });
        return (
          <>
            <section className="card flat">
              <h2>{t.byKind}</h2>
              <FactTable<(typeof kinds)[number]>
                label={t.byKind}
                rows={kinds}
                keyOf={(one) => one.kind}
                columns={[
                  { key: 'kind', head: g.kind, cell: (one) => g.kinds.post[one.kind] },
                  numbers('approved', t.approved),
                  numbers('filled', t.filled),
                  numbers('vacant', t.vacant),
                  { key: 'bar', head: <span className="hidden">{t.share}</span>, className: 'bar-cell', cell: (one) => <Bar share={one.approved === 0 ? null : one.filled / one.approved} colour="#2477a0" /> },
                  { key: 'share', head: t.share, isNumber: true, cell: (one) => f.percent(one.approved === 0 ? null : one.filled / one.approved) },
                  numbers('delegatedChairs', t.delegated),
                ]}
              />
            </section>
            <section className="card flat">
              <h2>{t.all}</h2>
              <p className="muted">
                {g.rows(f.count(whole.totalCount))} {!whole.isWhole && g.cut(f.count(whole.nodes.length), f.count(whole.totalCount))}
              </p>
              <FactTable label={t.all} rows={whole.nodes.slice(page * SHOWN, (page + 1) * SHOWN)} columns={columns} keyOf={(post) => post.id} className="all-posts" />
            </section>
            <Pages page={page} of={Math.ceil(whole.nodes.length / SHOWN)} />
          </>
        );
      }}
    </Answered>
  );
}
