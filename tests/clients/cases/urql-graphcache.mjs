// Client: @urql/core, @urql/exchange-graphcache
// Tried: an enterprise as of two editions in one cache, without settings and with the kit's keys; pages as edges; GET
import { createClient, fetchExchange, gql } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { buildClientSchema, getIntrospectionQuery, introspectionFromSchema } from 'graphql';
import { keys, resolvers } from '../../../kit/typescript/dist/cache/graphcache.js';
import { ask, changed, check, EARLIER, end, hub, same } from '../lib.mjs';

const url = `${hub}/graphql`;
const { id, before, now } = await changed();
const warnings = [];
console.warn = (text) => warnings.push(String(text).split('\n')[0]);
console.error = console.warn;
const ONE = gql`query One($id: ID!, $asOf: Date) { enterprise(by: { id: $id }, asOf: $asOf) { id name gap { status priority { score } } location { latitude } } }`;
const schema = introspectionFromSchema(buildClientSchema(await ask(getIntrospectionQuery())));

for (const [how, settings] of [['without settings', {}], ['with the keys', { keys }], ['with keys and the schema', { keys, schema }]]) {
  const asked = [];
  const watched = (address, options) => {
    asked.push(address);
    return fetch(address, options);
  };
  const client = createClient({ url, preferGetMethod: false, fetch: watched, exchanges: [cacheExchange(settings), fetchExchange] });
  for (const asOf of [EARLIER, null]) await client.query(ONE, { id, asOf });
  const again = async (asOf) => (await client.query(ONE, { id, asOf })).data.enterprise.gap.status;
  same(`both states stay ${how}`, [await again(EARLIER), await again(null)], [before, now]);
  if (how !== 'without settings') same(`answered by the cache ${how}`, asked.length, 2);
}
same('no warnings where the keys are set', warnings.filter((text) => !/without a.*key|No key/i.test(text)), []);
warnings.length = 0;

const client = createClient({ url, preferGetMethod: false, exchanges: [cacheExchange({ keys, resolvers, schema }), fetchExchange] });
const LIST = gql`query List($after: String) { gap(first: 10, after: $after) { totalCount edges { cursor node { id name } } pageInfo { hasNextPage endCursor } } }`;
let list;
for (let after = null; ; after = list.pageInfo.endCursor) {
  ({ data: { gap: list } } = await client.query(LIST, { after }));
  if (!list.pageInfo.hasNextPage) break;
}
const ids = list.edges.map((edge) => edge.node.id);
same('all pages in one list', [ids.length, new Set(ids).size], [list.totalCount, list.totalCount]);
same('no warnings', warnings, []);

const byGet = createClient({ url, preferGetMethod: 'force', exchanges: [fetchExchange] });
const { data, error } = await byGet.query(gql`query Get($area: [String!]) { gap(first: 1, filter: { area: $area }) { totalCount } }`, { area: ['海淀区'] });
check('asked by GET with a Chinese variable', !error && data.gap.totalCount >= 0, error?.message ?? data.gap.totalCount);
end();
