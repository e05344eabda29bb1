// Makes src/language/generated/codes.ts: the words of codes that the graph gives without a text (features and levels of a
// comparison, effects, refusals, names of values, what a visit can find), from the tables that the program itself speaks with.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const here = new URL('.', import.meta.url).pathname;
const table = (file, name) => {
  const source = readFileSync(`${here}../src/model/message/${file}`, 'utf8');
  const body = source.match(new RegExp(`const ${name}: [^=]*= &\\[\\n([\\s\\S]*?)\\n\\];`))?.[1];
  if (body === undefined) throw new Error(`src/model/message/${file} has no table ${name}`);
  const rows = [...body.matchAll(/\(\s*"([^"]*)",\s*"([^"]*)",\s*"([^"]*)",?\s*\)/g)].map(([, code, zh, en]) => [code, zh, en]);
  if (rows.length === 0) throw new Error(`table ${name} of src/model/message/${file} could not be read`);
  return rows;
};
const csv = (path) =>
  readFileSync(`${here}../${path}`, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => [...line.matchAll(/("([^"]*)"|[^,]*)(,|$)/g)].map((cell) => cell[2] ?? cell[1]).slice(0, 3));

/** What a visit can bring back: one layer of it, code and name in both languages. */
const results = (layer) =>
  readFileSync(`${here}../reference/unions/visit_results.csv`, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
    .filter((cells) => cells[1] === layer)
    .map(([code, , zh, en]) => [code, zh, en]);

const tables = {
  features: table('evidence.rs', 'FEATURES'),
  levels: table('evidence.rs', 'LEVELS'),
  effects: table('evidence.rs', 'EFFECTS'),
  refusals: table('evidence.rs', 'REFUSALS'),
  methods: table('evidence.rs', 'METHODS'),
  inputs: table('texts.rs', 'INPUTS'),
  values: table('texts.rs', 'VALUES'),
  indicators: csv('reference/unions/indicators.csv'),
  findings: csv('reference/unions/closing_reasons.csv'),
  doors: results('door'),
  answers: results('answer'),
};
mkdirSync(`${here}src/language/generated`, { recursive: true });
const text = Object.entries(tables).map(([name, rows]) => `  ${name}: ${JSON.stringify(Object.fromEntries(rows.map(([code, zh, en]) => [code, { zh, en }])))},`);
writeFileSync(
  `${here}src/language/generated/codes.ts`,
  `type Table = Readonly<Record<string, { readonly zh: string; readonly en: string }>>;\n\nexport const codes: Readonly<Record<${Object.keys(tables)
    .map((name) => `'${name}'`)
    .join(' | ')}, Table>> = {\n${text.join('\n')}\n};\n`,
);
