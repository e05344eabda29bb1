import { useEffect } from 'react';
import { useAddress } from '../app/address';
import { Link } from '../app/Link';
import { useMay } from '../app/standing';
import { FactTable, Kpis, type Column } from '../federation/Facts';
import { FederationPage } from '../federation/FederationPage';
import { Versions } from '../federation/Versions';
import { federationWords } from '../federation/words';
import { PlaceCard } from '../graph/generated/PlaceCard';
import type { PlaceCardQuery, PlaceEnterpriseFragment } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { NOTHING, useFormat } from '../language/format';
import { placeOf } from '../language/place';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import './places.css';
import { placeWords } from './words';

type Place = NonNullable<PlaceCardQuery['unionPlace']>;

/** One place; of a building and a park its enterprises, by address and by its own list. */
export default function PlacePage() {
  const t = useWords(placeWords);
  const code = decodeURIComponent(useAddress().pathname.slice('/places/'.length));
  const mayReview = useMay('review');
  const question = useQuestion(PlaceCard, { code }, { keep: false });
  const place = question.data?.data.unionPlace ?? undefined;
  useEffect(() => {
    if (place != null) document.title = `${place.name} · 会图`;
  }, [place?.name]);
  return (
    <FederationPage className="place" title={place?.name ?? code} intro={place === undefined ? t.title : <Subtitle place={place} />}>
      <Answered question={question} rows={8}>
        {() => {
          if (mayReview === false) return <Forbidden scope="review" />;
          if (place === undefined) {
            return (
              <div className="notice">
                <h2>{t.noPlace}</h2>
                <p>{t.noPlaceWhy(code)}</p>
                <Link to="/places" className="button">
                  {t.toPlaces}
                </Link>
              </div>
            );
          }
          return (
            <>
              <Facts place={place} />
              {place.enterprisesThere === null ? <p className="muted">{t.noBuilding}</p> : <There there={place.enterprisesThere} />}
              <section className="card">
                <h2>{t.history}</h2>
                <Versions versions={place.origin.history} />
              </section>
            </>
          );
        }}
      </Answered>
    </FederationPage>
  );
}

function Subtitle({ place }: { place: Place }) {
  const t = useWords(placeWords);
  const g = useWords(federationWords);
  const f = useFormat();
  return (
    <>
      <span className="row">
        <span className="chip">{g.kinds.place[place.kind]}</span>
        {place.isJoint && <span className="status ok">● {t.joint}</span>}
        {place.inTwoDistricts && <span className="status warn">▲ {t.twoDistricts}</span>}
        {place.unit !== null && (
          <span>
            {'‹ '}
            <Link to={`/units/${encodeURIComponent(place.unit.code)}`}>{place.unit.name}</Link>
          </span>
        )}
      </span>
      <span className="scope">{t.source(place.origin.source, f.day(place.origin.enteredAt))}</span>
    </>
  );
}

function Facts({ place }: { place: Place }) {
  const t = useWords(placeWords);
  const f = useFormat();
  const district = place.areas[0]?.code.slice(0, 6);
  return (
    <section className="card">
      <h2>{t.where}</h2>
      {place.inTwoDistricts && <p className="status warn two-why">▲ {t.twoWhy}</p>}
      <dl className="facts">
        <div>
          <dt>{t.area}</dt>
          <dd>{place.areas.length === 0 ? NOTHING : f.list(place.areas.map((area) => placeOf(area)))}</dd>
        </div>
        <div>
          <dt>{t.address}</dt>
          <dd>{place.address ?? NOTHING}</dd>
        </div>
        <div>
          <dt>{t.officers}</dt>
          <dd>{f.count(place.officers)}</dd>
        </div>
        <div>
          <dt>{t.services2}</dt>
          <dd>{place.services.length === 0 ? NOTHING : f.list(place.services)}</dd>
        </div>
        <div>
          <dt>{t.onMap}</dt>
          <dd>{place.longitude === null || place.latitude === null ? NOTHING : <Link to={`/places?${district === undefined ? '' : `d=${district}`}`}>{`${place.longitude.toFixed(4)}, ${place.latitude.toFixed(4)}`}</Link>}</dd>
        </div>
      </dl>
    </section>
  );
}

function There({ there }: { there: NonNullable<Place['enterprisesThere']> }) {
  const t = useWords(placeWords);
  const g = useWords(federationWords);
  const f = useFormat();
  const { counts, gap, visits, unlisted, elsewhere, unknown } = there;
  // A hundred are named of each difference: beyond that neither tells how many are on both.
  const both = elsewhere.length < 100 ? f.count(there.listed - elsewhere.length) : NOTHING;
  return (
    <>
      <section className="card">
        <h2>{t.byAddress}</h2>
        <Kpis
          items={[
            { label: t.coverage, value: f.percent(counts.coverage) },
            { label: g.enterprises, value: f.count(counts.enterprises) },
            { label: g.covered, value: f.count(counts.covered) },
            { label: g.lacking, value: f.count(counts.lacking), ...(counts.lacking > 0 ? { tone: 'gap' as const } : {}) },
            { label: g.undecided, value: f.count(counts.undecided) },
            { label: t.members, value: f.count(counts.members), note: t.ofEmployees(f.count(counts.employees)) },
            { label: t.visits, value: f.count(visits.count), note: visits.lastAt === null ? t.noVisits : t.visited(f.count(visits.enterprises), f.day(visits.lastAt)) },
          ]}
        />
      </section>
      <Difference title={t.gapThere(f.count(gap.totalCount))} enterprises={gap.nodes} />
      <section className="card">
        <h2>{t.byList}</h2>
        <Kpis
          items={[
            { label: t.agree, value: both },
            { label: t.listed, value: f.count(there.listed) },
            { label: t.unlisted, value: f.count(unlisted.length), ...(unlisted.length >= 100 ? { note: t.mostHundred } : {}) },
            { label: t.elsewhere, value: f.count(elsewhere.length), ...(elsewhere.length >= 100 ? { note: t.mostHundred } : {}) },
            { label: t.unknown, value: f.count(unknown.length) },
          ]}
        />
      </section>
      <Difference title={t.unlisted} enterprises={unlisted} />
      <Difference title={t.elsewhere} enterprises={elsewhere} />
      <section className="card">
        <h2>{t.unknown}</h2>
        {unknown.length === 0 ? (
          <p className="muted">{t.none}</p>
        ) : (
          <ul className="unknown-names">
            {unknown.map((name, at) => (
              <li key={`${name}${at}`}>{name}</li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

function Difference({ title, enterprises }: { title: string; enterprises: readonly PlaceEnterpriseFragment[] }) {
  const t = useWords(placeWords);
  const columns: Column<PlaceEnterpriseFragment>[] = [
    { key: 'name', head: t.enterprise, cell: (e) => <Link to={`/e/${e.id}`}>{e.name}</Link> },
    { key: 'address', head: t.address, className: 'words', cell: (e) => e.address ?? NOTHING },
    { key: 'gap', head: t.verdict, cell: (e) => <span className={e.gap?.status === 'LACKING' || e.gap?.status === 'LACKING_INDEPENDENT' ? 'gap' : undefined}>{e.gap?.label ?? NOTHING}</span> },
  ];
  return (
    <section className="card flat">
      <h2>{title}</h2>
      {enterprises.length === 0 ? <p className="muted">{t.none}</p> : <FactTable label={title} rows={enterprises} columns={columns} keyOf={(e) => e.id} />}
    </section>
  );
}
