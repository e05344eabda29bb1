// One area's figures, whatever was asked for them.
import type { FiguresQuery } from '../graph/generated/types';

/** The indicator whose target the map compares with. */
export const TARGET = 'independent_rate_above_size';

export type Row = FiguresQuery['coverage']['total'];

export interface Figure {
  readonly code: string;
  readonly name: string;
  readonly row: Row;
  /** In scope with unknown size, and all in scope. */
  readonly unknown: { readonly numerator: number; readonly denominator: number; readonly value: number | null } | null;
}

type Counts = { enterprises: number | null; outOfScope: number | null };

function unknownOf(row: Row, unknown: Counts | undefined): Figure['unknown'] {
  if (row.suppressed || row.enterprises === null || row.outOfScope === null) return null;
  const denominator = row.enterprises - row.outOfScope;
  const numerator = (unknown?.enterprises ?? 0) - (unknown?.outOfScope ?? 0);
  return { numerator, denominator, value: denominator === 0 ? null : numerator / denominator };
}

export function figuresOf(data: FiguresQuery): { figures: Figure[]; total: Figure } {
  const unknown = new Map(data.unknown.rows.map((row) => [row.keys[0]?.code ?? '', row]));
  const figures = data.coverage.rows.map((row) => {
    const code = row.keys[0]?.code ?? '';
    return { code, name: row.keys[0]?.name ?? '', row, unknown: unknownOf(row, unknown.get(code)) };
  });
  // The total has no area of its own: its target is the city's.
  const target = data.targets.find((t) => t.indicator === TARGET && t.area.level === 'CITY');
  const row = target === undefined ? data.coverage.total : { ...data.coverage.total, target: { value: target.value } };
  const total = { code: '', name: '', row, unknown: unknownOf(data.coverage.total, data.unknown.total) };
  return { figures, total };
}
