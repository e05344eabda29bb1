// What every script of cases/ uses: the hub it is tried against, checks that say what they saw, hubs of its own.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';

/** A demonstration of two editions: most of 600 invented enterprises are in both, some verdicts differ. */
export const hub = process.env.HUB;
/** The earlier edition, as `asOf` takes it. */
export const EARLIER = 'edition:1';
export const root = new URL('../../', import.meta.url).pathname;

let faults = 0;

/** Says what was seen; a false `ok` fails the script, which goes on. */
export function check(claim, ok, seen = '') {
  console.log(`${ok ? 'ok   ' : 'WRONG'} ${claim}${seen === '' ? '' : `: ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`}`);
  if (!ok) {
    faults += 1;
    process.exitCode = 1;
  }
}

/** As JSON says it: without prototypes, without what is undefined. */
const plain = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

export function same(claim, seen, expected) {
  const is = isDeepStrictEqual(plain(seen), plain(expected));
  const brief = (value) => (JSON.stringify(value) ?? 'undefined').slice(0, 1000);
  check(claim, is, is ? brief(seen) : `${brief(seen)} instead of ${brief(expected)}`);
}

export async function ask(query, variables = {}, at = hub) {
  const response = await fetch(`${at}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-language': 'en' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** An enterprise whose union verdict is not the same in both editions. */
export async function changed() {
  const of = async (asOf) => {
    const { enterprises } = await ask('query($asOf: Date) { enterprises(first: 500, asOf: $asOf) { nodes { stableId gap { status } } } }', { asOf });
    return new Map(enterprises.nodes.map((e) => [e.stableId, e.gap.status]));
  };
  const [before, now] = [await of(EARLIER), await of(null)];
  for (const [id, status] of before) if (now.has(id) && now.get(id) !== status) return { id, before: status, now: now.get(id) };
  throw new Error('no verdict changed between the two editions: choose another seed');
}

const ends = [];
process.on('exit', () => ends.forEach((end) => end()));

/** A folder that goes when the script ends. */
export function folder() {
  const dir = mkdtempSync(join(tmpdir(), 'huitu-client-'));
  ends.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** The program, run to its end. */
export function huitu(...args) {
  return spawnSync(process.env.HUITU_BIN, args, { encoding: 'utf8', env: { ...process.env, HUITU_LANG: 'en' } });
}

/** The city's data, to be changed. */
export function copied() {
  const data = join(folder(), 'data');
  // Of what is being written there is nothing to take along, and it can be gone before it is copied.
  cpSync(join(process.env.CITY, 'data'), data, { recursive: true, filter: (from) => !from.endsWith('.part') });
  return data;
}

/** A hub of its own on a copy of the city; `args` go behind `serve --demo`. Ends with the script. */
export function serve(...args) {
  return started(copied(), '--demo', ...args);
}

/** A hub on a folder of data. */
export async function started(data, ...args) {
  const child = spawn(process.env.HUITU_BIN, ['serve', '--no-schedule', '--lang', 'en', '--data', data, '--listen', '127.0.0.1:0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  ends.push(() => child.kill());
  let log = '';
  const url = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        log += `${line}\n`;
        const [, found] = /(http:\/\/127\.0\.0\.1:\d+)\/graphql/.exec(line) ?? [];
        if (found) resolve(found);
      });
    }
    child.on('exit', () => reject(new Error(`the hub ended: ${log}`)));
  });
  return { url: await url, data, stop: () => child.kill() };
}

/** Publishes one more edition into a data folder: the city as it is some days later. */
export function publish(data, day = 40) {
  const later = folder();
  huitu('simulate', '--enterprises', '600', '--seed', '7', '--format', 'csv', '--day', String(day), '--out', later);
  const sources = ['commerce', 'tax', 'statistics', 'unions', 'payments', 'social_insurance'].flatMap((name) => ['--source', `${name}=${later}/${name}.csv`]);
  const done = huitu('sync', '--data', data, ...sources);
  if (done.status !== 0) throw new Error(done.stdout + done.stderr);
}

/** The secret of a new token. */
export function token(data, ...args) {
  return JSON.parse(huitu('token', 'create', '--data', data, '--json', ...args).stdout).secret;
}

/** A proxy that closes a connection on which the server said nothing for so long, as nginx does after 60 s. */
export async function impatient(target, millis) {
  const { port } = new URL(target);
  const proxy = createServer((client) => {
    const server = connect(Number(port), '127.0.0.1');
    const close = () => [client, server].forEach((socket) => socket.destroy());
    let timer = setTimeout(close, millis);
    server.on('data', () => {
      clearTimeout(timer);
      timer = setTimeout(close, millis);
    });
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) socket.on('error', close).on('close', close);
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  ends.push(() => proxy.close());
  return `http://127.0.0.1:${proxy.address().port}`;
}

/** An export once its file is there, by the subscription that tells of it. */
export async function exported(input, url = hub, headers = {}) {
  const send = (path, body) => fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  const asked = await send('/graphql', { query: 'mutation($input: CreateExportInput!) { createExport(input: $input) { export { id } } }', variables: { input } });
  const { id } = (await asked.json()).data.createExport.export;
  const told = await send('/graphql/sse', { query: 'subscription($id: ID!) { exportProgress(id: $id) { id state url sha256 } }', variables: { id } });
  const events = (await told.text()).split('\n').filter((line) => line.startsWith('data: {'));
  return JSON.parse(events.at(-1).slice(6)).data.exportProgress;
}

/** Waits until a hub has published this edition, by its own word. */
export async function published(url, number) {
  const response = await fetch(`${url}/graphql/sse`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: 'subscription { editionPublished(lastEventId: "edition:1") { number } }' }),
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ''; !text.includes(`"number":${number}`); ) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended before edition ${number}`);
    text += value;
  }
  await reader.cancel();
}

/** Ends the script with what it found; open connections do not hold it. */
export function end() {
  process.exit(faults > 0 ? 1 : 0);
}
