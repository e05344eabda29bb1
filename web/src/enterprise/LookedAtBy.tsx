import { useState } from 'react';
import { AuditTable } from '../administration/AuditTable';
import { useMay } from '../app/standing';
import { LookedAtBy as Question } from '../graph/generated/LookedAtBy';
import { useQuestion } from '../graph/question';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { enterpriseWords } from './words';

/** Who was shown this enterprise, when and what for: for those who may know. It is asked for when somebody opens it. */
export function LookedAtBy({ enterprise }: { enterprise: string }) {
  const t = useWords(enterpriseWords);
  const may = useMay('audit');
  const [isOpen, setOpen] = useState(false);
  const [after, setAfter] = useState<string | null>(null);
  const question = useQuestion(Question, { id: enterprise, after }, { enabled: isOpen && may === true });
  if (may !== true) return null;
  return (
    <details className="card looked" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h2>{t.lookedAt}</h2>
      </summary>
      <p className="muted small">{t.lookedAtWhy}</p>
      {isOpen && (
        <Answered question={question} rows={4}>
          {({ enterprise: asked }) =>
            asked?.lookedAtBy == null ? null : (
              <>
                <AuditTable rows={asked.lookedAtBy.nodes} of="enterprise" />
                <div className="row">
                  {after !== null && (
                    <button type="button" className="button" onClick={() => setAfter(null)}>
                      {t.lookedNewest}
                    </button>
                  )}
                  {asked.lookedAtBy.pageInfo.hasNextPage && (
                    <button type="button" className="button" onClick={() => setAfter(asked.lookedAtBy?.pageInfo.endCursor ?? null)}>
                      {t.lookedOlder}
                    </button>
                  )}
                </div>
              </>
            )
          }
        </Answered>
      )}
    </details>
  );
}
