// One subscription over server-sent events. `fetch` instead of EventSource, which can send neither a token nor a body.
import { headers } from './client';
import type { Operation } from './operation';
import { GraphProblem, problemOf, UNAUTHENTICATED, UNREACHABLE } from './problem';
import { noteCaller } from './session';

/** Calls `next` with every event until the stream ends or `signal` aborts. Throws where the server refuses. */
export async function follow<Result, Variables>(
  operation: Operation<Result, Variables>,
  variables: Variables,
  next: (data: Result) => void,
  signal: AbortSignal,
  opened?: () => void,
): Promise<void> {
  const response = await fetch('/graphql/sse', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers() },
    body: JSON.stringify({ query: operation.text, operationName: operation.name, variables }),
    signal,
  });
  if (!response.ok || response.body === null) {
    const told = (await response.json().catch(() => null)) as { errors?: { message: string; extensions?: { code?: string } }[]; error?: { code: string; message: string } } | null;
    // Whatever stands before the hub answered in its place: the hub is away.
    if (told === null) throw new GraphProblem({ code: UNREACHABLE, message: '', retryable: true });
    const code = told.error?.code ?? told.errors?.[0]?.extensions?.code ?? 'INTERNAL';
    if (code === UNAUTHENTICATED) noteCaller(false);
    throw problemOf({ message: told.error?.message ?? told.errors?.[0]?.message ?? `HTTP ${response.status}`, extensions: { code } }, response.headers.get('x-request-id'));
  }
  opened?.();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const events = rest.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event)?.[1];
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (name === 'complete') return;
      if (name !== 'next' || data === undefined) continue;
      const answer = JSON.parse(data) as { data?: Result | null; errors?: { message: string }[] };
      if (answer.data === undefined || answer.data === null) throw problemOf(answer.errors?.[0] ?? {}, null);
      next(answer.data);
    }
  }
}
