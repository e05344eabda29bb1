// A server that is killed and comes back under an open page, and an edition that is pruned while it is looked at:
// node restart.mjs PROGRAM DATA SECRET. It starts the program itself, several times, on one port.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { launch, open } from './workbench/browser.mjs';

const [program, data] = process.argv.slice(2, 4).map((path) => resolve(path));
const secret = process.argv[4];
const common = ['--lang', 'zh', '--data', data];
// As the program was started before: no settings of whoever runs this, no configuration of the folder it is run in.
const place = { cwd: dirname(data), env: { PATH: process.env.PATH } };

/** Starts the server and waits for the line that names the workbench. */
async function started(port) {
  const child = spawn(program, [...common, 'serve', '--listen', `127.0.0.1:${port}`], { ...place, stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((tell, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /^工作台：\s*(http:\/\/\S+?)\/?$/.exec(line);
      if (found) tell(found[1]);
    });
    child.on('exit', (code, signal) => reject(new Error(`the program ended with ${code ?? signal}`)));
  });
  const kill = (signal) => {
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    const ended = new Promise((done) => child.on('exit', done));
    child.kill(signal);
    return ended;
  };
  return { url, kill };
}

let server = await started(0);
const { url } = server;
const ask = async (query, variables = {}) => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` };
  const answer = await (await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })).json();
  assert.ok(answer.data, JSON.stringify(answer.errors));
  return answer.data;
};
const browser = await launch();
const { page, context, faults, go } = await open(browser, url, { expected: [/Failed to load resource/, /preload CSS|dynamically imported module/] });
await context.addInitScript((token) => sessionStorage.setItem('huitu.token', token), secret);
page.setDefaultTimeout(20_000);

try {
  const { gap } = await ask('{ gap(first: 2) { nodes { id name } } }');
  const [first, second] = gap.nodes;
  // The server is killed while somebody types: the page says so, and what is sent meanwhile is refused in words and stays typed.
  await go(`/e/${first.id}`);
  const note = page.locator('.finding-form input').first();
  await note.fill('门卫说下周再来');
  await server.kill('SIGKILL');
  await page.waitForSelector('.strip.danger[role=alert]');
  await page.locator('.finding-form button').click();
  await page.waitForSelector('.said:has-text("连不上服务器")');
  assert.equal(await note.inputValue(), '门卫说下周再来');
  // It comes back, the page finds it by itself, and what was typed goes through.
  server = await started(new URL(url).port);
  await page.waitForSelector('.strip.danger', { state: 'detached' });
  assert.equal(await note.inputValue(), '门卫说下周再来');
  await page.locator('.finding-form button').click();
  await page.waitForSelector('.findings li:has-text("门卫说下周再来")');
  // Where one goes while it is away says what is wrong; once it is back, trying again shows the page.
  await server.kill('SIGKILL');
  await page.waitForSelector('.strip.danger[role=alert]');
  await page.locator('nav a[href="/targets"]').click();
  await page.waitForSelector('.notice[role=alert] button');
  server = await started(new URL(url).port);
  await page.waitForSelector('.strip.danger', { state: 'detached' });
  // Its questions are asked again by themselves; a file of the page that did not come is fetched by the button.
  const again = page.locator('.notice[role=alert] button.primary');
  if ((await again.count()) > 0) await again.click();
  await page.waitForSelector('.targets tbody tr');

  // An earlier edition is looked at, pruned, and asked for again because a new one came: said, with a way on, and nothing typed is lost.
  await go('/gaps?at=edition:1');
  await page.waitForSelector('.grid-row a');
  await page.locator('.search').fill(second.name.slice(0, 4));
  await page.waitForFunction(() => new URL(location.href).searchParams.has('q'));
  await page.waitForSelector('.grid-row a');
  const { stdout } = await promisify(execFile)(program, [...common, 'edition', 'prune'], place);
  assert.match(stdout, /1/, stdout);
  await ask('mutation ($id: ID!) { recordFinding(input: { enterprise: $id, reason: "deferred" }) { userErrors { message } } }', { id: second.id });
  await page.locator('.search').fill(second.name.slice(0, 3));
  await page.waitForSelector('.notice[role=alert]:has-text("EDITION_GONE")');
  assert.equal(await page.locator('.search').inputValue(), second.name.slice(0, 3));
  await page.locator('.notice[role=alert] button').first().click();
  await page.waitForFunction(() => !new URL(location.href).searchParams.has('at'));
  await page.waitForSelector('.grid-row a, .empty');
  assert.equal(await page.locator('.search').inputValue(), second.name.slice(0, 3));
  assert.deepEqual(faults, []);
  console.log('restarts and pruned editions hold');
} catch (error) {
  console.log(`${error.message} at ${page.url()} ${faults.join(' ')}`);
  process.exitCode = 1;
} finally {
  await browser.close();
  await server.kill('SIGTERM');
}
