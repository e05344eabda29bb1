// The client snippets of examples/ against a running server: node snippets.mjs URL DISTRICT TOTAL
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';

const [url, district, total] = process.argv.slice(2);
const examples = new URL('../../examples/', import.meta.url);
const folder = await mkdtemp(join(tmpdir(), 'huitu-snippets-'));
try {
  const script = join(folder, 'client.mjs');
  const { code } = await transform(await readFile(new URL('client.ts', examples), 'utf8'), { loader: 'ts', format: 'esm' });
  await writeFile(script, code);
  const run = promisify(execFile);
  for (const [command, file] of [['node', script], ['python3', new URL('client.py', examples).pathname]]) {
    const { stdout } = await run(command, [file, url, district], { timeout: 60_000 });
    if (stdout.trim() !== `${total} of ${total}`) {
      console.log(`${command}: ${stdout}`);
      process.exitCode = 1;
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
