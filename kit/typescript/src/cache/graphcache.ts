// Settings for urql's graphcache: `cacheExchange({ keys, resolvers })`. Ids name the edition (`E…@12`) where an earlier one was asked,
// so that graphcache's own key (kind and id) keeps the states of an enterprise apart.
import { relayPagination } from '@urql/exchange-graphcache/extras';
import type { KeyingConfig, ResolverConfig } from '@urql/exchange-graphcache';
import { pagedFields, withoutId } from '../generated/shape.js';

/** Things without an id belong to what they are told of; without this graphcache warns of each. There is one viewer. */
export const keys: KeyingConfig = {
  ...Object.fromEntries(withoutId.map((kind) => [kind, () => null])),
  Viewer: () => 'viewer',
};

/** Pages that were asked with `edges` and `after` are one list. Whoever asks `nodes` reads page by page. */
export const resolvers: ResolverConfig = {};
for (const [kind, field] of pagedFields) {
  (resolvers[kind] ??= {})[field] = relayPagination() as never;
}
