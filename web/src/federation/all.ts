// Lists of the federation read to their end, page after page: sums and maps of a part of a list would be wrong.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ask, type Answer } from '../graph/client';
import type { Operation } from '../graph/operation';
import type { GraphProblem } from '../graph/problem';
import type { Question } from '../graph/question';
import { useLanguage } from '../language/choice';

interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly totalCount: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export interface Whole<Node> {
  readonly nodes: readonly Node[];
  readonly totalCount: number;
  /** False where the list is longer than what a page of the workbench reads. */
  readonly isWhole: boolean;
}

/** Ten pages hold all of what a city has of streets, places or posts. */
const MOST_PAGES = 10;

/** All nodes of a list; null where the caller may not see it. */
export function useAll<Result, Variables extends { after?: string | null }, Node>(
  operation: Operation<Result, Variables>,
  variables: Omit<Variables, 'after'>,
  pick: (result: Result) => Page<Node> | null,
  options: { enabled?: boolean } = {},
): Question<Whole<Node> | null> {
  const lang = useLanguage();
  return useQuery<Answer<Whole<Node> | null>, GraphProblem>({
    queryKey: ['all', operation.name, variables, lang],
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const nodes: Node[] = [];
      let after: string | null = null;
      for (let at = 1; ; at++) {
        const answer: Answer<Result> = await ask(operation, { ...variables, after } as unknown as Variables, signal);
        const page = pick(answer.data);
        if (page === null) return { ...answer, data: null };
        nodes.push(...page.nodes);
        after = page.pageInfo.endCursor;
        if (!page.pageInfo.hasNextPage || after === null || at === MOST_PAGES) {
          return { ...answer, data: { nodes, totalCount: page.totalCount, isWhole: !page.pageInfo.hasNextPage } };
        }
      }
    },
  });
}
