import { Link } from '../app/Link';
import { useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import type { Card } from './card';
import { Evidence } from './Evidence';
import { enterpriseWords } from './words';

/** The records that were joined, what joined each, and who came second. */
export function IdentityOf({ card }: { card: Card }) {
  const t = useWords(enterpriseWords);
  const f = useFormat();
  const code = useCode();
  const { identity } = card;
  if (identity === null) return null;
  return (
    <section className="card">
      <div className="page-head">
        <h2>{t.identity}</h2>
        <p className="muted">{t.confidence(f.percent(identity.confidence))}</p>
      </div>
      <ul className="members">
        {identity.members.map((member) => (
          <li key={member.record.id}>
            <div className="row">
              <strong>{member.record.registry.title}</strong>
              <code>{member.record.key}</code>
              <span className="chip">{code('methods', member.method)}</span>
              {member.weight !== null && <span className="muted">{`${t.weight} ${f.decimal(member.weight)}`}</span>}
              {member.record.gone === true && <span className="status danger">{t.gone}</span>}
              {member.record.observedAt !== null && <span className="muted">{f.day(member.record.observedAt)}</span>}
            </div>
            {member.runnerUp !== null && (
              <p className="muted">
                {f.named(t.runnerUp, '')}
                <Link to={`/e/${member.runnerUp.id}`}>{member.runnerUp.name}</Link>
              </p>
            )}
            {member.refused !== null && (
              <p className="muted">
                {f.named(t.refused, code('refusals', member.refused))}
              </p>
            )}
            {member.evidence.length > 0 && (
              <details>
                <summary>{t.evidence}</summary>
                <Evidence evidence={member.evidence} />
              </details>
            )}
          </li>
        ))}
      </ul>
      {identity.judgements.length > 0 && (
        <>
          <h3>{t.judgements}</h3>
          <ul>
            {identity.judgements.map((judgement) => (
              <li key={judgement.id}>{`${f.day(judgement.at)} · ${judgement.by ?? ''} · ${t[VERDICT[judgement.verdict]]} ${judgement.reason ?? ''}`}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

const VERDICT = { SAME: 'same', DIFFERENT: 'different', NOT_SURE: 'notSure' } as const;
