// Policies for Apollo Client 4: `new InMemoryCache({ typePolicies })`. Ids name the edition (`E…@12`) where an earlier one was asked,
// so that Apollo's own key (kind and id) keeps the states of an enterprise apart; nothing here takes that from it.
import type { FieldMergeFunction, FieldPolicy, FieldReadFunction, TypePolicies } from '@apollo/client/cache';
import { relayStylePagination } from '@apollo/client/utilities';
import { pagedFields, withoutId } from '../generated/shape.js';

const policies: Record<string, { keyFields?: false | []; merge?: boolean; fields?: Record<string, unknown> }> = {};

// Parts of an enterprise, such as its verdicts: what two questions asked of the same part is laid together.
for (const kind of withoutId) {
  if (!/(Connection|Edge|Payload|PageInfo)$/.test(kind)) policies[kind] = { keyFields: false, merge: true };
}
// There is one caller.
policies.Viewer = { keyFields: [] };
// Pages of one list are one list; another filter, order or edition is another list.
for (const [kind, field, keys] of pagedFields) {
  const policy = (policies[kind] ??= {});
  policy.fields = { ...policy.fields, [field]: listOf(keys) };
}

interface Kept {
  readonly nodes?: readonly unknown[];
  readonly edges?: readonly unknown[];
  readonly pageInfo?: { readonly endCursor?: string | null };
}

/** A list whose pages were asked as `nodes`, as `edges`, or both. */
function listOf(keyArgs: readonly string[]): FieldPolicy<Kept | undefined> {
  const edges = relayStylePagination([...keyArgs]) as FieldPolicy<Kept | undefined> & { read: FieldReadFunction; merge: FieldMergeFunction };
  return {
    keyArgs: [...keyArgs],
    read(existing, options) {
      if (!existing?.edges) return existing;
      return { ...edges.read(existing as never, options as never), ...(existing.nodes ? { nodes: existing.nodes } : {}) };
    },
    merge(existing, incoming, options) {
      const kept = options.args?.['after'] ? existing : undefined;
      const joined = incoming?.edges ? edges.merge(kept as never, incoming as never, options as never) : { ...kept, ...incoming };
      return incoming?.nodes ? { ...joined, nodes: behind(kept, incoming.nodes, options.args?.['after'] as string) } : joined;
    },
  };
}

/** The rows of a page behind those that are kept; a page that was there before adds nothing. */
function behind(kept: Kept | undefined, nodes: readonly unknown[], after: string): readonly unknown[] {
  if (!kept?.nodes) return nodes;
  const end = kept.pageInfo?.endCursor;
  return end === undefined || end === null || end === after ? [...kept.nodes, ...nodes] : kept.nodes;
}

export const typePolicies = policies as TypePolicies;
