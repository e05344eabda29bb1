// Client: @apollo/client, @urql/exchange-graphcache
// Tried: a field that fails beside others that do not: null where it may be, else what holds it; caches take the rest
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { createClient, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { check, end, hub, same } from '../lib.mjs';

const post = async (query) => (await (await fetch(`${hub}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) })).json());
const HALF = '{ gap(first: 2) { nodes { id records(first: 1000) { totalCount } name } } }';
const half = await post(HALF);
same('a nullable field is null', half.data.gap.nodes.map((e) => [Object.keys(e), e.records]), [[['id', 'records', 'name'], null], [['id', 'records', 'name'], null]]);
const root = await post('{ viewer { name } enterprise(by: { id: "x" }, asOf: "2001-01-01") { id } }');
same('so is one of the root', root.data, { viewer: { name: 'demonstration' }, enterprise: null });
const whole = await post('{ viewer { name } gap(first: 1, asOf: "2001-01-01") { totalCount } }');
same('what may not be null takes what holds it along', whole.data, null);

const said = [];
for (const kind of ['warn', 'error']) console[kind] = (...words) => said.push(String(words[0]).slice(0, 200));
const apollo = new ApolloClient({ link: new HttpLink({ uri: `${hub}/graphql` }), cache: new InMemoryCache() });
const { data, error } = await apollo.query({ query: gql(HALF), errorPolicy: 'all' });
check('Apollo: data beside the error', data?.gap.nodes[0].name && error, error?.message);
same('Apollo: says nothing of missing fields', said, []);
check('Apollo: the rest is in the cache', apollo.readQuery({ query: gql('{ gap(first: 2) { nodes { id name } } }') })?.gap.nodes.length === 2);
same('Apollo: the null is in the cache', apollo.readQuery({ query: gql(HALF) })?.gap.nodes.map((e) => e.records), [null, null]);
said.length = 0;
const urql = createClient({ url: `${hub}/graphql`, preferGetMethod: false, exchanges: [cacheExchange({}), fetchExchange] });
const result = await urql.query(HALF, {});
same('graphcache: nulls and the rest', result.data?.gap.nodes.map((e) => [e.records, typeof e.name]), [[null, 'string'], [null, 'string']]);
same('graphcache: says nothing of missing fields', said, []);
end();
