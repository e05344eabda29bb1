// Subscriptions over one WebSocket, by graphql-ws: several at a time on one connection.
import { createClient, type Client } from 'graphql-ws';
import { HubError, type Answer, type Hub } from '../hub.js';
import type { Stream } from './live.js';

/** Close codes after which the same question is refused again. */
const REFUSED = new Map([
  [4400, 'BAD_INPUT'],
  [4401, 'UNAUTHENTICATED'],
  [4403, 'FORBIDDEN'],
  [4406, 'BAD_INPUT'],
]);

function told(error: unknown, url: string): unknown {
  if (Array.isArray(error)) return new HubError(error);
  const close = error as { code?: number; reason?: string };
  const code = REFUSED.get(close.code ?? 0);
  if (code) return new HubError([{ message: close.reason ?? code, extensions: { code, retryable: false } }]);
  return HubError.unreachable(url, error instanceof Error ? error : new Error(`closed ${close.code ?? ''} ${close.reason ?? ''}`));
}

/** `webSocketImpl` is for Node below 22 (the package ws); `client.dispose()` closes the connection. */
export function ws(hub: Hub, webSocketImpl?: unknown): Stream & { readonly client: Client } {
  const client = createClient({
    url: `${hub.url.replace(/^http/, 'ws')}/graphql/ws`,
    // Browsers cannot set headers on a WebSocket: the hub takes them here, the language under a name of its own.
    connectionParams: () => ({ ...hub.headers(), acceptLanguage: hub.lang }),
    retryAttempts: 0,
    ...(webSocketImpl ? { webSocketImpl } : {}),
  });
  const stream: Stream = async function* (request, signal) {
    const answers = client.iterate(request);
    const stop = () => void answers.return?.(undefined);
    signal.addEventListener('abort', stop, { once: true });
    try {
      for await (const answer of answers) yield answer as Answer<unknown>;
    } catch (error) {
      throw told(error, hub.url);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  };
  return Object.assign(stream, { client });
}
