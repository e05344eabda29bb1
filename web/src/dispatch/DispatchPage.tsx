import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { readerOf } from '../federation/address';
import { FactTable, Kpis, type Column } from '../federation/Facts';
import { FederationPage } from '../federation/FederationPage';
import { ChoiceField, Filters, WithinField } from '../federation/fields';
import { FromRoots, Nothing } from '../federation/roots';
import { federationWords } from '../federation/words';
import { DispatchAgreements } from '../graph/generated/DispatchAgreements';
import { DispatchOf } from '../graph/generated/DispatchOf';
import type { DispatchAgreementsQuery, DispatchSideFragment } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { NOTHING, useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { dispatchWords } from './words';

type Agreement = NonNullable<DispatchAgreementsQuery['dispatchAgreements']>['nodes'][number];

const answers = ['yes', 'no'] as const;
const flag = (answer: 'yes' | 'no' | null): boolean | null => (answer === null ? null : answer === 'yes');

/** Agencies and hosts: their agreements, whose members their workers are, and who lacks a union. */
export default function DispatchPage() {
  const t = useWords(dispatchWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const [parameters, put] = useParameters();
  const set = (changes: Record<string, string | null>) => put({ ...changes, after: null });
  const read = readerOf(parameters);
  const [within, clause, care] = [read.text('within'), read.one('clause', answers), read.one('care', answers)];
  const after = parameters.get('after');
  const question = useQuestion(DispatchAgreements, { within: within === '' ? null : within, hasClause: flag(clause), isCare: flag(care), after });
  const inForce = [within, clause === null ? '' : t.clauses[clause], care === null ? '' : t.cares[care]].filter((one) => one !== '');
  const columns: Column<Agreement>[] = [
    { key: 'agency', head: t.agency, className: 'words', cell: (one) => <Side written={one.agency} found={one.agencyEnterprise} /> },
    { key: 'host', head: t.host, className: 'words', cell: (one) => <Side written={one.host} found={one.hostEnterprise} /> },
    {
      key: 'clause',
      head: t.clause,
      cell: (one) => (
        <span className={one.hasClause ? 'status ok' : 'status warn'}>
          <span aria-hidden="true">{one.hasClause ? '●' : '▲'}</span> {one.hasClause ? t.has : t.lacks}
        </span>
      ),
    },
    { key: 'workers', head: t.workers, isNumber: true, cell: (one) => f.count(one.workers) },
    {
      key: 'members',
      head: t.members,
      isNumber: true,
      cell: (one) => (
        <>
          {f.count(one.members)}
          {one.members > 0 && <span className="part">{t.joined[one.joinedAt]}</span>}
        </>
      ),
    },
    { key: 'on', head: t.agreedOn, className: 'nowrap', cell: (one) => one.agreedOn ?? NOTHING },
    { key: 'care', head: t.care, className: 'words', cell: (one) => <CareOf agreement={one} /> },
    {
      key: 'unit',
      head: t.reports,
      cell: (one) => (
        <>
          {one.unit === null ? NOTHING : <Link to={`/units/${encodeURIComponent(one.unit.code)}`}>{one.unit.name}</Link>}
          <span className="part">{one.origin.source}</span>
        </>
      ),
    },
  ];
  return (
    <FederationPage className="dispatch" title={t.title} intro={t.intro} unknown={read.unknown}>
      <Filters>
        <WithinField value={within} onChange={(value) => set({ within: value })} />
        <ChoiceField label={t.clause} any={t.anyClause} value={clause} values={answers} names={t.clauses} onChange={(value) => set({ clause: value })} />
        <ChoiceField label={t.care} any={t.anyCare} value={care} values={answers} names={t.cares} onChange={(value) => set({ care: value })} />
      </Filters>
      <FromRoots>
        {(roots) => (
          <>
            <Sums code={within === '' ? (roots[0] ?? '') : within} />
            <Answered question={question} rows={6}>
              {({ dispatchAgreements: found }) =>
                found === null ? (
                  <Forbidden scope="review" />
                ) : found.nodes.length === 0 ? (
                  <Nothing filters={inForce} onClear={() => set({ within: null, clause: null, care: null })} />
                ) : (
                  <>
                    <section className="card flat">
                      <p className="muted" role="status">
                        {g.rows(f.count(found.totalCount))}
                      </p>
                      <FactTable label={t.agreements} rows={found.nodes} columns={columns} keyOf={(one) => one.id} className="agreements" />
                    </section>
                    <div className="row">
                      {after !== null && (
                        <button type="button" className="button" onClick={() => put({ after: null })}>
                          {g.toFirst}
                        </button>
                      )}
                      {found.pageInfo.hasNextPage && (
                        <button type="button" className="button" onClick={() => put({ after: found.pageInfo.endCursor })}>
                          {g.more}
                        </button>
                      )}
                    </div>
                  </>
                )
              }
            </Answered>
          </>
        )}
      </FromRoots>
    </FederationPage>
  );
}

function Sums({ code }: { code: string }) {
  const t = useWords(dispatchWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const question = useQuestion(DispatchOf, { code });
  return (
    <section className="card">
      <Answered question={question} rows={2}>
        {({ unionUnit }) => {
          if (unionUnit === null) return <p>{g.noUnitWhy(code)}</p>;
          const { dispatch: sums } = unionUnit;
          return (
            <Kpis
              items={[
                { label: t.agreements, value: f.count(sums.agreements) },
                { label: t.withoutClause, value: f.count(sums.withoutClause), ...(sums.withoutClause > 0 ? { tone: 'warn' as const } : {}) },
                { label: t.workers, value: f.count(sums.workers) },
                { label: t.members, value: f.count(sums.membersAtAgencies + sums.membersAtHosts), note: t.membersOf(f.count(sums.membersAtAgencies), f.count(sums.membersAtHosts)) },
                { label: t.agenciesLacking, value: f.count(sums.agenciesLacking), note: t.agenciesOf(f.count(sums.agencies)), ...(sums.agenciesLacking > 0 ? { tone: 'gap' as const } : {}) },
                { label: t.hostsLacking, value: f.count(sums.hostsLacking), ...(sums.hostsLacking > 0 ? { tone: 'gap' as const } : {}) },
                { label: t.careAgencies, value: f.count(sums.careAgencies), note: t.careMembers(f.count(sums.careMembers)) },
              ]}
            />
          );
        }}
      </Answered>
    </section>
  );
}

/** Domestic service and care: by the rule that the agreement names, else by the marks of the agency. */
function CareOf({ agreement }: { agreement: Agreement }) {
  const t = useWords(dispatchWords);
  const name = useWords(terms);
  const f = useFormat();
  const marks = (agreement.agencyEnterprise?.tags ?? []).filter((tag) => tag === 'DOMESTIC_SERVICE' || tag === 'CARE');
  if (agreement.careRule !== null) return <>{agreement.careRule}</>;
  if (marks.length === 0) return <>{NOTHING}</>;
  return <span className="status warn">▲ {t.careUnsaid(f.list(marks.map((tag) => name.tag[tag])))}</span>;
}

/** A side of an agreement as written, and who it is in the graph. */
function Side({ written, found }: { written: string; found: DispatchSideFragment | null }) {
  const t = useWords(dispatchWords);
  if (found === null) {
    return (
      <>
        {written}
        <span className="part">{t.notFound}</span>
      </>
    );
  }
  const isLacking = found.gap?.status === 'LACKING' || found.gap?.status === 'LACKING_INDEPENDENT';
  return (
    <>
      <Link to={`/e/${found.id}`}>{found.name}</Link>
      <span className={isLacking ? 'part gap' : 'part'}>{found.gap?.label}</span>
    </>
  );
}
