import type { ReactNode } from 'react';
import type { Answer } from '../graph/client';
import type { GraphProblem } from '../graph/problem';
import type { Question } from '../graph/question';
import { Failed, Refusals } from './Failed';
import { Loading } from './Loading';

/**
 * A question's answer, or what stands in its place. An answer to the question before stays, paler, until the new one is here. Where the
 * same question fails when it is asked again, its last answer and all that was typed in it stay below what went wrong.
 */
export function Answered<Result>({
  question,
  rows,
  children,
}: {
  question: Question<Result>;
  rows?: number;
  children: (data: Result, answer: Answer<Result>) => ReactNode;
}) {
  const { data, error } = question;
  if (data === undefined && error === null) return <Loading rows={rows ?? 6} />;
  return (
    <>
      {error !== null && <Failed problem={error} onRetry={() => void question.refetch()} />}
      {data !== undefined && !isRefusal(error) && (
        <div className={question.isPlaceholderData ? 'answered waiting' : 'answered'} aria-busy={question.isPlaceholderData}>
          <Refusals value={{ refused: data.refused, retry: () => void question.refetch() }}>{children(data.data, data)}</Refusals>
        </div>
      )}
    </>
  );
}

/** Whoever asks now may not see what somebody else was told before. */
export function isRefusal(problem: GraphProblem | null): boolean {
  return problem?.code === 'FORBIDDEN' || problem?.code === 'FORBIDDEN_FIELD';
}
