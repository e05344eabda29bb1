import { Link } from '../app/Link';
import { useAll } from '../federation/all';
import { FactTable, type Column } from '../federation/Facts';
import { Origin } from '../federation/Origin';
import { federationWords } from '../federation/words';
import { PilotAreas } from '../graph/generated/PilotAreas';
import type { PilotAreasQuery } from '../graph/generated/types';
import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import { fundWords } from './words';

type Pilot = NonNullable<PilotAreasQuery['unionPilotAreas']>['nodes'][number];

/** Pilot areas with their days and who leads them, from the city down. Nothing where none were entered. */
export function PilotsOf({ within }: { within: string }) {
  const t = useWords(fundWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const all = useAll(PilotAreas, { within: within === '' ? null : within }, (result) => result.unionPilotAreas).data?.data;
  if (all == null || all.nodes.length === 0) return null;
  const day = (key: 'decidedOn' | 'registeredOn' | 'startsOn' | 'reviewedOn', head: string): Column<Pilot> => ({ key, head, className: 'nowrap', cell: (one) => one[key] ?? NOTHING });
  const columns: Column<Pilot>[] = [
    { key: 'unit', head: t.area, cell: (one) => (one.unit === null ? NOTHING : <Link to={`/units/${encodeURIComponent(one.unit.code)}`}>{one.unit.name}</Link>) },
    day('decidedOn', t.decided),
    day('registeredOn', t.registered),
    day('startsOn', t.starts),
    day('reviewedOn', t.reviewed),
    { key: 'quarters', head: t.quarters, isNumber: true, cell: (one) => f.count(one.quarters) },
    {
      key: 'groups',
      head: t.groups,
      className: 'words',
      cell: (one) => f.list([one.cityGroup, one.districtGroup, one.streetGroup].filter((group) => group !== null)) || NOTHING,
    },
    { key: 'source', head: g.source, cell: (one) => <Origin origin={one.origin} /> },
  ];
  return (
    <section className="card flat">
      <h2>{t.pilots}</h2>
      {!all.isWhole && <p className="status warn">{g.cut(String(all.nodes.length), String(all.totalCount))}</p>}
      <FactTable label={t.pilots} rows={all.nodes} columns={columns} keyOf={(one) => one.unit?.code ?? one.startsOn} className="pilots" />
    </section>
  );
}
