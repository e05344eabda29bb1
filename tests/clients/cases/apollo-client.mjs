// Client: @apollo/client, rxjs
// Tried: an enterprise as of two editions in one cache, without settings and with the kit's policies; pages as nodes and as edges; an automatic persisted query
import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { filter, firstValueFrom, from } from 'rxjs';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { typePolicies } from '../../../kit/typescript/dist/cache/apollo.js';
import { changed, check, EARLIER, end, hub, same } from '../lib.mjs';

const uri = `${hub}/graphql`;
const link = () => new HttpLink({ uri, headers: { 'accept-language': 'en' } });
const { id, before, now } = await changed();
const ONE = gql`query One($id: ID!, $asOf: Date) { enterprise(by: { id: $id }, asOf: $asOf) { id stableId gap { status } } }`;
const WHY = gql`query Why($id: ID!, $asOf: Date) { enterprise(by: { id: $id }, asOf: $asOf) { id gap { reasons { code } } } }`;

for (const [how, settings] of [['without settings', {}], ['with the policies', { typePolicies }]]) {
  const client = new ApolloClient({ link: link(), cache: new InMemoryCache(settings) });
  for (const asOf of [EARLIER, null]) await client.query({ query: ONE, variables: { id, asOf } });
  const kept = (asOf) => client.readQuery({ query: ONE, variables: { id, asOf } }).enterprise;
  same(`both states stay ${how}`, [kept(EARLIER).gap.status, kept(null).gap.status], [before, now]);
  same(`one stable id ${how}`, new Set([kept(EARLIER).stableId, kept(null).stableId, id]).size, 1);
}

// Two questions about one verdict lie together.
const warnings = [];
console.warn = (text) => warnings.push(text);
console.error = (text) => warnings.push(text);
const client = new ApolloClient({ link: link(), cache: new InMemoryCache({ typePolicies }) });
await client.query({ query: ONE, variables: { id } });
await client.query({ query: WHY, variables: { id } });
check('a verdict keeps what was asked before', client.readQuery({ query: ONE, variables: { id } })?.enterprise.gap.status === now);

for (const shape of ['nodes { id name }', 'edges { cursor node { id name } }']) {
  const LIST = gql(`query List($after: String) { gap(first: 10, after: $after) { totalCount ${shape} pageInfo { hasNextPage endCursor } } }`);
  const list = client.watchQuery({ query: LIST });
  let { data } = await firstValueFrom(from(list).pipe(filter((result) => !result.loading)));
  while (data.gap.pageInfo.hasNextPage) {
    await list.fetchMore({ variables: { after: data.gap.pageInfo.endCursor } });
    data = list.getCurrentResult().data;
  }
  const ids = (data.gap.nodes ?? data.gap.edges.map((edge) => edge.node)).map((e) => e.id);
  same(`all pages in one list, as ${shape.split(' ')[0]}`, [ids.length, new Set(ids).size], [data.gap.totalCount, data.gap.totalCount]);
}
const FILTERED = gql`query Filtered($status: [GapStatus!]) { enterprises(first: 3, filter: { gap: $status }) { totalCount nodes { id gap { status } } } }`;
for (const status of ['COVERED', 'LACKING']) {
  const { data } = await client.query({ query: FILTERED, variables: { status: [status] } });
  check(`another filter is another list: ${status}`, data.enterprises.nodes.every((e) => e.gap.status === status));
}
same('no warnings of the cache', warnings, []);

// The digest first, the document where the hub does not know it yet.
const sent = [];
const watched = async (address, options) => {
  sent.push(JSON.parse(options.body));
  return fetch(address, options);
};
const persisted = new ApolloClient({
  link: ApolloLink.from([
    new PersistedQueryLink({ sha256: (text) => createHash('sha256').update(text).digest('hex') }),
    new HttpLink({ uri, fetch: watched }),
  ]),
  cache: new InMemoryCache(),
});
const NEW = gql`query OfThisMoment { gap(first: 1) { totalCount t${Date.now()}: totalCount } }`;
for (let i = 0; i < 2; i++) await persisted.query({ query: NEW, fetchPolicy: 'network-only' });
same('digest, document, then the digest alone', sent.map((body) => 'query' in body), [false, true, false]);
end();
