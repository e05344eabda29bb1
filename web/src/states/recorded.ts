// What a change that no edition shows yet says of itself.
import type { stateWords } from './words';

type Texts = (typeof stateWords)['zh'];

/** Why a recorded change does not show yet; empty where it does. */
export function notShownYet(told: { readonly pending: boolean; readonly held: unknown }, t: Texts): string {
  if (told.held !== null) return t.recordedHeld;
  return told.pending ? t.recordedPending : '';
}
