import { Link } from '../app/Link';
import { useMay } from '../app/standing';
import type { CaseOfQuery } from '../graph/generated/types';
import { CaseOf as CaseOfEnterprise } from '../graph/generated/CaseOf';
import { useQuestion } from '../graph/question';
import { NOTHING } from '../language/format';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Assessment, caseAddress, Next } from './CaseTable';
import { OpenOne } from './OpenOne';
import { ownerText } from './owner';
import { caseWords } from './words';
import './cases.css';

type Known = NonNullable<NonNullable<CaseOfQuery['enterprise']>['case']>;

/** The case of an enterprise beside its verdict, or the form that opens one. Nothing for those who may not see cases. */
export function CaseOf({ id }: { id: string }) {
  const t = useWords(caseWords);
  const mayReview = useMay('review') === true;
  const question = useQuestion(CaseOfEnterprise, { id }, { enabled: mayReview, keep: false });
  if (!mayReview) return null;
  return (
    <section className="card case-of">
      <h2>{t.ofEnterprise}</h2>
      <Answered question={question} rows={2}>
        {({ enterprise }) =>
          enterprise?.case == null ? (
            <>
              <p className="muted">{t.noCase}</p>
              <OpenOne enterprise={id} />
            </>
          ) : (
            <>
              <Short card={enterprise.case} />
              <p>
                <Link to={caseAddress(enterprise.case.id)} className="button no-print">
                  {t.toCase}
                </Link>
              </p>
            </>
          )
        }
      </Answered>
    </section>
  );
}

function Short({ card }: { card: Known }) {
  const t = useWords(caseWords);
  return (
    <dl className="facts">
      <div>
        <dt>{t.stage}</dt>
        <dd>
          {card.stageLabel} {card.state === 'CLOSED' && <span className="chip">{card.reasonLabel}</span>}
        </dd>
      </div>
      <div>
        <dt>{t.owner}</dt>
        <dd>{card.owner === null ? t.nobody : ownerText(card.owner)}</dd>
      </div>
      <div>
        <dt>{t.nextOn}</dt>
        <dd>
          <Next line={card} />
        </dd>
      </div>
      <div>
        <dt>{t.assessment}</dt>
        <dd>{card.assessment === null ? NOTHING : <Assessment value={card.assessment} />}</dd>
      </div>
    </dl>
  );
}
