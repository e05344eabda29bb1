// The pairs to decide: page after page from the graph to its end, or those of one enterprise. What was decided here leaves the queue at
// once.
import { keepPreviousData, useInfiniteQuery, type InfiniteData } from '@tanstack/react-query';
import { ask, type Answer } from '../graph/client';
import { PairsOf } from '../graph/generated/PairsOf';
import { ReviewQueue } from '../graph/generated/ReviewQueue';
import type { PairFragment, ReviewQueueQuery } from '../graph/generated/types';
import type { GraphProblem } from '../graph/problem';
import { useQuestion } from '../graph/question';
import { useLanguage } from '../language/choice';
import { otherReason } from '../states/Failed';

export interface Queue {
  readonly pairs: readonly PairFragment[] | null;
  readonly total: number;
  readonly name: string | null;
  readonly problem: GraphProblem | null;
  /** Whether there is no such enterprise whose pairs were asked for. */
  readonly isNobody: boolean;
  readonly isForbidden: boolean;
  /** Whether these are still the pairs of another filter. */
  readonly isWaiting: boolean;
  /** Whether pairs are left behind those that are here. */
  readonly mayMore: boolean;
  readonly isMore: boolean;
  more(): void;
  retry(): void;
}

const STEP = 50;

export function useQueue(of: string | null, registry: string | null): Queue {
  const lang = useLanguage();
  const filter = registry === null ? null : { registry: [registry] };
  const all = useInfiniteQuery<Answer<ReviewQueueQuery>, GraphProblem, InfiniteData<Answer<ReviewQueueQuery>>, readonly unknown[], string | null>({
    queryKey: [ReviewQueue.name, filter, lang],
    queryFn: ({ pageParam, signal }) => ask(ReviewQueue, { first: STEP, filter, after: pageParam }, signal),
    initialPageParam: null,
    getNextPageParam: ({ data }) => (data.review?.pageInfo.hasNextPage === true ? data.review.pageInfo.endCursor : null),
    placeholderData: keepPreviousData,
    enabled: of === null,
  });
  const some = useQuestion(PairsOf, { id: of ?? '' }, { enabled: of !== null, keep: false });
  if (of !== null) {
    const enterprise = some.data?.data.enterprise;
    const pairs = enterprise?.unionCoverage?.possible?.flatMap((possible) => (possible.pair === null ? [] : [possible.pair])) ?? [];
    return {
      pairs: some.data === undefined ? null : pairs,
      total: pairs.length,
      name: enterprise?.name ?? null,
      problem: some.error,
      isNobody: some.data !== undefined && enterprise == null,
      isForbidden: some.data?.refused.some((r) => r.code === 'FORBIDDEN_FIELD' && r.hint === 'review') ?? false,
      isWaiting: some.isPlaceholderData,
      mayMore: false,
      isMore: false,
      more: () => {},
      retry: () => void some.refetch(),
    };
  }
  const pages = all.data?.pages.map((page) => page.data.review);
  // A pair that moved between two questions stands on both of their pages.
  const pairs = new Map(pages?.flatMap((page) => page?.nodes ?? []).map((pair) => [pair.id, pair]));
  return {
    pairs: pages === undefined ? null : [...pairs.values()],
    total: pages?.at(-1)?.totalCount ?? 0,
    name: null,
    problem: all.error ?? (pages?.[0] === null ? otherReason(all.data?.pages[0]?.refused ?? []) : null),
    isForbidden: pages?.[0] === null,
    isWaiting: all.isPlaceholderData,
    isNobody: false,
    mayMore: all.hasNextPage,
    isMore: all.isFetchingNextPage,
    more: () => void all.fetchNextPage(),
    retry: () => void all.refetch(),
  };
}
