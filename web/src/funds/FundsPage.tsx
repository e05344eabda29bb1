import { useId } from 'react';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { readerOf, today } from '../federation/address';
import { useAll } from '../federation/all';
import { FactTable, type Column } from '../federation/Facts';
import { FederationPage } from '../federation/FederationPage';
import { DayField, Filters, WithinField } from '../federation/fields';
import { FromRoots, Nothing } from '../federation/roots';
import { Origin } from '../federation/Origin';
import { federationWords } from '../federation/words';
import { ArrearsOf } from '../graph/generated/ArrearsOf';
import { Collections } from '../graph/generated/Collections';
import type { CollectionsQuery, OwingFragment } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { PilotsOf } from './PilotsOf';
import { fundWords } from './words';

type Collection = NonNullable<CollectionsQuery['unionCollections']>['nodes'][number];

const AGES = [
  ['fresh', '#e1b581'],
  ['withinYear', '#b8692c'],
  ['older', '#783818'],
] as const;

/** What the tax office collects for unions: base, paid, owed, given back. */
export default function FundsPage() {
  const t = useWords(fundWords);
  const g = useWords(federationWords);
  const id = useId();
  const [parameters, set] = useParameters();
  const read = readerOf(parameters);
  const [within, on, period] = [read.text('within'), read.day('on'), read.text('period')];
  // All quarters, so that those to choose from do not depend on the one that is chosen.
  const question = useAll(Collections, { within: within === '' ? null : within, period: null }, (result) => result.unionCollections);
  const periods = [...new Set((question.data?.data?.nodes ?? []).map((one) => one.period))].sort().reverse();
  return (
    <FederationPage className="funds" title={t.title} intro={t.intro} unknown={read.unknown}>
      <Filters>
        <WithinField value={within} onChange={(value) => set({ within: value })} />
        <div className="field">
          <label htmlFor={id}>{t.period}</label>
          <select id={id} value={period} onChange={(event) => set({ period: event.target.value })}>
            <option value="">{t.anyPeriod}</option>
            {period !== '' && !periods.includes(period) && <option value={period}>{period}</option>}
            {periods.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </div>
        <DayField label={t.on} value={on ?? today()} onChange={(day) => set({ on: day === today() ? null : day }, 'replace')} />
      </Filters>
      <FromRoots>
        {(roots) => (
          <>
            <Arrears code={within === '' ? (roots[0] ?? '') : within} on={on} />
            <PilotsOf within={within} />
            <Answered question={question} rows={6}>
              {(whole) => {
                if (whole === null) return <Forbidden scope="review" />;
                const shown = whole.nodes.filter((one) => period === '' || one.period === period);
                if (whole.nodes.length === 0 && within === '') return <p className="empty">{t.none}</p>;
                if (shown.length === 0) return <Nothing filters={[within, period].filter((one) => one !== '')} onClear={() => set({ within: null, period: null })} />;
                return (
                  <section className="card flat">
                    <h2>
                      {t.collections} <span className="muted small">{t.unitNote}</span>
                    </h2>
                    {!whole.isWhole && <p className="status warn">{g.cut(String(whole.nodes.length), String(whole.totalCount))}</p>}
                    {shown.every((one) => one.due === null) && <p className="status warn">{t.noSums}</p>}
                    <Table rows={[...shown].sort((a, b) => b.period.localeCompare(a.period) || (a.unit?.code ?? '').localeCompare(b.unit?.code ?? ''))} />
                  </section>
                );
              }}
            </Answered>
          </>
        )}
      </FromRoots>
    </FederationPage>
  );
}

function Table({ rows }: { rows: readonly Collection[] }) {
  const t = useWords(fundWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const money = (name: 'payroll' | 'due' | 'dues' | 'preparatory' | 'arrears', head: string): Column<Collection> => ({ key: name, head, isNumber: true, cell: (one) => <span title={f.yuan(one[name])}>{f.money(one[name])}</span> });
  const columns: Column<Collection>[] = [
    {
      key: 'unit',
      head: t.area,
      cell: (one) => (
        <>
          {one.unit === null ? NOTHING : <Link to={`/units/${encodeURIComponent(one.unit.code)}`}>{one.unit.name}</Link>}
          <span className="part">
            {f.named(t.starts, one.startsOn)}
            {one.leadingGroup !== null && ` · ${one.leadingGroup}`}
          </span>
        </>
      ),
    },
    { key: 'period', head: t.period, className: 'nowrap', cell: (one) => one.period },
    money('payroll', t.payroll),
    money('due', t.due),
    money('dues', t.dues),
    money('preparatory', t.preparatory),
    { key: 'paid', head: t.paid, isNumber: true, cell: (one) => (one.due === null || Number(one.due) === 0 ? NOTHING : f.percent((Number(one.dues) + Number(one.preparatory)) / Number(one.due))) },
    money('arrears', t.arrears),
    {
      key: 'refund',
      head: t.refund,
      className: 'words',
      cell: (one) =>
        one.refund === null ? (
          <span className="muted">{one.due === null ? NOTHING : t.noRefund}</span>
        ) : (
          <>
            <span title={f.yuan(one.refund)}>{f.money(one.refund)}</span>
            <span className="part">{one.refundSource}</span>
          </>
        ),
    },
    {
      key: 'tax',
      head: t.difference,
      isNumber: true,
      cell: (one) =>
        one.taxDifference === null ? NOTHING : Number(one.taxDifference) === 0 ? <span className="status ok">● {t.same}</span> : <span className="status warn">▲ {f.yuan(one.taxDifference)}</span>,
    },
    {
      key: 'source',
      head: g.source,
      cell: (one) => <Origin origin={one.origin} />,
    },
  ];
  return <FactTable label={t.collections} rows={rows} columns={columns} keyOf={(one) => one.id} className="wide" />;
}

const owed = (unit: OwingFragment): number => (unit.arrears === null ? 0 : Number(unit.arrears.fresh) + Number(unit.arrears.withinYear) + Number(unit.arrears.older));

function Arrears({ code, on }: { code: string; on: string | null }) {
  const t = useWords(fundWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const question = useQuestion(ArrearsOf, { code, on });
  return (
    <section className="card flat">
      <h2>
        {t.arrearsOf} <span className="muted small">{t.unitNote}</span>
      </h2>
      <Answered question={question} rows={4}>
        {({ unionUnit: unit }) => {
          if (unit === null) return <p>{g.noUnitWhy(code)}</p>;
          if (unit.arrears === null) return <p className="status warn">{t.noSums}</p>;
          const rows = unit.children.filter((child) => owed(child) > 0).sort((a, b) => owed(b) - owed(a));
          if (owed(unit) === 0) return <p className="muted">{t.noArrears}</p>;
          const most = Math.max(1, ...rows.map(owed));
          const columns: Column<OwingFragment>[] = [
            { key: 'unit', head: t.area, cell: (one) => (one.code === unit.code ? t.sum : <Link to={`/units/${encodeURIComponent(one.code)}`}>{one.name}</Link>) },
            ...AGES.map(([age, colour]): Column<OwingFragment> => ({
              key: age,
              head: (
                <>
                  <svg width="10" height="10" aria-hidden="true">
                    <rect width="10" height="10" fill={colour} />
                  </svg>{' '}
                  {t.ages[age]}
                </>
              ),
              isNumber: true,
              cell: (one) => <span title={f.yuan(one.arrears?.[age])}>{f.money(one.arrears?.[age])}</span>,
            })),
            { key: 'sum', head: t.sum, isNumber: true, cell: (one) => <strong>{f.money(String(owed(one)))}</strong> },
            { key: 'bar', head: <span className="hidden">{t.arrearsOf}</span>, className: 'bar-cell age-cell', cell: (one) => one.code !== unit.code && <AgeBar unit={one} most={most} /> },
          ];
          return <FactTable label={t.arrearsOf} rows={rows} total={unit} columns={columns} keyOf={(one) => one.code} />;
        }}
      </Answered>
    </section>
  );
}

function AgeBar({ unit, most }: { unit: OwingFragment; most: number }) {
  let x = 0;
  return (
    <svg className="bar tall" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect y="1" width="100" height="8" fill="#eef0f3" />
      {AGES.map(([age, colour]) => {
        const width = (Number(unit.arrears?.[age] ?? 0) / most) * 100;
        x += width;
        return <rect key={age} x={x - width} y="1" width={width} height="8" fill={colour} />;
      })}
    </svg>
  );
}
