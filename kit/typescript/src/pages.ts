// Whole lists out of pages. All pages come from the edition of the first one, whatever is published meanwhile.
import type { Document } from './document.js';
import type { Hub } from './hub.js';

/** What every list of the graph has. */
export interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
}

type NodeOf<P> = P extends Page<infer Node> ? Node : never;
/** The one list of an answer: the value of its only field. */
type Only<Data> = Extract<NonNullable<Data[keyof Data]>, Page<unknown>>;

function only<Data>(data: Data): Only<Data> | null {
  const fields = Object.values(data as object);
  if (fields.length !== 1) throw new TypeError(`the document asks for ${fields.length} fields: say which one is the list`);
  return fields[0] as Only<Data> | null;
}

/**
 * Page after page. The document takes `$after`; `pick` finds the list where the answer holds more than one field, or where the
 * list is inside of something. A list that the caller may not see (null) has no pages.
 * @throws HubError as `Hub.ask` does; `EDITION_GONE` where the edition of the first page was removed meanwhile.
 */
export async function* pages<Data, Variables extends { after?: unknown }, P extends Page<unknown> = Only<Data>>(
  hub: Hub,
  document: Document<Data, Variables>,
  variables: Variables,
  pick: (data: Data) => P | null | undefined = only as never,
  signal?: AbortSignal,
): AsyncGenerator<P, void, undefined> {
  for (let after = variables.after; ; ) {
    const page = pick(await hub.ask(document, { ...variables, after }, signal));
    if (!page) return;
    yield page;
    if (!page.pageInfo.hasNextPage) return;
    after = page.pageInfo.endCursor;
  }
}

/** Row after row of all pages. */
export async function* rows<Data, Variables extends { after?: unknown }, P extends Page<unknown> = Only<Data>>(
  hub: Hub,
  document: Document<Data, Variables>,
  variables: Variables,
  pick?: (data: Data) => P | null | undefined,
  signal?: AbortSignal,
): AsyncGenerator<NodeOf<P>, void, undefined> {
  for await (const page of pages<Data, Variables, P>(hub, document, variables, pick, signal)) yield* page.nodes as NodeOf<P>[];
}
