import { useId } from 'react';
import { Table } from '../app/Table';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { useMay } from '../app/standing';
import { useCaseChanges } from '../cases/changes';
import '../cases/cases.css';
import { inAddress, ownerText } from '../cases/owner';
import { SaveAs } from '../cases/SaveAs';
import { Tabs } from '../cases/Tabs';
import { UnitChoice } from '../cases/UnitChoice';
import { caseWords } from '../cases/words';
import { ask } from '../graph/client';
import { AssignCases } from '../graph/generated/AssignCases';
import { Duties } from '../graph/generated/Duties';
import { EndDuty } from '../graph/generated/EndDuty';
import type { DutiesQuery } from '../graph/generated/types';
import { Workload } from '../graph/generated/Workload';
import { useQuestion } from '../graph/question';
import { Said, useSend } from '../graph/send';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Bar } from '../map/Bar';
import { Answered } from '../states/Answered';
import { Empty } from '../states/Empty';
import { Forbidden } from '../states/Failed';
import { AddDutyForm } from './AddDutyForm';
import { HandOverForm } from './HandOverForm';
import { dutyWords } from './words';

type OneDuty = NonNullable<DutiesQuery['duties']>['nodes'][number];

/** Who is responsible for what, how much each has to do, what is nobody's, and handing over. */
export default function DutiesPage() {
  const t = useWords(dutyWords);
  const id = useId();
  const f = useFormat();
  const [parameters, set] = useParameters();
  const unit = parameters.get('unit') ?? '';
  const withPast = parameters.has('past');
  const mayReview = useMay('review');
  useCaseChanges(mayReview === true);
  const question = useQuestion(Duties, { unit: unit === '' ? null : [unit] });
  const today = f.day(new Date().toISOString());
  return (
    <div className="page duties">
      <Tabs />
      <header className="page-head">
        <div>
          <h1>{t.title}</h1>
          <p className="muted">{t.intro}</p>
        </div>
      </header>
      <Load />
      <section className="card flat">
        <h2>{t.duties}</h2>
        <div className="row fields inset no-print">
          <div className="field">
            <label htmlFor={`${id}u`}>{t.unit}</label>
            <UnitChoice id={`${id}u`} value={unit} none={t.anyUnit} onChange={(code) => set({ unit: code }, 'replace')} />
          </div>
          <label className="check">
            <input type="checkbox" checked={withPast} onChange={() => set({ past: withPast ? null : '1' }, 'replace')} />
            {t.showPast}
          </label>
          <SaveAs lists={['duties']} query={unit === '' ? {} : { unit }} />
        </div>
        <Answered question={question} rows={4}>
          {({ duties }) => {
            if (duties === null) return <Forbidden scope="review" />;
            const shown = duties.nodes.filter((duty) => withPast || duty.ends === null || duty.ends >= today);
            if (shown.length === 0) return <Empty>{t.none}</Empty>;
            return (
              <>
                <DutyTable duties={shown} today={today} mayEnd={mayReview === true} />
                {duties.nodes.length < duties.totalCount && <p className="row muted">{t.cut(f.count(duties.nodes.length), f.count(duties.totalCount))}</p>}
              </>
            );
          }}
        </Answered>
      </section>
      {mayReview === true && (
        <>
          <AddDutyForm />
          <HandOverForm />
        </>
      )}
    </div>
  );
}

function Load() {
  const t = useWords(dutyWords);
  const c = useWords(caseWords);
  const f = useFormat();
  const question = useQuestion(Workload, {});
  const { said, isRunning, send } = useSend();
  const assign = () => {
    let told = '';
    void send(
      async () => {
        const { data } = await ask(AssignCases, { filter: null });
        told = c.assigned(f.count(data.assignCases.cases), f.count(data.assignCases.nobodys));
        return data.assignCases.userErrors;
      },
      () => told,
    );
  };
  return (
    <section className="card flat">
      <h2>{t.workload}</h2>
      <div className="row inset no-print">
        <SaveAs lists={['workload']} />
      </div>
      <Answered question={question} rows={4}>
        {({ workload, nobodys }) => {
          if (workload === null) return <Forbidden scope="review" />;
          const most = Math.max(1, ...workload.nodes.map((one) => one.open));
          const free = nobodys?.totalCount ?? 0;
          return (
            <>
              <p className={free > 0 ? 'row status warn' : 'row muted'}>
                {free > 0 ? (
                  <>
                    <span>
                      <span aria-hidden="true">▲</span> {t.nobodysWhy(f.count(free))}
                    </span>
                    <Link to="/cases?owner=none">{t.look}</Link>
                    <button type="button" className="button no-print" disabled={isRunning} onClick={assign}>
                      {t.assign}
                    </button>
                  </>
                ) : (
                  t.noneNobodys
                )}
              </p>
              <Said said={said} />
              {workload.nodes.length === 0 ? (
                <Empty>{t.noWork}</Empty>
              ) : (
                <div className="scroll-x" tabIndex={0} role="region" aria-label={t.workload}>
                  <table className="grid workload">
                    <thead>
                      <tr>
                        <th scope="col">{t.who}</th>
                        <th scope="col" colSpan={2}>
                          {t.open}
                        </th>
                        <th scope="col" className="number">
                          {t.overdue}
                        </th>
                        <th scope="col" className="number">
                          {t.closed}
                        </th>
                      </tr>
                    </thead>
                    <tbody>
                      {workload.nodes.map((one) => {
                        const query = inAddress({ unit: one.unit?.code ?? '', role: one.role ?? '', name: one.name ?? '' });
                        const who = one.unit === null ? t.nobodys : ownerText(one);
                        return (
                          <tr key={query}>
                            <th scope="row">
                              <Link to={one.unit === null ? '/cases?owner=none' : `/work?${query}`}>{who}</Link>
                            </th>
                            <td className="load-bar">
                              <Bar share={one.open / most} colour={one.unit === null ? '#b8692c' : '#2477a0'} />
                            </td>
                            <td className="number">{f.count(one.open)}</td>
                            <td className={one.overdue > 0 ? 'number gap' : 'number'}>{f.count(one.overdue)}</td>
                            <td className="number">{f.count(one.closed)}</td>
                          </tr>
                        );
                      })}
                    </tbody>
                  </table>
                </div>
              )}
            </>
          );
        }}
      </Answered>
    </section>
  );
}

function DutyTable({ duties, today, mayEnd }: { duties: readonly OneDuty[]; today: string; mayEnd: boolean }) {
  const t = useWords(dutyWords);
  const f = useFormat();
  const { said, isRunning, send } = useSend();
  const what = (duty: OneDuty): string => {
    const parts = [duty.area?.name, duty.industry === null ? null : f.named(t.kinds.industry, duty.industry), duty.building === null ? null : `“${duty.building}”`, duty.enterprise?.name];
    return parts.filter((part) => part != null).join(' · ') || t.whole;
  };
  return (
    <>
      <Said said={said} />
      <Table label={t.duties} heads={[t.who, t.duty, t.from, t.until, t.given, t.end]}>
        {duties.map((duty) => {
          const isPast = duty.ends !== null && duty.ends < today;
          return (
            <tr key={duty.id} className={isPast ? 'muted' : undefined}>
              <th scope="row">
                {ownerText(duty)}
                {duty.isFirst && <span className="part">★ {t.first}</span>}
              </th>
              <td>{duty.enterprise === null ? what(duty) : <Link to={`/e/${duty.enterprise.id}`}>{what(duty)}</Link>}</td>
              <td className="nowrap">{duty.starts ?? NOTHING}</td>
              <td className="nowrap">{duty.ends ?? t.openEnd}</td>
              <td>
                {duty.givenBy}
                <span className="part">{f.day(duty.givenAt)}</span>
              </td>
              <td>
                {isPast ? (
                  t.past
                ) : (
                  mayEnd &&
                  duty.ends === null && (
                    <button
                      type="button"
                      className="plain"
                      disabled={isRunning}
                      aria-label={t.endOf(ownerText(duty))}
                      onClick={() => void send(async () => (await ask(EndDuty, { id: duty.id })).data.endDuty.userErrors, t.ended)}
                    >
                      {t.end}
                    </button>
                  )
                )}
              </td>
            </tr>
          );
        })}
      </Table>
    </>
  );
}
