import { useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import type { Card } from './card';
import { Reasons } from './Reasons';
import { enterpriseWords } from './words';

/** The verdicts, each with its rule, its reasons and what they rest on. */
export function Verdicts({ card }: { card: Card }) {
  const t = useWords(enterpriseWords);
  const f = useFormat();
  const name = useWords(terms);
  const code = useCode();
  const { designatedSize: size, unionCoverage: union, gap, fund } = card;
  return (
    <div className="verdicts">
      {size !== null && (
        <section className="card verdict size">
          <h2>{t.whySize}</h2>
          <p className="decided">
            <strong>{name.size[size.verdict]}</strong>
            {size.basis !== null && <span className="muted">{f.named(t.basis, name.basis[size.basis])}</span>}
          </p>
          <Reasons reasons={size.reasons} />
          {size.rule !== null && (
            <details>
              <summary>{t.rule(size.rule.id, f.day(size.rule.validFrom))}</summary>
              <p>{size.rule.title}</p>
              <p className="muted small">{t.ruleSource(size.rule.source)}</p>
            </details>
          )}
        </section>
      )}
      {union !== null && (
        <section className="card verdict union">
          <h2>{t.whyUnion}</h2>
          <p className="decided">
            <strong>{code('values', union.verdict)}</strong>
          </p>
          <Reasons reasons={union.reasons} />
          {union.unions !== null && union.unions.length > 0 && (
            <>
              <h3>{t.unions}</h3>
              <ul>
                {union.unions.map((link) => (
                  <li key={link.tradeUnion.id}>
                    {link.tradeUnion.name} <span className="chip">{code('values', link.kind)}</span> <span className="muted">{f.day(link.since)}</span>
                  </li>
                ))}
              </ul>
            </>
          )}
        </section>
      )}
      {gap !== null && (
        <section className="card verdict why">
          <h2>{t.whyGap}</h2>
          <p className="decided">
            <strong className={gap.status === 'LACKING' || gap.status === 'LACKING_INDEPENDENT' ? 'gap' : undefined}>{name.gap[gap.status]}</strong>
            {gap.since !== null && <span className="muted">{t.since(gap.since)}</span>}
          </p>
          <Reasons reasons={gap.reasons} />
          {gap.priority !== null && (
            <table className="factors">
              <caption>{`${t.score} ${f.decimal(gap.priority.score)}`}</caption>
              <tbody>
                {gap.priority.factors.map((factor) => (
                  <tr key={factor.code}>
                    <th scope="row">{factor.message}</th>
                    <td>
                      <svg viewBox="0 0 40 6" preserveAspectRatio="none" aria-hidden="true">
                        <rect width={factor.points} height="6" fill="#2477a0" />
                      </svg>
                    </td>
                    <td className="number">{f.decimal(factor.points)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
      )}
      {fund !== null && (
        <section className="card verdict fund">
          <h2>{t.fund}</h2>
          <p className="decided">
            <strong>{code('values', fund.status)}</strong>
            {fund.kindPaid !== null && <span className="muted">{code('values', fund.kindPaid)}</span>}
          </p>
          <Reasons reasons={fund.reasons} />
          {(fund.dueYuan !== null || fund.paidYuan !== null) && (
            <dl className="pairs">
              <dt>{t.period}</dt>
              <dd>{fund.period}</dd>
              <dt>{t.due}</dt>
              <dd className="number">{f.yuan(fund.dueYuan)}</dd>
              <dt>{t.paid}</dt>
              <dd className="number">{f.yuan(fund.paidYuan)}</dd>
            </dl>
          )}
        </section>
      )}
    </div>
  );
}
