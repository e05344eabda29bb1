// The pairs to decide: page by page from the graph, or those of one enterprise. What was decided here leaves the queue at once.
import { useState } from 'react';
import { PairsOf } from '../graph/generated/PairsOf';
import { ReviewQueue } from '../graph/generated/ReviewQueue';
import type { PairFragment } from '../graph/generated/types';
import type { GraphProblem } from '../graph/problem';
import { useQuestion } from '../graph/question';

export interface Queue {
  readonly pairs: readonly PairFragment[] | null;
  readonly total: number;
  readonly name: string | null;
  readonly problem: GraphProblem | null;
  readonly isForbidden: boolean;
  readonly mayMore: boolean;
  more(): void;
  retry(): void;
}

const STEP = 50;
const MOST = 100;

export function useQueue(of: string | null, registry: string | null): Queue {
  const [size, setSize] = useState(STEP);
  const all = useQuestion(ReviewQueue, { first: size, filter: registry === null ? null : { registry: [registry] } }, { enabled: of === null });
  const some = useQuestion(PairsOf, { id: of ?? '' }, { enabled: of !== null, keep: false });
  if (of !== null) {
    const enterprise = some.data?.data.enterprise;
    const pairs = enterprise?.unionCoverage?.possible?.flatMap((possible) => (possible.pair === null ? [] : [possible.pair])) ?? [];
    return {
      pairs: some.data === undefined ? null : pairs,
      total: pairs.length,
      name: enterprise?.name ?? null,
      problem: some.error,
      isForbidden: some.data?.refused.some((r) => r.code === 'FORBIDDEN_FIELD' && r.hint === 'review') ?? false,
      mayMore: false,
      more: () => {},
      retry: () => void some.refetch(),
    };
  }
  const review = all.data?.data.review;
  return {
    pairs: review?.nodes ?? (all.data === undefined ? null : []),
    total: review?.totalCount ?? 0,
    name: null,
    problem: all.error,
    isForbidden: all.data !== undefined && review === null,
    mayMore: size < MOST && (review?.pageInfo.hasNextPage ?? false),
    more: () => setSize(MOST),
    retry: () => void all.refetch(),
  };
}
