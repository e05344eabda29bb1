// Client: @apollo/gateway, @apollo/server, @graphql-hive/gateway-runtime, @graphql-hive/router-runtime
// Tried: Apollo's gateway, Hive's gateway and Hive's router (its Rust planner) in front of the hub and two other subgraphs: entities by id, code and credit code, unknown keys, refusals, variables
import { createServer } from 'node:http';
import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { composeServices } from '@apollo/composition';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse } from 'graphql';
import { ask, check, end, hub, same } from '../lib.mjs';

// Two more subgraphs: visits to enterprises and people of areas, by id and code; inspections, by the credit code alone.
const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@external", "@requires"])\n';
const sdls = {
  visits: `${link}
    type Query { visits: [Visit!]! }
    type Visit @key(fields: "id") { id: ID! note: String! of: Enterprise area: Area }
    type Enterprise @key(fields: "id") { id: ID! employees: Int @external visitors: Int @requires(fields: "employees") }
    type Area @key(fields: "code") { code: String! population: Int }`,
  inspections: `${link}
    scalar CreditCode
    type Query { inspected: [Enterprise!]! }
    type Enterprise @key(fields: "creditCode", resolvable: false) { creditCode: CreditCode }`,
};
const { gap } = await ask('{ gap(first: 3) { totalCount nodes { id name creditCode employees area { code } } } }');
const [first, second] = gap.nodes;
const enterprise = (id) => ({ __typename: 'Enterprise', id });
const area = (code) => ({ __typename: 'Area', code, population: 1000 });
const visits = [
  { id: 'v1', note: 'open', of: enterprise(first.id), area: area('110108') },
  { id: 'v2', note: 'closed', of: enterprise(second.id), area: area('110101') },
  { id: 'v3', note: 'nobody of this id', of: enterprise('E0000000000000'), area: area('000000') },
];
const entity = (of) => (of.__typename === 'Area' ? area(of.code) : { ...of, visitors: of.employees === null ? null : Math.ceil(of.employees / 10) });
const roots = {
  visits: { visits },
  inspections: { inspected: [{ creditCode: first.creditCode }] },
};

const servers = [];
const subgraphs = [{ name: 'huitu', url: `${hub}/graphql`, typeDefs: parse((await ask('{ _service { sdl } }'))._service.sdl) }];
for (const [name, sdl] of Object.entries(sdls)) {
  const schema = buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: name === 'visits' ? { Enterprise: { __resolveReference: entity }, Area: { __resolveReference: entity } } : {} });
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const { query, variables } = JSON.parse(body);
    const answer = await execute({ schema, document: parse(query), rootValue: roots[name], variableValues: variables });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  subgraphs.push({ name, url: `http://127.0.0.1:${server.address().port}/graphql`, typeDefs: parse(sdl) });
}
const composed = composeServices(subgraphs);
same('composed', composed.errors?.map((e) => e.message) ?? [], []);
const supergraph = composed.supergraphSdl;

const apollo = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl: supergraph, logger: { debug() {}, info() {}, warn() {}, error() {} } }) });
await apollo.start();
const throughFetch = (runtime) => async (query, variables) => {
  const response = await runtime.fetch('http://gateway.invalid/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) });
  return response.json();
};
const quiet = { supergraph, logging: false, reporting: undefined, graphiql: false, landingPage: false, healthCheckEndpoint: false, maskedErrors: false };
const hive = createGatewayRuntime(quiet);
const router = createGatewayRuntime({ ...quiet, unifiedGraphHandler });
const gateways = {
  'Apollo gateway': async (query, variables) => {
    const { body } = await apollo.executeOperation({ query, variables });
    return body.singleResult;
  },
  'Hive gateway': throughFetch(hive),
  'Hive router': throughFetch(router),
};

for (const [name, through] of Object.entries(gateways)) {
  const list = await through('query($first: Int! = 3) { gap(first: $first) { totalCount nodes { id name visitors } } }', {});
  same(`${name}: our list with their field`, list.data?.gap, { totalCount: gap.totalCount, nodes: gap.nodes.map((e) => ({ id: e.id, name: e.name, visitors: e.employees === null ? null : Math.ceil(e.employees / 10) })) });
  const joined = await through('{ visits { note of { id name gap { status } } area { code name population } } }');
  same(`${name}: their list with our fields`, joined.data?.visits?.map((v) => v.of?.name ?? null), [first.name, second.name, null]);
  check(`${name}: an unknown enterprise or area spoils no other`, joined.data?.visits?.[0].area?.name === '海淀区' && joined.data.visits[0].area.population === 1000 && joined.data.visits[2].note === 'nobody of this id', joined);
  const byCode = await through('{ inspected { creditCode name unionCoverage { verdict } } }');
  same(`${name}: an enterprise by its credit code`, byCode.data?.inspected?.map((e) => e.name), [first.name]);
  const refused = await through('query($area: [String!]) { gap(first: 1, filter: { area: $area }) { totalCount } }', { area: ['nowhere'] });
  check(`${name}: a refusal arrives with its code`, refused.errors?.[0].extensions?.code === 'BAD_INPUT' || /nowhere/.test(JSON.stringify(refused.errors)), refused.errors?.[0]);
  const page = await through('query($after: String) { gap(first: 2, after: $after) { pageInfo { hasNextPage endCursor } edges { cursor node { id } } } }', { after: null });
  check(`${name}: pages`, page.data?.gap?.edges?.length === 2 && page.data.gap.pageInfo.hasNextPage);
}
await apollo.stop();
end();
