// Asks one hub. In: documents and variables. Out: typed data, or a `HubError`. It keeps no answers: that is what caches are for
// (`cache/`), and the hub answers repeated questions from its own.
import type { Document } from './document.js';

/** A GraphQL error as the hub writes it; also what a refused request comes as. */
export interface Problem {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly retryable?: boolean; readonly hint?: string | null; readonly requestId?: string };
}

export interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly Problem[];
  readonly extensions?: Record<string, unknown>;
}

/** The hub refused, could not be reached, or left out what was asked. Compare `code`, show `message`. */
export class HubError extends Error {
  override readonly name = 'HubError';
  /** Stable: `BAD_INPUT`, `FORBIDDEN`, `EDITION_GONE`, …; `UNREACHABLE` where nobody answered. */
  readonly code: string;
  /** The same question may be answered later. */
  readonly retryable: boolean;
  /** What would be right, such as the nearest edition or the scope needed. */
  readonly hint: string | null;
  /** For the hub's operator: their log has the same. */
  readonly requestId: string | null;
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], cause?: unknown) {
    const [first] = problems;
    super(first?.message ?? 'no answer', { cause });
    this.code = first?.extensions?.code ?? 'INTERNAL';
    this.retryable = first?.extensions?.retryable ?? false;
    this.hint = first?.extensions?.hint ?? null;
    this.requestId = first?.extensions?.requestId ?? null;
    this.problems = problems;
  }

  /** Nobody answered: the network, or what stands between. */
  static unreachable(url: string, cause: unknown): HubError {
    const message = `${url}: ${cause instanceof Error ? cause.message : String(cause)}`;
    return new HubError([{ message, extensions: { code: 'UNREACHABLE', retryable: true } }], cause);
  }
}

export interface HubOptions {
  /** Where the hub is, with the path that a proxy puts before it: `https://hub.example/huitu`. */
  readonly url: string;
  /** Without it the hub must let strangers in (`huitu demo`). A function is asked every time. */
  readonly token?: string | (() => string | null | undefined);
  /** Language of names, messages and labels. */
  readonly lang?: 'zh' | 'en';
  /** What the answers are for; the departments that own the data see it. */
  readonly purpose?: string;
  readonly fetch?: typeof globalThis.fetch;
}

/** A header's value holds bytes: those of the text in UTF-8, each as one character. */
function asBytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

export class Hub {
  readonly url: string;
  readonly lang: 'zh' | 'en';
  readonly #options: HubOptions;

  constructor(options: HubOptions) {
    this.#options = options;
    this.url = options.url.replace(/\/+$/, '');
    this.lang = options.lang ?? 'zh';
  }

  /** What every request of this caller carries; also for GraphQL clients that send their own. */
  headers(): Record<string, string> {
    const { token, purpose } = this.#options;
    const given = typeof token === 'function' ? token() : token;
    return {
      'accept-language': this.lang,
      ...(given ? { authorization: `Bearer ${given}` } : {}),
      ...(purpose ? { 'x-purpose': asBytes(purpose) } : {}),
    };
  }

  /** The address of a map, tile, export or reconciliation route. Lists are written with commas, a filter as JSON. */
  address(path: string, parameters: Record<string, unknown> = {}): string {
    const query = new URLSearchParams({ lang: this.lang });
    for (const [name, value] of Object.entries(parameters)) {
      if (value === undefined || value === null) continue;
      query.set(name, Array.isArray(value) ? value.join(',') : typeof value === 'object' ? JSON.stringify(value) : String(value));
    }
    return `${this.url}${path}?${query}`;
  }

  /**
   * The whole answer, errors beside data: fields that this caller may not see are null and named in `errors`.
   * @throws HubError where nothing was answered.
   */
  async answer<Data, Variables>(document: Document<Data, Variables>, variables: Variables, signal?: AbortSignal): Promise<Answer<Data>> {
    const send = this.#options.fetch ?? globalThis.fetch;
    let response: Response;
    try {
      response = await send(`${this.url}/graphql`, {
        method: 'POST',
        headers: { ...this.headers(), 'content-type': 'application/json', accept: 'application/graphql-response+json' },
        body: JSON.stringify({ query: document.text, operationName: document.name, variables }),
        ...(signal ? { signal } : {}),
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw HubError.unreachable(this.url, cause);
    }
    let answer: Answer<Data> & { error?: Problem['extensions'] & { message: string } };
    try {
      answer = await response.json();
    } catch (cause) {
      throw HubError.unreachable(this.url, new Error(`${response.status} without JSON`, { cause }));
    }
    if (answer.error) throw new HubError([{ message: answer.error.message, extensions: answer.error }]);
    if (answer.data === undefined || answer.data === null) throw new HubError(answer.errors ?? []);
    return answer;
  }

  /**
   * The data of an answer that has no errors.
   * @throws HubError for the first error, also where the rest was answered; `answer` tells both.
   */
  async ask<Data, Variables>(document: Document<Data, Variables>, variables: Variables, signal?: AbortSignal): Promise<Data> {
    const { data, errors } = await this.answer(document, variables, signal);
    if (errors && errors.length > 0) throw new HubError(errors);
    return data as Data;
  }
}
