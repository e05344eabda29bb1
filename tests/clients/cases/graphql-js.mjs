// Client: graphql
// Tried: what the reference implementation takes and refuses of variables, defaults and documents, beside the hub
import { buildSchema, execute, parse, validate } from 'graphql';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, end, hub, root, same } from '../lib.mjs';

const schema = buildSchema(readFileSync(join(root, 'schema.graphql'), 'utf8'), { assumeValidSDL: true });
/** Fields are answered by their type alone: only whether a document and its variables are taken counts. */
const of = { id: 'x', totalCount: 0, nodes: [], rows: [], keys: [], name: 'x', role: 'x', edition: { number: 1 }, total: { suppressed: false }, records: null, gap: { status: 'LACKING', label: 'x' } };
of.nodes = [of];
const rootValue = new Proxy({}, { get: (_, name) => (['search', 'areas', 'labels', 'industries'].includes(name) ? [] : name === 'enterprise' || name === 'node' ? null : () => of), has: () => true });

async function taken(query, variables, operationName) {
  let document;
  try {
    document = parse(query);
  } catch {
    return false;
  }
  if (validate(schema, document).length > 0) return false;
  const { errors } = await execute({ schema, document, rootValue, variableValues: variables, operationName });
  return !errors;
}

async function answered(query, variables, operationName) {
  const response = await fetch(`${hub}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-language': 'en' },
    body: JSON.stringify({ query, variables, operationName }),
  });
  const { errors } = await response.json();
  return errors ? errors[0].message : true;
}

const tries = [
  // Defaults.
  ['query($n: Int) { gap(first: $n) { totalCount } }', {}],
  ['query($n: Int) { gap(first: $n) { totalCount } }', { n: null }],
  ['query($n: Int = 3) { gap(first: $n) { totalCount } }', {}],
  ['query($n: Int = 3) { gap(first: $n) { totalCount } }', { n: null }],
  ['query($n: Int) { gap(first: 1) { nodes { id records(first: $n) { totalCount } } } }', {}],
  ['query($d: Direction) { gap(first: 1, orderBy: [{ field: NAME, direction: $d }]) { totalCount } }', {}],
  ['query($a: [String!] = ["110108"]) { gap(first: 1, filter: { area: $a }) { totalCount } }', {}],
  ['query($a: [String!]) { gap(first: 1, filter: { area: $a }) { totalCount } }', {}],
  ['query($a: [String!]) { gap(first: 1, filter: { area: $a }) { totalCount } }', { a: '110108' }],
  ['query($a: [String!]) { gap(first: 1, filter: { area: $a }) { totalCount } }', { a: ['110108', null] }],
  ['query($l: Language) { gap(first: 1) { nodes { gap { label(lang: $l) } } } }', {}],
  ['query($a: String, $o: [EnterpriseOrder!]) { gap(first: 1, after: $a, orderBy: $o) { totalCount } }', {}],
  ['query($by: [Dimension!]! = [DISTRICT]) { coverage(by: $by) { total { suppressed } } }', {}],
  // Types.
  ['query($n: Int!) { gap(first: $n) { totalCount } }', { n: 1.5 }],
  ['query($n: Int!) { gap(first: $n) { totalCount } }', { n: '5' }],
  ['query($n: Int!) { gap(first: $n) { totalCount } }', { n: 2147483648 }],
  ['query($n: Int!) { gap(first: $n) { totalCount } }', {}],
  ['query($n: Int!) { gap(first: $n) { totalCount } }', { n: null }],
  ['query($s: [GapStatus!]) { enterprises(first: 1, filter: { gap: $s }) { totalCount } }', { s: ['LACKING'] }],
  ['query($s: [GapStatus!]) { enterprises(first: 1, filter: { gap: $s }) { totalCount } }', { s: ['lacking'] }],
  ['query($f: EnterpriseFilter) { enterprises(first: 1, filter: $f) { totalCount } }', { f: { area: ['110108'] } }],
  ['query($f: EnterpriseFilter) { enterprises(first: 1, filter: $f) { totalCount } }', { f: { areas: ['110108'] } }],
  ['query($f: EnterpriseFilter) { enterprises(first: 1, filter: $f) { totalCount } }', { f: [] }],
  ['query($id: ID!) { enterprise(by: { id: $id }) { id } }', { id: 7 }],
  ['query($id: ID) { enterprise(by: { id: $id }) { id } }', { id: null }],
  ['{ enterprise(by: {}) { id } }', {}],
  ['{ enterprise(by: { id: "x", creditCode: "y" }) { id } }', {}],
  ['query($t: String) { search(text: $t) { matched } }', { t: '北京' }],
  ['query($n: Int) { node(id: $n) { id } }', { n: 1 }],
  // Directives.
  ['query($w: Boolean!) { viewer { role name @include(if: $w) } }', {}],
  ['query($w: Boolean!) { viewer { role name @skip(if: $w) } }', {}],
  ['query($w: Boolean = false) { viewer { role name @include(if: $w) } }', {}],
  ['query($w: Boolean = true) { viewer { role ...F @skip(if: $w) } } fragment F on Viewer { name }', {}],
  ['query($w: Boolean) { viewer { role name @include(if: $w) } }', { w: null }],
  ['{ viewer { name @include } }', {}],
  ['{ viewer { name @unknown } }', {}],
  // Documents.
  ['query($x: Int) { viewer { name } }', {}],
  ['{ gap(first: $n) { totalCount } }', {}],
  ['query($n: Int, $n: Int) { gap(first: $n) { totalCount } }', { n: 1 }],
  ['{ gap(first: 1, first: 2) { totalCount } }', {}],
  ['{ gap(first: 1, filter: { text: "a", text: "b" }) { totalCount } }', {}],
  ['{ gap(first: 1, filter: { not: { text: "a", text: "b" } }) { totalCount } }', {}],
  ['query($f: EnterpriseFilter = { text: "a", text: "b" }) { gap(first: 1, filter: $f) { totalCount } }', {}],
  ['{ gap(first: 1, filter: { text: "a", not: { text: "b" } }) { totalCount } }', {}],
  ['query($w: Boolean!) { viewer { ...F } } fragment F on Viewer { name @skip(if: $w) }', { w: true }],
  ['query($o: EnterpriseOrder) { gap(first: 1, orderBy: [$o]) { totalCount } }', { o: null }],
  ['{ viewer { ...A } } fragment A on Viewer { ...A }', {}],
  ['{ viewer { name } } fragment A on Viewer { role }', {}],
  ['{ viewer { ... on Edition { number } } }', {}],
  ['query A { viewer { name } } query B { viewer { role } }', {}],
  ['query A { viewer { name } } query B { viewer { role } }', {}, 'B'],
  ['query A { viewer { name } } query A { viewer { role } }', {}, 'A'],
  ['{ a: gap(first: 1) { totalCount } a: gap(first: 2) { totalCount } }', {}],
  ['{ viewer { name { x } } }', {}],
  ['{ viewer }', {}],
];
let asked = 0;
for (const [query, variables, operationName] of tries) {
  const [reference, ours] = [await taken(query, variables, operationName), await answered(query, variables, operationName)];
  asked += reference;
  check(`${reference ? 'takes  ' : 'refuses'} ${query} ${JSON.stringify(variables)}`, (ours === true) === reference, ours === true ? 'answered' : ours);
}
check('some are taken, some are not', asked > 10 && asked < tries.length - 10, asked);
same('the default that counts is the argument’s own', (await (await fetch(`${hub}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: '{ gap { nodes { id } } }' }) })).json()).data.gap.nodes.length > 20, true);
end();
