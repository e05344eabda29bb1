import { createContext, useContext } from 'react';
import { go, useParameters } from '../app/address';
import { GraphProblem, UNAUTHENTICATED, UNREACHABLE, type FieldProblem } from '../graph/problem';
import { useWords } from '../language/words';
import { stateWords } from './words';

/** A question that was refused: what, under which code and request id, and what to do now. The frame asks who it is, once for all. */
export function Failed({ problem, onRetry }: { problem: GraphProblem; onRetry: () => void }) {
  const t = useWords(stateWords);
  const [, set] = useParameters();
  if (problem.code === UNAUTHENTICATED) return null;
  if (problem.code === 'FORBIDDEN' || problem.code === 'FORBIDDEN_FIELD') return <Forbidden scope={problem.hint ?? 'read'} />;
  const isGone = problem.code === 'EDITION_GONE';
  return (
    <div className="notice danger" role="alert">
      <h2>{t.failed}</h2>
      <p>{problem.code === UNREACHABLE ? t.unreachable : isGone ? `${t.editionGone} ${problem.message}` : problem.message}</p>
      <p className="muted">
        {t.code} <code>{problem.code}</code>
        {problem.requestId !== null && (
          <>
            {' · '}
            {t.requestId} <code>{problem.requestId}</code>
          </>
        )}
      </p>
      {isGone ? (
        <button type="button" className="button" onClick={() => {
            set({ at: null, period: null });
            onRetry();
          }}>
          {t.toNewest}
        </button>
      ) : (
        <button type="button" className="button" onClick={onRetry}>
          {t.retry}
        </button>
      )}
      {CONDITIONS.includes(problem.code) && location.search !== '' && (
        <button type="button" className="button" onClick={() => go(location.pathname)}>
          {t.withoutConditions}
        </button>
      )}
    </div>
  );
}

/** What the address asks for may be the reason: then the page without it is a way on. */
const CONDITIONS = ['BAD_INPUT', 'NOT_FOUND', 'COST_EXCEEDED'];
const REFUSALS = ['FORBIDDEN', 'FORBIDDEN_FIELD'];

/** What else was refused of the answer around, and how it is asked again. */
export const Refusals = createContext<{ refused: readonly FieldProblem[]; retry: () => void }>({ refused: [], retry: () => {} });

/** A whole part that was refused for another reason than the caller's rights; null where rights are the reason. */
export function otherReason(refused: readonly FieldProblem[]): GraphProblem | null {
  if (refused.some(({ code }) => REFUSALS.includes(code))) return null;
  const other = refused.find(({ path }) => !path.includes('.'));
  return other === undefined ? null : new GraphProblem(other);
}

/** What a caller may not see, and whom to ask for it; where it is null for another reason, that one. */
export function Forbidden({ scope }: { scope: string }) {
  const t = useWords(stateWords);
  const { refused, retry } = useContext(Refusals);
  const other = otherReason(refused);
  if (other !== null) return <Failed problem={other} onRetry={retry} />;
  return (
    <div className="notice" role="status">
      <h2>{t.forbidden}</h2>
      <p>{t.forbiddenWhy(t.scopes[scope] ?? scope)}</p>
    </div>
  );
}
