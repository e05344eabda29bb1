import { Link } from '../app/Link';
import { useAll } from '../federation/all';
import { FactTable, type Column } from '../federation/Facts';
import { Origin } from '../federation/Origin';
import { federationWords } from '../federation/words';
import { KeyPoints } from '../graph/generated/KeyPoints';
import type { KeyPointsQuery } from '../graph/generated/types';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { breakdownWords } from './words';

type Point = NonNullable<KeyPointsQuery['unionKeyPoints']>['nodes'][number];

/** The key points of a year beside its numbers: late ones first, then what is to do. Nothing where none were entered. */
export function KeyPointsOf({ year }: { year: number }) {
  const t = useWords(breakdownWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const all = useAll(KeyPoints, { year }, (result) => result.unionKeyPoints).data?.data;
  if (all == null || all.nodes.length === 0) return null;
  const order = (point: Point) => (point.late ? 0 : point.done ? 2 : 1);
  const rows = [...all.nodes].sort((a, b) => order(a) - order(b));
  const done = rows.filter((point) => point.done).length;
  const columns: Column<Point>[] = [
    {
      key: 'point',
      head: t.point,
      className: 'words',
      cell: (one) => (
        <>
          {one.point}
          {one.note !== null && <span className="part">{one.note}</span>}
        </>
      ),
    },
    { key: 'unit', head: g.unit, cell: (one) => (one.unit === null ? NOTHING : <Link to={`/units/${encodeURIComponent(one.unit.code)}`}>{one.unit.name}</Link>) },
    { key: 'due', head: t.pointDue, className: 'nowrap', cell: (one) => one.dueOn ?? NOTHING },
    {
      key: 'state',
      head: t.pointState,
      cell: (one) => (one.done ? <span className="status ok">● {f.named(t.pointDone, one.doneOn ?? '')}</span> : one.late ? <span className="status warn">▲ {t.pointLate}</span> : t.pointToDo),
    },
    { key: 'source', head: g.source, cell: (one) => <Origin origin={one.origin} /> },
  ];
  return (
    <section className="card flat">
      <h2>
        {t.points} <span className="muted small">{t.pointsDone(f.count(done), f.count(rows.length))}</span>
      </h2>
      {!all.isWhole && <p className="status warn">{g.cut(String(all.nodes.length), String(all.totalCount))}</p>}
      <FactTable label={t.points} rows={rows} columns={columns} keyOf={(one) => `${one.unit?.code ?? ''} ${one.point}`} className="key-points" />
    </section>
  );
}
