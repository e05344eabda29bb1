import { CaseWords } from '../graph/generated/CaseWords';
import type { CaseWordsQuery } from '../graph/generated/types';
import { useQuestion } from '../graph/question';

type Table = keyof CaseWordsQuery;

export interface CaseLabels {
  readonly all: (table: Table) => CaseWordsQuery[Table];
  readonly of: (table: Table, value: string | null) => string;
}

/** What people call stages, methods, origins and steps, as the graph says it. */
export function useCaseLabels(): CaseLabels {
  const labels = useQuestion(CaseWords, {}).data?.data;
  const all = (table: Table) => labels?.[table] ?? [];
  return { all, of: (table, value) => (value === null ? '' : (all(table).find((known) => known.value === value)?.label ?? value)) };
}
