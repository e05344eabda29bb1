// One area's figures, whatever was asked for them.
import type { FiguresQuery } from '../graph/generated/types';

/** The indicator whose target the map compares with. */
export const TARGET = 'independent_rate_above_size';

export type Row = FiguresQuery['coverage']['total'];

export interface Figure {
  readonly code: string;
  readonly name: string;
  readonly row: Row;
  /** In scope with unknown size, and all in scope; null where one of the two is not told. */
  readonly unknown: { readonly numerator: number; readonly denominator: number; readonly value: number | null } | null;
  /** Of which nobody can say whether they belong on the gap list, as its part `undecided` counts them; null where that is not told. */
  readonly undecided: number | null;
}

function unknownOf({ enterprises, outOfScope, sizeUnknown }: Row): Figure['unknown'] {
  if (enterprises === null || outOfScope === null || sizeUnknown === null) return null;
  const denominator = enterprises - outOfScope;
  return { numerator: sizeUnknown, denominator, value: denominator === 0 ? null : sizeUnknown / denominator };
}

export function figuresOf(data: FiguresQuery): { figures: Figure[]; total: Figure } {
  const undecided = new Map(data.undecided.rows.map((row) => [row.keys[0]?.code ?? '', row.enterprises]));
  // A group without a row has none; where numbers are rounded it may also be too small to be told.
  const none = data.undecided.roundedTo === null ? 0 : null;
  const figures = data.coverage.rows.map((row) => {
    const code = row.keys[0]?.code ?? '';
    const count = row.suppressed ? null : undecided.has(code) ? (undecided.get(code) ?? null) : none;
    return { code, name: row.keys[0]?.name ?? '', row, unknown: unknownOf(row), undecided: count };
  });
  // The total has no area of its own: its target is the city's.
  const target = data.targets.find((t) => t.indicator === TARGET && t.area.level === 'CITY');
  const row = target === undefined ? data.coverage.total : { ...data.coverage.total, target: { value: target.value } };
  return { figures, total: { code: '', name: '', row, unknown: unknownOf(row), undecided: data.undecided.total.enterprises } };
}
