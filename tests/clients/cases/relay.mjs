// Client: relay-compiler, relay-runtime
// Tried: a paging fragment over every connection is compiled; an enterprise as of two editions in one store; what the store holds is not asked again; the compiler's persisted documents are taken by `huitu trust`
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buildSchema, getNamedType, isObjectType } from 'graphql';
import relayCompiler from 'relay-compiler';
import relayRuntime from 'relay-runtime';
import { missingFieldHandlers } from '../../../kit/typescript/dist/cache/relay.js';
import { changed, check, EARLIER, end, folder, huitu, root, same, serve } from '../lib.mjs';

const { Environment, fetchQuery, Network, RecordSource, Store, createOperationDescriptor, getRequest } = relayRuntime;
const dir = folder();
mkdirSync(join(dir, 'src'));
mkdirSync(join(dir, 'generated'));
copyFileSync(join(root, 'schema.graphql'), join(dir, 'schema.graphql'));
symlinkSync(join(root, 'tests/clients/node_modules'), join(dir, 'node_modules'));

// A paging fragment on every connection of every kind that Relay can refetch.
const schema = buildSchema(readFileSync(join(root, 'schema.graphql'), 'utf8'), { assumeValidSDL: true });
const connections = [];
for (const type of Object.values(schema.getTypeMap())) {
  if (!isObjectType(type) || type.name.startsWith('_')) continue;
  for (const field of Object.values(type.getFields())) if (getNamedType(field.type).name.endsWith('Connection')) connections.push([type, field]);
}
const kinds = new Set(connections.map(([, field]) => getNamedType(field.type).name));
const inNode = (type) => type.getInterfaces().some((i) => i.name === 'Node');
const taken = new Set();
let sources = '';
for (const [type, field] of connections) {
  const isRoot = type === schema.getQueryType();
  if (!isRoot && !inNode(type)) continue;
  taken.add(getNamedType(field.type).name);
  const key = `lists_${type.name}_${field.name}`;
  const what = getNamedType(schema.getType(getNamedType(field.type).name).getFields().nodes.type);
  const selection = 'id' in what.getFields() ? 'id' : '__typename';
  // What a list cannot be asked without: any value of its type.
  const needs = field.args.filter((argument) => String(argument.type).endsWith('!') && argument.defaultValue === undefined);
  const any = (type) => schema.getType(getNamedType(type).name).getValues?.()[0].name ?? (getNamedType(type).name === 'Int' ? '2026' : '"x"');
  const more = needs.map((argument) => `${argument.name}: ${any(argument.type)}, `).join('');
  sources += `graphql\`fragment ${key} on ${type.name} @refetchable(queryName: "${key}_PaginationQuery")
    @argumentDefinitions(first: { type: "Int", defaultValue: 10 }, after: { type: "String" }) {
    ${field.name}(${more}first: $first, after: $after) @connection(key: "${key}_${field.name}") { edges { cursor node { ${selection} } } pageInfo { hasNextPage endCursor } }
  }\`;\n`;
}
same('every kind of connection is compiled', [...taken].sort(), [...kinds].sort());
writeFileSync(join(dir, 'src/lists.js'), sources);
writeFileSync(
  join(dir, 'src/one.js'),
  'graphql`query oneQuery($id: ID!, $asOf: Date) { enterprise(by: { id: $id }, asOf: $asOf) { id stableId name gap { status } } }`;\n' +
    'graphql`query oneNodeQuery($id: ID!) { node(id: $id) { id ... on Enterprise { name gap { status } } } }`;\n',
);
writeFileSync(
  join(dir, 'relay.config.json'),
  JSON.stringify({
    src: './src', schema: './schema.graphql', language: 'javascript', artifactDirectory: './generated', eagerEsModules: false,
    persistConfig: { file: './persisted.json', algorithm: 'SHA256' },
    schemaConfig: { connectionInterface: { cursor: 'cursor', edges: 'edges', endCursor: 'endCursor', hasNextPage: 'hasNextPage', hasPreviousPage: 'hasPreviousPage', node: 'node', pageInfo: 'pageInfo', startCursor: 'startCursor' } },
  }),
);
writeFileSync(join(dir, 'package.json'), '{}');
writeFileSync(join(dir, 'persisted.json'), '{}');
const { status, stdout, stderr } = spawnSync(relayCompiler, [], { cwd: dir, encoding: 'utf8' });
check('compiled', status === 0 && readdirSync(join(dir, 'generated')).length > connections.length, status === 0 ? '' : stdout + stderr);

const texts = JSON.parse(readFileSync(join(dir, 'persisted.json'), 'utf8'));
const trusted = huitu('trust', join(dir, 'persisted.json'));
check('huitu trust takes its persisted documents', trusted.status === 0, `${Object.keys(texts).length} documents`);
const own = await serve('--trusted', join(dir, 'persisted.json'));

const { id, before, now } = await changed();
const require = createRequire(import.meta.url);
const [one, node] = ['oneQuery', 'oneNodeQuery'].map((name) => require(join(dir, `generated/${name}.graphql.js`)));
const asked = [];
const network = Network.create(async (params, variables) => {
  asked.push(variables);
  const response = await fetch(`${own.url}/graphql`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ doc_id: params.id, variables }),
  });
  return response.json();
});
const environment = new Environment({ network, store: new Store(new RecordSource()), missingFieldHandlers });
const fetched = (request, variables, fetchPolicy) => fetchQuery(environment, request, variables, { fetchPolicy }).toPromise();
for (const asOf of [EARLIER, null]) {
  await fetched(one, { id, asOf });
  environment.retain(createOperationDescriptor(getRequest(one), { id, asOf }));
}
same('asked by the digest alone', asked.length, 2);
const kept = async (asOf) => (await fetched(one, { id, asOf }, 'store-or-network')).enterprise.gap.status;
same('both states stay', [await kept(EARLIER), await kept(null)], [before, now]);
const found = await fetched(node, { id: `${id}@1` }, 'store-or-network');
same('node(id) of the earlier state', found.node.gap.status, before);
same('none of it was asked again', asked.length, 2);
end();
