// Makes src/generated/ from ../../schema.graphql and documents/*.graphql: the types of all answers, every operation as text with the
// SHA-256 that names it, the kinds of things without an id and the fields that answer pages. Nothing of it is written by hand or
// committed. `--manifest` puts dist/persisted.json beside the build, which `huitu trust` takes.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as operations from '@graphql-codegen/typescript-operations';
import { buildSchema, getNamedType, isObjectType, Kind, parse, print, stripIgnoredCharacters, validate, visit } from 'graphql';

const here = new URL('.', import.meta.url).pathname;
const out = `${here}src/generated`;
const source = readFileSync(`${here}../../schema.graphql`, 'utf8');
const schema = buildSchema(source, { assumeValidSDL: true });
const files = readdirSync(`${here}documents`).filter((name) => name.endsWith('.graphql')).sort();
const documents = files.map((name) => ({ location: `documents/${name}`, document: parse(readFileSync(`${here}documents/${name}`, 'utf8')) }));
const definitions = documents.flatMap((d) => d.document.definitions);
const faults = validate(schema, { kind: Kind.DOCUMENT, definitions });
if (faults.length > 0) {
  for (const fault of faults) console.error(fault.toString());
  process.exit(1);
}

const fragments = new Map(definitions.filter((d) => d.kind === Kind.FRAGMENT_DEFINITION).map((d) => [d.name.value, d]));

/** The operation and every fragment that it reaches, each once. */
function whole(operation) {
  const found = new Map();
  const look = (node) =>
    visit(node, {
      FragmentSpread({ name }) {
        if (found.has(name.value)) return;
        found.set(name.value, fragments.get(name.value));
        look(fragments.get(name.value));
      },
    });
  look(operation);
  return { kind: Kind.DOCUMENT, definitions: [operation, ...found.values()] };
}

const asked = definitions
  .filter((d) => d.kind === Kind.OPERATION_DEFINITION)
  .map((definition) => {
    const text = stripIgnoredCharacters(print(whole(definition)));
    return { name: definition.name.value, kind: definition.operation, text, sha256: createHash('sha256').update(text).digest('hex') };
  });

if (process.argv.includes('--manifest')) {
  writeFileSync(`${here}dist/persisted.json`, `${JSON.stringify(Object.fromEntries(asked.map((o) => [o.sha256, o.text])), null, 1)}\n`);
  process.exit(0);
}

const types = await codegen({
  filename: 'types.ts',
  schema: parse(source),
  documents,
  config: { enumType: 'string-literal', skipTypename: true, scalars: { CreditCode: 'string', Date: 'string', DateTime: 'string', Decimal: 'string' } },
  plugins: [{ operations: {} }],
  pluginMap: { operations },
});

const kinds = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('_'));
const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
const withoutId = kinds.filter((type) => !roots.includes(type) && !('id' in type.getFields())).map((type) => type.name);
const pages = kinds.flatMap((type) =>
  Object.values(type.getFields())
    .filter((field) => getNamedType(field.type).name.endsWith('Connection'))
    .map((field) => [type.name, field.name, field.args.map((a) => a.name).filter((name) => name !== 'first' && name !== 'after')]),
);

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
writeFileSync(`${out}/types.ts`, types);
writeFileSync(
  `${out}/documents.ts`,
  `import type { Document } from '../document.js';\nimport type * as t from './types.js';\n\n${asked
    .map(({ name, kind, text, sha256 }) => {
      const type = `t.${name}${kind[0].toUpperCase()}${kind.slice(1)}`;
      return (
        `export const ${name}: Document<${type}, ${type}Variables> = {\n  name: '${name}',\n  kind: '${kind}',\n` +
        `  sha256: '${sha256}',\n  text: ${JSON.stringify(text)},\n};\n`
      );
    })
    .join('\n')}`,
);
writeFileSync(
  `${out}/shape.ts`,
  `/** Kinds of things that have no id: caches keep them inside of what they belong to. */\n` +
    `export const withoutId: readonly string[] = ${JSON.stringify(withoutId.sort(), null, 2)};\n\n` +
    `/** Fields that answer pages: the kind, the field, the arguments that make it another list. */\n` +
    `export const pagedFields: readonly (readonly [kind: string, field: string, keys: readonly string[]])[] = ${JSON.stringify(pages, null, 2)};\n`,
);
