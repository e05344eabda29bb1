import type { BatchState, RegistryState } from '../graph/generated/types';
import { terms } from '../language/terms';
import { useWords } from '../language/words';

const REGISTRY: Readonly<Record<RegistryState, readonly [string, string]>> = {
  CURRENT: ['ok', '●'],
  LATE: ['warn', '▲'],
  FAILING: ['danger', '✕'],
  HELD: ['warn', '⏸'],
  NEVER: ['muted', '○'],
};
const BATCH: Readonly<Record<BatchState, readonly [string, string]>> = {
  RUNNING: ['muted', '…'],
  DONE: ['ok', '●'],
  HELD: ['warn', '⏸'],
  REJECTED: ['muted', '○'],
  FAILED: ['danger', '✕'],
};

/** A state as sign, word and colour: never by colour alone. */
export function RegistryStateOf({ state }: { state: RegistryState }) {
  const name = useWords(terms);
  const [kind, sign] = REGISTRY[state];
  return (
    <span className={`status ${kind}`}>
      <span aria-hidden="true">{sign}</span> {name.registry[state]}
    </span>
  );
}

export function BatchStateOf({ state }: { state: BatchState }) {
  const name = useWords(terms);
  const [kind, sign] = BATCH[state];
  return (
    <span className={`status ${kind}`}>
      <span aria-hidden="true">{sign}</span> {name.batch[state]}
    </span>
  );
}
