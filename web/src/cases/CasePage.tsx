import { useAddress } from '../app/address';
import { Link } from '../app/Link';
import { useMay } from '../app/standing';
import { CaseCard } from '../graph/generated/CaseCard';
import type { CaseCardQuery } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { NOTHING, useFormat } from '../language/format';
import { placeOf } from '../language/place';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { Assessment, caseAddress, Next } from './CaseTable';
import { ChangeForm } from './ChangeForm';
import { useCaseChanges } from './changes';
import { CloseForm } from './CloseForm';
import { stages } from './filter';
import { History } from './History';
import { useCaseLabels } from './labels';
import { ownerText } from './owner';
import { Tabs } from './Tabs';
import { VisitsOf } from './VisitsOf';
import { caseWords } from './words';
import './cases.css';

export type WholeCase = Extract<NonNullable<CaseCardQuery['node']>, { stage: unknown }>;

/** Whether a thing with an id is a case at all. */
export function isCase(node: NonNullable<CaseCardQuery['node']>): node is WholeCase {
  return 'stage' in node;
}

/** One case: how far it is, who does what when, everything that happened; and what can be changed. */
export default function CasePage() {
  const t = useWords(caseWords);
  const number = decodeURIComponent(useAddress().pathname.slice('/cases/'.length));
  const mayReview = useMay('review');
  useCaseChanges(mayReview === true);
  const question = useQuestion(CaseCard, { id: `case:${number}`, after: null }, { keep: false });
  return (
    <div className="page case">
      <Tabs />
      <Answered question={question} rows={12}>
        {({ node }) =>
          mayReview === false ? (
            <Forbidden scope="review" />
          ) : node === null || !isCase(node) ? (
            <div className="notice">
              <h1>{t.notFound}</h1>
              <p>{t.notFoundWhy}</p>
              <Link to="/cases" className="button">
                {t.back}
              </Link>
            </div>
          ) : (
            <Whole card={node} />
          )
        }
      </Answered>
    </div>
  );
}

function Whole({ card }: { card: WholeCase }) {
  const t = useWords(caseWords);
  const f = useFormat();
  const labels = useCaseLabels();
  const isOpen = card.state === 'OPEN';
  const at = stages.indexOf(card.stage);
  return (
    <>
      <header className="page-head">
        <div>
          <p className="crumbs muted">
            <Link to="/cases">{t.back}</Link> › <code>{card.id.replace(/^case:/, '')}</code>
          </p>
          <h1>{card.enterprise === null ? t.gone : <Link to={`/e/${card.enterprise.id}`}>{card.enterprise.name}</Link>}</h1>
          <p className="muted">{[placeOf(card.area), card.enterprise?.address].filter((text) => text != null && text !== NOTHING).join(' · ')}</p>
        </div>
        <p className={`status ${isOpen ? 'warn' : card.isWon ? 'ok' : 'muted'}`}>
          <span aria-hidden="true">{isOpen ? '○' : '●'}</span> {isOpen ? t.open : card.isWon ? t.won : t.lost}
        </p>
      </header>
      {card.joinedInto !== null && (
        <p className="strip info">
          {t.joinedInto} <Link to={caseAddress(card.joinedInto)}>{card.joinedInto.replace(/^case:/, '')}</Link>
        </p>
      )}
      <section className="card">
        <h2>{t.stages}</h2>
        <ol className="stages">
          {stages.map((stage, place) => (
            <li key={stage} className={place < at ? 'past' : place === at ? 'current' : undefined} aria-current={place === at ? 'step' : undefined}>
              <span aria-hidden="true">{place < at ? '✓' : place === at ? '●' : '○'}</span> {labels.of('stages', stage)}
            </li>
          ))}
        </ol>
        <dl className="facts">
          <div>
            <dt>{t.owner}</dt>
            <dd>
              {card.owner === null ? t.nobody : ownerText(card.owner)} {card.ownedAt !== null && <span className="muted small">{t.since(f.day(card.ownedAt))}</span>}
            </dd>
          </div>
          <div>
            <dt>{t.responsible}</dt>
            <dd>{card.enterprise?.responsible == null ? NOTHING : ownerText(card.enterprise.responsible)}</dd>
          </div>
          <div>
            <dt>{t.nextOn}</dt>
            <dd>
              <Next line={card} />
            </dd>
          </div>
          <div>
            <dt>{t.method}</dt>
            <dd>{labels.of('methods', card.method) || NOTHING}</dd>
          </div>
          <div>
            <dt>{t.assessment}</dt>
            <dd>{card.assessment === null ? NOTHING : <Assessment value={card.assessment} />}</dd>
          </div>
          <div>
            <dt>{t.origin}</dt>
            <dd>{labels.of('origins', card.origin) || NOTHING}</dd>
          </div>
          <div>
            <dt>{t.openedAt}</dt>
            <dd>{f.instant(card.openedAt)}</dd>
          </div>
          {card.refusal !== null && (
            <div>
              <dt>{t.refusal}</dt>
              <dd>{[card.refusal.by, card.refusal.why].filter(Boolean).join(' · ')}</dd>
            </div>
          )}
          {!isOpen && (
            <div>
              <dt>{t.closedAt}</dt>
              <dd>
                {f.instant(card.closedAt)} · {card.reasonLabel} {card.closedByData && <span className="chip">{t.byData}</span>}
              </dd>
            </div>
          )}
          {card.evidence.length > 0 && (
            <div>
              <dt>{t.evidence}</dt>
              <dd>{f.list(card.evidence.map((proof) => `${t.evidences[proof.what] ?? proof.what} · ${proof.registry.title} · ${proof.key}`))}</dd>
            </div>
          )}
        </dl>
        {card.joined.length > 0 && (
          <p>
            {t.joined}{' '}
            {card.joined.map((other) => (
              <Link key={other.id} to={caseAddress(other.id)}>
                {other.enterprise?.name ?? other.id}
              </Link>
            ))}
          </p>
        )}
      </section>
      {isOpen && <ChangeForm card={card} />}
      {card.joinedInto === null && <CloseForm card={card} />}
      <VisitsOf card={card} />
      <History card={card} />
    </>
  );
}
