import { Standing } from '../graph/generated/Standing';
import type { StandingQuery } from '../graph/generated/types';
import { useQuestion, type Question } from '../graph/question';

export type Scope = 'finance' | 'records' | 'review' | 'export' | 'operate' | 'tokens' | 'audit';

/** Who asks, the newest edition, and how the registries are: asked once, and again with every new edition. */
export function useStanding(): Question<StandingQuery> {
  return useQuestion(Standing, {});
}

/** Whether the caller has a scope; undefined until that is known. */
export function useMay(scope: Scope): boolean | undefined {
  return useStanding().data?.data.viewer.scopes.includes(scope);
}

/** The number of the newest edition; null until it is known. */
export function useEditionNumber(): number | null {
  return useStanding().data?.data.editions.nodes[0]?.number ?? null;
}
