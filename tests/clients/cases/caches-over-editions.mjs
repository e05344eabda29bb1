// Client: @apollo/client
// Tried: what was asked of the newest edition by its name, and the second page of a list, beside today's when a newer edition has come
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { ask, end, publish, published, same, serve } from '../lib.mjs';

const own = await serve();
const client = new ApolloClient({ link: new HttpLink({ uri: `${own.url}/graphql` }), cache: new InMemoryCache() });
const LIST = gql`query List($asOf: Date, $after: String, $first: Int! = 500) { enterprises(first: $first, after: $after, asOf: $asOf) { nodes { id stableId gap { status } area { id code } } pageInfo { endCursor } } }`;
const told = async (variables) => (await client.query({ query: LIST, variables, fetchPolicy: 'network-only' })).data.enterprises;
const pinned = await told({ asOf: 'edition:2' });
const states = (list) => list.nodes.map((e) => [e.stableId, e.gap.status]);
const page = await told({ first: 10 });
publish(own.data, 60);
await published(own.url, 3);

// Today's list replaces nothing of what was asked of edition 2.
const today = await told({ asOf: null });
same('edition 2 stays as it was told', states(client.readQuery({ query: LIST, variables: { asOf: 'edition:2' } }).enterprises), states(pinned));

// The second page of the list of edition 2 replaces nothing of today's.
const changed = today.nodes.filter((e) => pinned.nodes.some((p) => p.stableId === e.stableId && p.gap.status !== e.gap.status));
await told({ first: 500, after: page.pageInfo.endCursor });
const kept = new Map(client.readQuery({ query: LIST, variables: { asOf: null } }).enterprises.nodes.map((e) => [e.stableId, e.gap.status]));
same('today stays as it was told', changed.filter((e) => kept.get(e.stableId) !== e.gap.status), []);
// An area of edition 2 and today's are two things in the cache.
const areas = Object.keys(client.extract()).filter((key) => key.startsWith('Area:'));
const ofEdition = areas.filter((key) => key.endsWith('@2'));
same('areas of edition 2 lie beside today’s', [ofEdition.length > 0, areas.length > ofEdition.length], [true, true]);
const { node } = await ask('{ node(id: "' + page.nodes[0].stableId + '@3") { id } }', {}, own.url);
same('node(id) answers under the id asked', node.id, `${page.nodes[0].stableId}@3`);
end();
