import { useId } from 'react';
import { useParameters } from '../app/address';
import { Link } from '../app/Link';
import { levels, placeKinds, readerOf } from '../federation/address';
import { useAll } from '../federation/all';
import { FactTable, type Column } from '../federation/Facts';
import { FederationPage } from '../federation/FederationPage';
import { ChoiceField, Filters, WithinField } from '../federation/fields';
import { Pages } from '../federation/Pages';
import { FromRoots, Nothing } from '../federation/roots';
import { federationWords } from '../federation/words';
import { FederationPlaces } from '../graph/generated/FederationPlaces';
import { PlaceCoverage } from '../graph/generated/PlaceCoverage';
import type { PlaceLineFragment, UnionPlaceKind, UnionUnitLevel } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { useLanguage } from '../language/choice';
import { NOTHING, useFormat } from '../language/format';
import { placeOf } from '../language/place';
import { useWords } from '../language/words';
import { Bar } from '../map/Bar';
import { NO_CAMERA } from '../map/camera';
import { useOutlines } from '../map/outlines';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { Mark } from './Mark';
import { PlaceMap } from './PlaceMap';
import './places.css';
import { placeWords } from './words';

const SHOWN = 50;

/** Where the federation is: centres, stations, buildings and parks, on a map and in a table. */
export default function PlacesPage() {
  const t = useWords(placeWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const id = useId();
  const [parameters, put] = useParameters();
  const set = (changes: Record<string, string | null>, how?: 'push' | 'replace') => put({ ...changes, page: null }, how);
  const read = readerOf(parameters);
  const [within, kind, level] = [read.text('within'), read.one('kind', placeKinds), read.one('level', levels)];
  const district = read.text('d');
  const two = parameters.has('two');
  const hidden = new Set(placeKinds.filter((one) => (parameters.get('hide') ?? '').split(',').includes(one)));
  const hide = (one: UnionPlaceKind) => {
    const next = new Set(hidden);
    if (!next.delete(one)) next.add(one);
    put({ hide: [...next].join(',') }, 'replace');
  };
  const asked = { within: within === '' ? null : within, kind, inTwoDistricts: two ? true : null };
  const question = useAll(FederationPlaces, asked, (result) => result.unionPlaces);
  const outlines = useOutlines(useLanguage()).data?.features ?? [];
  const inForce = [within, kind === null ? '' : g.kinds.place[kind], level === null ? '' : g.kinds.level[level], district, two ? t.two : ''].filter((one) => one !== '');
  return (
    <FederationPage className="places" title={t.title} intro={t.intro} unknown={read.unknown}>
      <Filters>
        <ChoiceField label={g.kind} any={g.anyKind} value={kind} values={placeKinds} names={g.kinds.place} onChange={(value) => set({ kind: value })} />
        <ChoiceField label={g.level} any={g.anyLevel} value={level} values={levels} names={g.kinds.level} onChange={(value) => set({ level: value })} />
        <div className="field">
          <label htmlFor={id}>{t.district}</label>
          <select id={id} value={district} onChange={(event) => set({ d: event.target.value, ...NO_CAMERA })}>
            <option value="">{t.anyDistrict}</option>
            {outlines.map((outline) => (
              <option key={outline.id} value={outline.id}>
                {outline.properties.name}
              </option>
            ))}
          </select>
        </div>
        <WithinField value={within} onChange={(value) => set({ within: value })} />
        <label className="check">
          <input type="checkbox" checked={two} onChange={() => set({ two: two ? null : '1' })} />
          {t.two}
        </label>
      </Filters>
      <FromRoots>
        {() => (
          <Answered question={question} rows={8}>
            {(whole) => {
              if (whole === null) return <Forbidden scope="review" />;
              const found = whole.nodes.filter((place) => (level === null || place.unit?.level === level) && (district === '' || place.areas.some((area) => area.code.startsWith(district))));
              if (whole.nodes.length === 0 && inForce.length === 0) return <p className="empty">{t.empty}</p>;
              return (
                <>
                  <div className="map-sides">
                    <PlaceMap places={found} of={whole.isWhole ? null : whole.totalCount} district={district} hidden={hidden} query={tilesOf(asked, level === null && !two)} onDistrict={(code) => set({ d: code, ...NO_CAMERA })} onHide={hide} />
                    {found.length > 0 && <ByLevel places={found} />}
                  </div>
                  {found.length === 0 ? (
                    <Nothing filters={inForce} onClear={() => set({ within: null, kind: null, level: null, d: null, two: null, ...NO_CAMERA })} />
                  ) : (
                    <>
                      {!whole.isWhole && <p className="status warn">{g.cut(f.count(whole.nodes.length), f.count(whole.totalCount))}</p>}
                      <Table places={found} asked={asked} isUnfiltered={level === null && district === ''} />
                    </>
                  )}
                </>
              );
            }}
          </Answered>
        )}
      </FromRoots>
    </FederationPage>
  );
}

/** What the tiles of places are narrowed by; null where the list is narrowed by what they do not know. */
function tilesOf(asked: { within: string | null; kind: UnionPlaceKind | null }, isKnown: boolean): string | null {
  if (!isKnown) return null;
  const query = new URLSearchParams();
  if (asked.within !== null) query.set('within', asked.within);
  if (asked.kind !== null) query.set('kind', asked.kind);
  return query.toString();
}

/** How many of each kind units of each level keep. */
function ByLevel({ places }: { places: readonly PlaceLineFragment[] }) {
  const t = useWords(placeWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const count = (level: UnionUnitLevel, kind: UnionPlaceKind) => places.filter((place) => place.unit?.level === level && place.kind === kind).length;
  const kinds = placeKinds.filter((kind) => places.some((place) => place.kind === kind));
  const rows = levels.filter((level) => places.some((place) => place.unit?.level === level));
  const columns: Column<UnionUnitLevel>[] = [
    { key: 'level', head: g.level, cell: (level) => g.kinds.level[level] },
    ...kinds.map((kind): Column<UnionUnitLevel> => ({ key: kind, head: g.kinds.place[kind], isNumber: true, cell: (level) => f.count(count(level, kind)) })),
    { key: 'officers', head: t.officers, isNumber: true, cell: (level) => f.count(places.filter((place) => place.unit?.level === level).reduce((all, place) => all + place.officers, 0)) },
  ];
  return (
    <section className="card flat">
      <h2>{t.byLevel}</h2>
      <FactTable label={t.byLevel} rows={rows} columns={columns} keyOf={(level) => level} className="by-level" />
    </section>
  );
}

function Table({ places, asked, isUnfiltered }: { places: readonly PlaceLineFragment[]; asked: { within: string | null; kind: UnionPlaceKind | null; inTwoDistricts: boolean | null }; isUnfiltered: boolean }) {
  const t = useWords(placeWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const [parameters] = useParameters();
  const page = Math.max(0, Number(parameters.get('page') ?? 1) - 1 || 0);
  const shown = places.slice(page * SHOWN, (page + 1) * SHOWN);
  // What is counted by address is asked for the rows that show: the list stands in the order of codes, which are its cursors.
  const isCounted = isUnfiltered && (asked.kind === 'BUILDING' || asked.kind === 'PARK' || asked.inTwoDistricts === true);
  const counted = useQuestion(PlaceCoverage, { ...asked, after: page === 0 ? null : (places[page * SHOWN - 1]?.code ?? null) }, { enabled: isCounted });
  const counts = new Map((counted.data?.data.unionPlaces?.nodes ?? []).map((place) => [place.code, place.enterprisesThere?.counts]));
  const columns: Column<PlaceLineFragment>[] = [
    {
      key: 'name',
      head: t.name,
      cell: (place) => (
        <>
          <Mark kind={place.kind} /> <Link to={`/places/${encodeURIComponent(place.code)}`}>{place.name}</Link>
          <span className="part">
            {g.kinds.place[place.kind]} · {place.code}
          </span>
        </>
      ),
    },
    {
      key: 'unit',
      head: t.keeper,
      cell: (place) =>
        place.unit === null ? (
          NOTHING
        ) : (
          <>
            <Link to={`/units/${encodeURIComponent(place.unit.code)}`}>{place.unit.name}</Link> <span className="chip">{g.kinds.level[place.unit.level]}</span>
          </>
        ),
    },
    {
      key: 'area',
      head: t.area,
      cell: (place) => (
        <>
          {f.list(place.areas.map((area) => placeOf(area)))}
          {place.inTwoDistricts && <span className="status warn"> ▲ {t.twoDistricts}</span>}
        </>
      ),
    },
    { key: 'address', head: t.address, className: 'words', cell: (place) => place.address ?? NOTHING },
    { key: 'stations', head: t.stations, cell: (place) => (place.isJoint ? t.joint : place.hasUnionStation ? t.union : NOTHING) },
    { key: 'officers', head: t.officers, isNumber: true, cell: (place) => f.count(place.officers) },
    ...(isCounted
      ? [
          { key: 'there', head: t.there, isNumber: true, cell: (place: PlaceLineFragment) => f.count(counts.get(place.code)?.enterprises) },
          { key: 'lacking', head: g.lacking, isNumber: true, cell: (place: PlaceLineFragment) => <span className={(counts.get(place.code)?.lacking ?? 0) > 0 ? 'gap' : undefined}>{f.count(counts.get(place.code)?.lacking)}</span> },
          { key: 'bar', head: <span className="hidden">{t.coverage}</span>, className: 'bar-cell', cell: (place: PlaceLineFragment) => <Bar share={counts.get(place.code)?.coverage ?? null} colour="#2477a0" /> },
          { key: 'coverage', head: t.coverage, isNumber: true, cell: (place: PlaceLineFragment) => f.percent(counts.get(place.code)?.coverage) },
        ]
      : []),
  ];
  return (
    <>
      <section className="card flat">
        <h2>{t.list}</h2>
        <p className="muted">
          {g.rows(f.count(places.length))}
          {(asked.kind === 'BUILDING' || asked.kind === 'PARK') && ` · ${t.coverageNote}`}
        </p>
        <FactTable label={t.list} rows={shown} columns={columns} keyOf={(place) => place.code} className="place-table" />
      </section>
      <Pages page={page} of={Math.ceil(places.length / SHOWN)} />
    </>
  );
}
