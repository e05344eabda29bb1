// Asks the graph: by digest first, with the text where the server has not seen it. Answers carry the edition and the sources
// they rest on; a question that was refused throws, a field that was refused is told beside the data.
import { language } from '../language/choice';
import { notePulse } from './pulse';
import type { Operation } from './operation';
import { fieldProblemOf, GraphProblem, problemOf, UNAUTHENTICATED, UNREACHABLE, type FieldProblem } from './problem';
import { credentials, noteCaller } from './session';

export interface SourceAge {
  readonly name: string;
  readonly asOf: string | null;
  readonly stale: boolean;
}

export interface Answer<Result> {
  readonly data: Result;
  readonly refused: readonly FieldProblem[];
  readonly edition: { readonly number: number; readonly asOf: string; readonly publishedAt: string } | null;
  readonly sources: readonly SourceAge[];
}

interface Body<Result> {
  data?: Result | null;
  errors?: { message?: string; path?: (string | number)[]; extensions?: { code?: string; requestId?: string; retryable?: boolean } }[];
  extensions?: { edition?: Answer<Result>['edition']; sources?: SourceAge[] };
}

export function headers(): Record<string, string> {
  return { 'accept-language': language(), ...credentials() };
}

export async function ask<Result, Variables>(
  operation: Operation<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Answer<Result>> {
  try {
    return await send(operation, variables, false, signal);
  } catch (problem) {
    if (problem instanceof GraphProblem && problem.code === 'PERSISTED_QUERY_NOT_FOUND') {
      return send(operation, variables, true, signal);
    }
    throw problem;
  }
}

/** Under `application/json` a digest not yet seen is an answer of status 200: no error in the browser's console for what is usual. */
async function send<Result, Variables>(
  operation: Operation<Result, Variables>,
  variables: Variables,
  withText: boolean,
  signal?: AbortSignal,
): Promise<Answer<Result>> {
  let response: Response;
  let body: Body<Result>;
  try {
    response = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers() },
      body: JSON.stringify({
        ...(withText ? { query: operation.text } : {}),
        operationName: operation.name,
        variables,
        extensions: { persistedQuery: { version: 1, sha256Hash: operation.sha256 } },
      }),
      signal: signal ?? null,
    });
    body = (await response.json()) as Body<Result>;
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    notePulse(false);
    throw new GraphProblem({ code: UNREACHABLE, message: '', retryable: true });
  }
  notePulse(true);
  const requestId = response.headers.get('x-request-id');
  const errors = body.errors ?? [];
  if (body.data === undefined || body.data === null) {
    const problem = problemOf(errors[0] ?? { message: `HTTP ${response.status}` }, requestId);
    if (problem.code === UNAUTHENTICATED) noteCaller(false);
    throw problem;
  }
  noteCaller(true);
  return {
    data: body.data,
    refused: errors.map(fieldProblemOf),
    edition: body.extensions?.edition ?? null,
    sources: body.extensions?.sources ?? [],
  };
}
