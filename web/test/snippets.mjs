// The walk-throughs of examples/ against a running server: node snippets.mjs URL DISTRICT TOTAL
// Prints "ready" once both wait for the next edition; whoever started it then publishes edition 2.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { transform } from 'esbuild';

const [url, district, total] = process.argv.slice(2);
const examples = new URL('../../examples/', import.meta.url);
const folder = await mkdtemp(join(tmpdir(), 'huitu-snippets-'));

/** Runs a client; `waits` resolves where it waits for an edition or has ended, `lines` with all that it printed. */
const start = (command, file) => {
  const child = spawn(command, [file, url, district, 'next'], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 });
  const lines = [];
  let waiting;
  const waits = new Promise((resolve) => { waiting = resolve; });
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line.startsWith('waiting for the edition after 1')) waiting();
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  ended.then(() => waiting());
  return { waits, lines: ended.then((code) => (code === 0 ? lines : [...lines, `${command} ended with ${code}`])) };
};

const faults = (lines) => {
  const text = lines.join('\n');
  const wanted = [
    [`most urgent of ${district}, ${total} in all:`, 1],
    [`read ${total} of ${total}`, 1],
    ['edition 2:', 1],
    [/^ {2}\d+ came, \d+ went$/, 1],
    [/^ {2}\S+ {2}.+ {2}LACKING/, Math.min(10, total)],
    [/^ {4}\S+ = .*, says \S+$/, 1],
    [/^ {2}\+\d+\.\d {2}\S/, 1],
    [/^ {2}.+ at \d+\.\d+,\d+\.\d+: \d+ in the gap, \d+ of \d+ covered$/, 16],
  ];
  return wanted
    .filter(([what, least]) => lines.filter((l) => (typeof what === 'string' ? l === what : what.test(l))).length < least)
    .map(([what]) => `missing: ${what}\n${text}`);
};

try {
  const script = join(folder, 'client.mjs');
  const { code } = await transform(await readFile(new URL('client.ts', examples), 'utf8'), { loader: 'ts', format: 'esm' });
  await writeFile(script, code);
  const clients = [start('node', script), start('python3', new URL('client.py', examples).pathname)];
  await Promise.all(clients.map((c) => c.waits));
  console.log('ready');
  const [typescript, python] = await Promise.all(clients.map((c) => c.lines));
  const wrong = [...faults(typescript), ...faults(python)];
  if (typescript.join('\n') !== python.join('\n')) {
    wrong.push(`the two differ:\n${typescript.join('\n')}\n--- python\n${python.join('\n')}`);
  }
  if (wrong.length > 0) {
    console.log(wrong.join('\n\n'));
    process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true });
}
