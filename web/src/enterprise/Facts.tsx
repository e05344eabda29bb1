import type { ReactNode } from 'react';
import { Link } from '../app/Link';
import { useMay } from '../app/standing';
import { Nearest } from '../graph/generated/Nearest';
import { useQuestion } from '../graph/question';
import { useCode } from '../language/codes';
import { NOTHING, useFormat } from '../language/format';
import { placeOf } from '../language/place';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import type { Card } from './card';
import { enterpriseWords } from './words';

export function Facts({ card }: { card: Card }) {
  const t = useWords(enterpriseWords);
  const f = useFormat();
  const name = useWords(terms);
  const code = useCode();
  const { area, industry } = card;
  const around = useQuestion(Nearest, { enterprise: card.id }, { enabled: useMay('review') === true, keep: false }).data?.data.enterprise;
  const [nearest, building] = [around?.nearestStation, around?.place];
  const facts: readonly (readonly [string, ReactNode])[] = [
    [t.area, placeOf(area)],
    [t.address, card.address ?? NOTHING],
    [t.industry, industry === null ? NOTHING : `${industry.code} ${industry.name} (${t.industryEdition(industry.edition)})`],
    [t.ownership, card.ownership === null ? NOTHING : code('values', card.ownership)],
    [t.type, card.registrationType ?? NOTHING],
    [t.countries, f.list(card.investorCountries) || NOTHING],
    [t.founded, f.day(card.establishedOn)],
    [t.employees, f.count(card.employees)],
    [t.insured, f.count(card.insured)],
    [name.field.REVENUE, f.yuan(card.revenueYuan)],
    [t.sizeClass, card.designatedSize?.sizeClass == null ? NOTHING : code('values', card.designatedSize.sizeClass)],
  ];
  const all = [
    ...facts,
    ...(building == null ? [] : [[t.building, <BuildingOf key="building" {...building} />] as const]),
    ...(nearest == null ? [] : [[t.nearest, <NearestOf key="nearest" name={nearest.place.name} code={nearest.place.code} metres={nearest.metres} />] as const]),
  ];
  return (
    <section className="card">
      <h2>{t.facts}</h2>
      <dl className="facts">
        {all.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {card.tagReasons.map(({ tag, text, source }) => (
        <p key={tag} className="row tags">
          <span className="chip">{name.tag[tag]}</span>
          <span className="muted small">
            {text}
            {source !== null && <span className="part">{source}</span>}
          </span>
        </p>
      ))}
    </section>
  );
}

/** The building or park that it is in, and who says so: its own list, the address, or both. */
function BuildingOf({ place, onList, byAddress }: { place: { code: string; name: string }; onList: boolean; byAddress: boolean }) {
  const t = useWords(enterpriseWords);
  return (
    <>
      <Link to={`/places/${encodeURIComponent(place.code)}`}>{place.name}</Link> <span className="muted">{onList && byAddress ? t.byBoth : onList ? t.byList : t.byAddress}</span>
    </>
  );
}

/** Where the enterprise goes for services, and how far that is as the crow flies. */
function NearestOf({ name, code, metres }: { name: string; code: string; metres: number }) {
  const t = useWords(enterpriseWords);
  const f = useFormat();
  return (
    <>
      <Link to={`/places/${encodeURIComponent(code)}`}>{name}</Link> <span className="muted nowrap">{t.kilometres(f.decimal(metres / 1000))}</span>
    </>
  );
}
