import { today } from '../federation/address';
import { useWords } from '../language/words';
import { unitWords } from './words';

export const unitStates = ['founded', 'todo', 'late'] as const;
export type UnitState = (typeof unitStates)[number];

/** How far a unit is as of a day: `late` is to do, too. */
export function stateOf(unit: { foundedOn: string | null; dueOn: string | null }, on: string): UnitState {
  if (unit.foundedOn !== null && unit.foundedOn <= on) return 'founded';
  return unit.dueOn !== null && unit.dueOn < on ? 'late' : 'todo';
}

/** Founded, to do, or late: by mark, word and colour. */
export function UnitStateOf({ unit, on }: { unit: { foundedOn: string | null; dueOn: string | null }; on: string | null }) {
  const t = useWords(unitWords);
  const state = stateOf(unit, on ?? today());
  const [tone, mark, text] = {
    founded: ['ok', '●', t.foundedOn(unit.foundedOn ?? '')],
    todo: ['', '○', unit.dueOn === null ? t.toDo : t.toDoBy(unit.dueOn)],
    late: ['warn', '▲', t.lateSince(unit.dueOn ?? '')],
  }[state] as [string, string, string];
  return (
    <span className={`status ${tone}`.trim()}>
      <span aria-hidden="true">{mark}</span> {text}
    </span>
  );
}
