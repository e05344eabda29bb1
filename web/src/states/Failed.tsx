import { useParameters } from '../app/address';
import { UNAUTHENTICATED, UNREACHABLE, type GraphProblem } from '../graph/problem';
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
      <p>{problem.code === UNREACHABLE ? t.unreachable : isGone ? t.editionGone : problem.message}</p>
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
            set({ at: null });
            onRetry();
          }}>
          {t.toNewest}
        </button>
      ) : (
        <button type="button" className="button" onClick={onRetry}>
          {t.retry}
        </button>
      )}
    </div>
  );
}

/** What a caller may not see, and whom to ask for it. */
export function Forbidden({ scope }: { scope: string }) {
  const t = useWords(stateWords);
  return (
    <div className="notice" role="status">
      <h2>{t.forbidden}</h2>
      <p>{t.forbiddenWhy(t.scopes[scope] ?? scope)}</p>
    </div>
  );
}
