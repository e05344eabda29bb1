// Composes the served subgraph with another one: node federation.mjs URL
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';

const url = process.argv[2];
const ask = async (query, variables) => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json();
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
};
const { _service } = await ask('{ _service { sdl } }');
const inspections = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  type Enterprise @key(fields: "creditCode", resolvable: false) { creditCode: CreditCode }
  scalar CreditCode
  type Inspection { on: String! enterprise: Enterprise }
  type Query { inspections: [Inspection!]! }
`;
const result = composeServices([
  { name: 'huitu', url: `${url}/graphql`, typeDefs: parse(_service.sdl) },
  { name: 'inspections', url: 'http://127.0.0.1:1/graphql', typeDefs: parse(inspections) },
]);
if (result.errors?.length) {
  console.log(result.errors.map((e) => e.message).join('\n'));
  process.exit(1);
}
// The gateway's question: entities by either key, in their order, unknown ones null.
const { gap } = await ask('{ gap(first: 2) { nodes { id creditCode name } } }');
const [a, b] = gap.nodes;
const { _entities } = await ask('query($r: [_Any!]!) { _entities(representations: $r) { ... on Enterprise { id name } } }', {
  r: [
    { __typename: 'Enterprise', id: a.id },
    { __typename: 'Enterprise', creditCode: b.creditCode },
    { __typename: 'Enterprise', id: 'nobody' },
  ],
});
if (_entities[0]?.id !== a.id || _entities[1]?.id !== b.id || _entities[2] !== null) {
  console.log(JSON.stringify(_entities));
  process.exit(1);
}
console.log('composed, and entities found by either key');
