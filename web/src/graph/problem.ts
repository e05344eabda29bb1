// What went wrong with a question, in the graph's own words.

export interface FieldProblem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export class GraphProblem extends Error {
  readonly code: string;
  readonly requestId: string | null;
  readonly isRetryable: boolean;
  readonly hint: string | null;

  constructor(told: { code: string; message: string; requestId?: string | null; retryable?: boolean; hint?: string | null }) {
    super(told.message);
    this.name = 'GraphProblem';
    this.code = told.code;
    this.requestId = told.requestId ?? null;
    this.isRetryable = told.retryable ?? false;
    this.hint = told.hint ?? null;
  }
}

/** The code of a question whose caller the server does not know, or no longer. */
export const UNAUTHENTICATED = 'UNAUTHENTICATED';

/** The code of a question that never reached the server, or whose answer broke off. */
export const UNREACHABLE = 'UNREACHABLE';

interface Told {
  message?: string;
  path?: (string | number)[];
  extensions?: { code?: string; requestId?: string; retryable?: boolean; hint?: string | null };
}

export function problemOf(told: Told, requestId: string | null): GraphProblem {
  return new GraphProblem({
    code: told.extensions?.code ?? 'INTERNAL',
    message: told.message ?? '',
    requestId: told.extensions?.requestId ?? requestId,
    retryable: told.extensions?.retryable ?? false,
    hint: told.extensions?.hint ?? null,
  });
}

export function fieldProblemOf(told: Told): FieldProblem {
  return {
    path: (told.path ?? []).join('.'),
    code: told.extensions?.code ?? 'INTERNAL',
    message: told.message ?? '',
    hint: told.extensions?.hint ?? null,
  };
}
