// Client: @graphql-codegen/cli, @graphql-codegen/client-preset
// Tried: documents and types of the preset; its persisted-documents.json, by SHA-1 and by SHA-256, is taken by `huitu trust`, and a hub that trusts it answers the ids and nothing else
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '@graphql-codegen/cli';
import { buildSchema, getOperationAST, parse, validate } from 'graphql';
import { check, end, folder, huitu, root, same, serve } from '../lib.mjs';

const dir = folder();
mkdirSync(join(dir, 'src'));
copyFileSync(join(root, 'schema.graphql'), join(dir, 'schema.graphql'));
symlinkSync(join(root, 'tests/clients/node_modules'), join(dir, 'node_modules'));
writeFileSync(
  join(dir, 'src/list.ts'),
  "import { graphql } from './gql';\n" +
    'export const Row = graphql(`fragment Row on Enterprise { id name gap { status } }`);\n' +
    'export const List = graphql(`query List($filter: EnterpriseFilter, $first: Int = 5) { gap(filter: $filter, first: $first) { totalCount nodes { ...Row } } }`);\n' +
    'export const Live = graphql(`subscription Live { editionPublished { id number } }`);\n',
);
const schema = buildSchema(readFileSync(join(root, 'schema.graphql'), 'utf8'), { assumeValidSDL: true });
for (const hashAlgorithm of ['sha1', 'sha256']) {
  const out = join(dir, `gql-${hashAlgorithm}/`);
  const files = await generate(
    { cwd: dir, schema: './schema.graphql', documents: 'src/*.ts', silent: true, generates: { [out]: { preset: 'client', presetConfig: { persistedDocuments: { hashAlgorithm } }, config: { scalars: { CreditCode: 'string', Date: 'string', DateTime: 'string', Decimal: 'string' } } } } },
    true,
  );
  check(`${hashAlgorithm}: files`, files.some((f) => f.filename.endsWith('graphql.ts') && f.content.includes('ListQuery')), files.length);
  const manifest = join(out, 'persisted-documents.json');
  const documents = JSON.parse(readFileSync(manifest, 'utf8'));
  same(`${hashAlgorithm}: every document is valid`, Object.values(documents).flatMap((text) => validate(schema, parse(text))), []);
  const trusted = huitu('trust', manifest);
  check(`${hashAlgorithm}: huitu trust names every id`, trusted.status === 0 && Object.keys(documents).length === 2, trusted.stdout.trim() || trusted.stderr.trim());

  const { url } = await serve('--trusted', manifest);
  const post = async (body) => (await (await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', 'accept-language': 'en' }, body: JSON.stringify(body) })).json());
  const [id] = Object.entries(documents).find(([, text]) => getOperationAST(parse(text)).name.value === 'List');
  const list = await post({ documentId: id, variables: { filter: { area: ['110108'] } } });
  check(`${hashAlgorithm}: the id alone`, list.data?.gap.totalCount >= 0, list.errors?.[0].message ?? list.data.gap.totalCount);
  const text = await post({ query: documents[id] });
  check(`${hashAlgorithm}: the text of a trusted document`, text.data?.gap.nodes.length === 5, text.errors?.[0].message ?? '');
  const other = await post({ query: '{ viewer { name } }' });
  check(`${hashAlgorithm}: nothing else`, other.errors?.[0].extensions.code !== undefined && !other.data, other.errors?.[0].message);
}
end();
