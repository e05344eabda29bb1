// What happens, as it happens. In: a stream of answers that ends or breaks at any time. Out: events without end, none missed: after a
// break the hub is told of the last event that arrived, and answers those since then first.
import type { Document } from '../document.js';
import { HubError, type Answer } from '../hub.js';

/** Opens one subscription; ends or throws where the connection does. `sse(hub)` and `ws(hub)` make one. */
export type Stream = (request: { query: string; operationName: string; variables: Record<string, unknown> }, signal: AbortSignal) => AsyncIterable<Answer<unknown>>;

export interface LiveOptions {
  /** Ends the events. */
  readonly signal?: AbortSignal;
  /** Waits before the attempt of this number since something arrived, from 1. Doubling from a second to a minute where left out. */
  readonly wait?: (attempt: number, signal: AbortSignal) => Promise<void>;
  /** Told of each break, before the next attempt. */
  readonly onBreak?: (error: unknown) => void;
}

async function doubling(attempt: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(1000 * 2 ** (attempt - 1), 60_000) * (0.8 + 0.4 * Math.random()));
    signal.addEventListener('abort', done, { once: true });
  });
}

function idOf(data: unknown): string | undefined {
  const [event] = Object.values(data as object);
  return (event as { id?: string } | null)?.id;
}

/**
 * Events until the subscription completes by itself (an export that is done) or `signal` aborts.
 * @throws HubError for what the hub refuses and trying again would not mend.
 */
export async function* live<Data, Variables>(
  stream: Stream,
  document: Document<Data, Variables>,
  variables: Variables,
  options: LiveOptions = {},
): AsyncGenerator<Data, void, undefined> {
  const signal = options.signal ?? new AbortController().signal;
  const resumes = document.text.includes('$lastEventId:');
  let last: string | undefined;
  for (let attempt = 1; !signal.aborted; attempt++) {
    const since = resumes && last ? { lastEventId: last } : {};
    try {
      for await (const { data, errors } of stream({ query: document.text, operationName: document.name, variables: { ...variables, ...since } }, signal)) {
        if (errors && errors.length > 0) throw new HubError(errors);
        attempt = 0;
        last = idOf(data) ?? last;
        yield data as Data;
      }
      if (!resumes) return; // It came to its end; `editionPublished` has none.
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof HubError && !error.retryable) throw error;
      options.onBreak?.(error);
    }
    if (!signal.aborted) await (options.wait ?? doubling)(Math.max(attempt, 1), signal);
  }
}
