// Questions as hooks. While a new one is under way the last answer stays, marked `isPlaceholderData`.
import { keepPreviousData, useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useLanguage } from '../language/choice';
import { ask, type Answer } from './client';
import type { Operation } from './operation';
import { GraphProblem } from './problem';

export type Question<Result> = UseQueryResult<Answer<Result>, GraphProblem>;

export function useQuestion<Result, Variables>(
  operation: Operation<Result, Variables>,
  variables: Variables,
  options: { enabled?: boolean; keep?: boolean } = {},
): Question<Result> {
  const lang = useLanguage();
  return useQuery<Answer<Result>, GraphProblem>({
    queryKey: [operation.name, variables, lang],
    queryFn: ({ signal }) => ask(operation, variables, signal),
    enabled: options.enabled ?? true,
    ...(options.keep === false ? {} : { placeholderData: keepPreviousData }),
  });
}

/** Asks again whatever is on the page. */
export function useAskAgain(): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries();
}
