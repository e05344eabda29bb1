// A hub with a simulated city for work outside the tests: the release program, or one that runs already.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Starts `huitu demo` on a port of its own; `stop` ends it and removes its data. */
export async function start(enterprises) {
  const program = process.env.HUITU ?? new URL('../../../target/release/huitu', import.meta.url).pathname;
  if (!existsSync(program)) throw new Error(`${program} is missing: run make build, or set HUITU`);
  const folder = await mkdtemp(join(tmpdir(), 'huitu-web-'));
  const child = spawn(program, ['--lang', 'en', '--data', join(folder, 'hub'), 'demo', '--enterprises', String(enterprises), '--listen', '127.0.0.1:0'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /^workbench: (http:\/\/\S+?)\/?$/.exec(line);
      if (found) resolve(found[1]);
    });
    child.on('exit', (code) => reject(new Error(`huitu ended with ${code}`)));
  });
  return {
    url,
    stop: async () => {
      const ended = new Promise((resolve) => child.on('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
