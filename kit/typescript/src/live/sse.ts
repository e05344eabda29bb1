// Subscriptions over server-sent events, by graphql-sse: plain HTTP, through every proxy.
import { createClient, NetworkError } from 'graphql-sse';
import { HubError, type Answer, type Hub } from '../hub.js';
import type { Stream } from './live.js';

/** A refusal that came as an answer is the hub's word. */
async function told(error: unknown, url: string): Promise<unknown> {
  if (!(error instanceof NetworkError)) return error;
  const { response } = error;
  if (!response) return HubError.unreachable(url, error);
  try {
    const { error: refusal, errors } = await (response as unknown as Response).json();
    return new HubError(errors ?? [{ message: refusal.message, extensions: refusal }]);
  } catch {
    return HubError.unreachable(url, error);
  }
}

export function sse(hub: Hub, fetchFn?: typeof globalThis.fetch): Stream {
  // `live` connects again by itself, saying what arrived last: the library would repeat the question as it was.
  const client = createClient({ url: `${hub.url}/graphql/sse`, headers: () => hub.headers(), retryAttempts: 0, ...(fetchFn ? { fetchFn } : {}) });
  return async function* (request, signal) {
    const answers = client.iterate(request);
    const stop = () => void answers.return?.(undefined);
    signal.addEventListener('abort', stop, { once: true });
    try {
      for await (const answer of answers) yield answer as Answer<unknown>;
    } catch (error) {
      throw await told(error, hub.url);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  };
}
