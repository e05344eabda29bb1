// Whether the server answers: told by every request and by the stream of editions.
import { useSyncExternalStore } from 'react';

let isAnswering = true;
const listeners = new Set<() => void>();

export function notePulse(answers: boolean): void {
  if (answers === isAnswering) return;
  isAnswering = answers;
  listeners.forEach((tell) => tell());
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export function usePulse(): boolean {
  return useSyncExternalStore(subscribe, () => isAnswering);
}
