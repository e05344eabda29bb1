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
  const facts: readonly (readonly [string, string])[] = [
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
  return (
    <section className="card">
      <h2>{t.facts}</h2>
      <dl className="facts">
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {card.tags.length > 0 && (
        <p className="row tags">
          {card.tags.map((tag) => (
            <span key={tag} className="chip">
              {name.tag[tag]}
            </span>
          ))}
        </p>
      )}
    </section>
  );
}
