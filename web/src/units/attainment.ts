// What units have to reach and have reached: the targets of the areas that are theirs alone.
import { Targets } from '../graph/generated/Targets';
import type { TargetsQuery } from '../graph/generated/types';
import { useQuestion } from '../graph/question';

export type UnitTarget = TargetsQuery['targets'][number];

/** A unit's target of an indicator; undefined where it has none, or its areas are several. */
export type TargetOf = (unit: { code: string; areas: readonly { code: string }[] }) => UnitTarget | undefined;

export function useTargetOf(year: number, indicator: string, asOf: string | null): TargetOf {
  const targets = useQuestion(Targets, { year, asOf }).data?.data.targets ?? [];
  const byArea = new Map(targets.filter((target) => target.indicator === indicator).map((target) => [target.area.code, target]));
  return (unit) => byArea.get(unit.code) ?? (unit.areas.length === 1 ? byArea.get(unit.areas[0]?.code ?? '') : undefined);
}
