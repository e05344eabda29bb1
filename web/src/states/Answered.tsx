import type { ReactNode } from 'react';
import type { Answer } from '../graph/client';
import type { Question } from '../graph/question';
import { Failed } from './Failed';
import { Loading } from './Loading';

/** A question's answer, or what stands in its place. An answer to the question before stays, paler, until the new one is here. */
export function Answered<Result>({
  question,
  rows,
  children,
}: {
  question: Question<Result>;
  rows?: number;
  children: (data: Result, answer: Answer<Result>) => ReactNode;
}) {
  if (question.data !== undefined && question.error === null) {
    return (
      <div className={question.isPlaceholderData ? 'answered waiting' : 'answered'} aria-busy={question.isPlaceholderData}>
        {children(question.data.data, question.data)}
      </div>
    );
  }
  if (question.error !== null) return <Failed problem={question.error} onRetry={() => void question.refetch()} />;
  return <Loading rows={rows ?? 6} />;
}
