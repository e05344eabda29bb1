// Makes src/graph/generated/ from ../schema.graphql and every src/**/*.graphql: the types of all answers, and one module an
// operation with its text and the SHA-256 that it is asked by. Nothing of it is written by hand or committed.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as operations from '@graphql-codegen/typescript-operations';
import { buildSchema, Kind, parse, print, stripIgnoredCharacters, validate, visit } from 'graphql';

const here = new URL('.', import.meta.url).pathname;
const out = `${here}src/graph/generated`;
const source = readFileSync(`${here}../schema.graphql`, 'utf8');
const schema = buildSchema(source, { assumeValidSDL: true });
const files = readdirSync(`${here}src`, { recursive: true })
  .filter((name) => name.endsWith('.graphql'))
  .map((name) => `${here}src/${name}`)
  .sort();
const documents = files.map((location) => ({ location, document: parse(readFileSync(location, 'utf8')) }));
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
        const fragment = fragments.get(name.value);
        found.set(name.value, fragment);
        look(fragment);
      },
    });
  look(operation);
  return { kind: Kind.DOCUMENT, definitions: [operation, ...found.values()] };
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const types = await codegen({
  filename: 'types.ts',
  schema: parse(source),
  documents,
  config: {
    enumType: 'string-literal',
    skipTypename: true,
    scalars: { CreditCode: 'string', Date: 'string', DateTime: 'string', Decimal: 'string' },
  },
  plugins: [{ operations: {} }],
  pluginMap: { operations },
});
writeFileSync(`${out}/types.ts`, types);
for (const definition of definitions) {
  if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
  const name = definition.name.value;
  const kind = definition.operation[0].toUpperCase() + definition.operation.slice(1);
  const text = stripIgnoredCharacters(print(whole(definition)));
  const sha256 = createHash('sha256').update(text).digest('hex');
  writeFileSync(
    `${out}/${name}.ts`,
    `import type { Operation } from '../operation';\nimport type { ${name}${kind}, ${name}${kind}Variables } from './types';\n\n` +
      `export const ${name}: Operation<${name}${kind}, ${name}${kind}Variables> = {\n  name: '${name}',\n  sha256: '${sha256}',\n` +
      `  text: ${JSON.stringify(text)},\n};\n`,
  );
}
