// Plays a small invented city, starts a hub, runs every script of cases/ against it and prints a table; `run` installs what they need.
// A script says in its first lines which clients it tries and what: `Client: NAME, …` (packages of npm, or of Python where it ends with
// .py; their versions are read from what is installed), `Tried: …`, and `Needs: PROGRAM` where a package does not bring it. `Fault: …` is
// what is known to be wrong: such a script must fail, and the line goes when it no longer does.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const here = new URL('.', import.meta.url).pathname;
const python = join(here, '.venv/bin/python');
const page = join(here, '../../docs/src/api/clients.md');
const [BEGIN, END] = ['<!-- written by tests/clients/run -->', '<!-- until here -->'];
const program = process.env.HUITU_BIN;
/** A script that takes longer hangs. */
const PATIENCE = 300_000;
const options = { all: false, write: false, words: [] };
for (const word of process.argv.slice(2)) {
  if (word === '--all') options.all = true;
  else if (word === '--write') options.all = options.write = true;
  else options.words.push(word);
}

const children = new Set();
function stopAll() {
  for (const child of children) child.kill('SIGKILL');
}
process.on('exit', stopAll);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

function told(args, more = {}) {
  const done = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, HUITU_LANG: 'en' }, ...more });
  if (done.status !== 0) throw new Error(`huitu ${args.join(' ')} ended with ${done.status}\n${done.stdout}${done.stderr}`);
  return done.stdout;
}

/** Two editions of one city, the second some days later. */
function play(city) {
  const data = join(city, 'data');
  for (const day of ['0', '20']) {
    const extracts = join(city, `day-${day}`);
    told(['simulate', '--enterprises', '600', '--seed', '7', '--format', 'csv', '--day', day, '--out', extracts]);
    const names = ['commerce', 'tax', 'statistics', 'unions', 'payments', 'social_insurance'];
    told(['sync', '--data', data, ...names.flatMap((name) => ['--source', `${name}=${extracts}/${name}.csv`])]);
  }
  return data;
}

async function serve(data) {
  const child = spawn(program, ['serve', '--demo', '--no-schedule', '--lang', 'en', '--data', data, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let log = '';
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        log += `${line}\n`;
        const [, url] = /(http:\/\/127\.0\.0\.1:\d+)\/graphql/.exec(line) ?? [];
        if (url) resolve(url);
      });
    }
    child.on('exit', (code) => reject(new Error(`the hub ended with ${code}\n${log}`)));
  });
}

function versions(script, names, needs) {
  if (needs.length > 0) return needs.map((name) => /\d+(\.\d+)+/.exec(spawnSync(name, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[0] ?? '');
  if (!script.endsWith('.py')) {
    return names.map((name) => {
      const manifest = [`${here}node_modules/${name}/package.json`, `${here}../../kit/typescript/node_modules/${name}/package.json`].find(existsSync);
      return manifest ? JSON.parse(readFileSync(manifest, 'utf8')).version : '';
    });
  }
  const text = "import importlib.metadata as m, sys\nfor n in sys.argv[1:]:\n  try: print(m.version(n))\n  except m.PackageNotFoundError: print('')";
  return spawnSync(python, ['-c', text, ...names], { encoding: 'utf8' }).stdout.split('\n').slice(0, names.length);
}

function read(script) {
  const head = readFileSync(join(here, 'cases', script), 'utf8').slice(0, 2000);
  const line = (key) => new RegExp(`^(?://|#)? ?${key}: (.*)$`, 'm').exec(head)?.[1];
  const [clients, needs] = [line('Client').split(', '), line('Needs')?.split(', ') ?? []];
  return { script, clients, versions: versions(script, clients, needs), tried: line('Tried'), needs, fault: line('Fault') };
}

function run(entry, environment) {
  const command = entry.script.endsWith('.py') ? python : entry.script.endsWith('.sh') ? 'bash' : process.execPath;
  const started = Date.now();
  const child = spawn(command, [join(here, 'cases', entry.script)], { cwd: here, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (text += bytes));
  const timer = setTimeout(() => {
    text += `no end after ${PATIENCE / 1000} s\n`;
    child.kill('SIGKILL');
  }, PATIENCE);
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearTimeout(timer);
      children.delete(child);
      if (entry.fault && code === 0) text += `it works now: take the line "Fault" out of ${entry.script}\n`;
      resolve({ ...entry, passed: (code === 0) === !entry.fault, text, seconds: (Date.now() - started) / 1000 });
    }),
  );
}

const outcome = ({ fault, passed }) => (!passed ? '**does not**' : fault ? `**known fault**: ${fault}` : 'works');
const row = (entry) => `| ${entry.clients.join(', ')} | ${entry.versions.map((v) => v || '–').join(', ')} | ${entry.tried} | ${outcome(entry)} |`;

const scripts = readdirSync(join(here, 'cases')).filter((name) => /\.(mjs|py|sh)$/.test(name)).sort();
const chosen = scripts.filter((name) => options.words.length === 0 || options.words.some((word) => name.includes(word))).map(read);
const has = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
const left = chosen.filter((entry) => !options.all && entry.needs.length > 0);
const waiting = chosen.filter((entry) => !left.includes(entry));
for (const { script, needs } of waiting) {
  const missing = needs.find((name) => !has(name));
  if (missing) throw new Error(`${script} needs ${missing}: run \`make clients\`, which installs it`);
}

const city = mkdtempSync(join(tmpdir(), 'huitu-clients-'));
process.on('exit', () => rmSync(city, { recursive: true, force: true }));
const environment = { ...process.env, CITY: city, HUB: await serve(play(city)), PYTHONPATH: [here, join(here, '../../kit/python/src')].join(':'), PYTHONDONTWRITEBYTECODE: '1' };
mkdirSync(join(city, 'logs'));
console.log(`${program} serves an invented city at ${environment.HUB}; ${waiting.length} scripts`);

const done = [];
async function worker() {
  for (let entry; (entry = waiting.shift()); ) {
    const result = await run(entry, environment);
    done.push(result);
    console.log(`${!result.passed ? 'WRONG' : result.fault ? 'fault' : 'ok   '} ${result.script} (${result.seconds.toFixed(1)} s)`);
    if (!result.passed || process.env.VERBOSE) console.log(result.text.split('\n').slice(-60).join('\n').replace(/^/gm, '    '));
  }
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
done.sort((a, b) => a.script.localeCompare(b.script));

const width = (pick) => Math.max(...done.map((entry) => pick(entry).length));
const columns = [(e) => e.script, (e) => e.clients.map((name, at) => `${name} ${e.versions[at]}`.trim()).join(', '), (e) => (!e.passed ? 'DOES NOT' : e.fault ? `known fault: ${e.fault}` : 'works')];
console.log();
for (const entry of done) console.log(columns.map((pick) => pick(entry).padEnd(width(pick))).join('  '));
for (const { script, needs } of left) console.log(`${script}  left to \`make clients\`: needs ${needs.join(', ')}`);

const text = readFileSync(page, 'utf8');
const [before, rest] = text.split(BEGIN);
const [kept, after] = rest.split(END);
let failed = done.filter((entry) => !entry.passed).length;
if (options.write && options.words.length === 0) {
  const table = ['', '', '| client | version | what was tried | result |', '|---|---|---|---|', ...done.map(row), '', ''].join('\n');
  writeFileSync(page, `${before}${BEGIN}${table}${END}${after}`);
} else if (failed === 0 && options.words.length === 0) {
  const stale = done.filter((entry) => !kept.includes(row(entry)));
  for (const entry of stale) console.log(`WRONG docs/src/api/clients.md does not say: ${row(entry)}`);
  if (stale.length > 0) console.log('run tests/clients/run --all --write');
  failed += stale.length;
}
console.log(`\n${done.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
