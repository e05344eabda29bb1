// Sizes and times of the workbench in Chromium: node bench.mjs [ENTERPRISES] [URL]. Prints; never asserted by a test.
import { launch, open } from './test/workbench/browser.mjs';
import { ask, cityOf } from './test/workbench/city.mjs';
import { start } from './test/workbench/hub.mjs';

const [enterprises = '20000', given] = process.argv.slice(2);
const hub = given === undefined ? await start(enterprises) : { url: given, stop: async () => {} };
const { url } = hub;
const print = (what, value, aim) => console.log(`${what.padEnd(58)} ${String(value).padStart(12)}   aim ${aim}`);
const kilobytes = (bytes) => `${Math.round(bytes / 1000)} KB`;

/** Bytes as sent, counted by the browser itself. */
async function counted(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const count = { bytes: 0, files: new Map() };
  const names = new Map();
  session.on('Network.requestWillBeSent', (event) => names.set(event.requestId, new URL(event.request.url).pathname));
  session.on('Network.dataReceived', (event) => {
    count.bytes += event.encodedDataLength;
    const name = names.get(event.requestId) ?? '?';
    count.files.set(name, (count.files.get(name) ?? 0) + event.encodedDataLength);
  });
  return { count, session };
}

try {
  const city = await cityOf(url);
  {
    const browser = await launch({ webgl: true });
    const { page, go } = await open(browser, url);
    const { count } = await counted(page);
    let painted = null;
    await page.exposeFunction('painted', () => (painted ??= count.bytes));
    await page.addInitScript(() => new PerformanceObserver((list) => list.getEntriesByName('districts-painted').length > 0 && globalThis.painted()).observe({ entryTypes: ['mark'] }));
    await go('/');
    await page.waitForSelector('[data-map=gl]', { timeout: 60_000 });
    const at = await page.evaluate(() => performance.getEntriesByName('districts-painted')[0].startTime);
    print('sent until the districts are painted', kilobytes(painted), '≤ 150 KB');
    print('time until the districts are painted, empty cache', `${Math.round(at)} ms`, '≤ 1500 ms');
    // A worker fetches its script by itself, out of sight of the page's counter.
    for (const worker of page.workers()) {
      const { headers } = await fetch(worker.url(), { headers: { 'accept-encoding': 'br' } });
      const bytes = Number(headers.get('content-length'));
      count.bytes += bytes;
      count.files.set(new URL(worker.url()).pathname, bytes);
    }
    print('sent until the zoomable map stands, its worker included', kilobytes(count.bytes), '≤ 500 KB');
    for (const [name, bytes] of [...count.files].sort((a, b) => b[1] - a[1]).slice(0, 8)) console.log(`    ${name.padEnd(54)} ${kilobytes(bytes).padStart(12)}`);
    await browser.close();
  }
  {
    const browser = await launch();
    const { page, go } = await open(browser, url);
    const { session } = await counted(page);
    await go('/gaps?part=both');
    await page.waitForSelector('.grid-row a');
    const rows = city.both;
    await page.waitForTimeout(4_000);
    await page.focus('[role=grid]');
    const timed = async (act, done, argument) => {
      const from = performance.now();
      await act();
      await page.waitForFunction(done, argument, { polling: 'raf' });
      return performance.now() - from;
    };
    const end = await timed(() => page.keyboard.press('End'), (n) => document.querySelector(`#row-${n - 1} a`) !== null, rows);
    print(`jump to the end of ${rows.toLocaleString('en')} rows`, `${Math.round(end)} ms`, '≤ 300 ms');
    await page.keyboard.press('Home');
    await page.waitForSelector('#row-0 a');
    const filtered = [];
    for (const part of [0, 1, 2, 0, 1]) {
      const button = page.locator('.gaps .segments button').nth(part);
      const wanted = [city.lacking, city.undecided, city.both][part];
      filtered.push(await timed(() => button.click(), (n) => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(n + 1) && document.querySelector('#row-0 a') !== null, wanted));
    }
    print('another filter until its rows stand, median of 5', `${Math.round(filtered.sort((a, b) => a - b)[2])} ms`, '≤ 100 ms');
    await page.locator('.gaps .segments button').nth(2).click();
    const heap = async () => {
      await session.send('HeapProfiler.collectGarbage');
      return (await session.send('Runtime.getHeapUsage')).usedSize;
    };
    const scroll = (times) =>
      page.evaluate(async (n) => {
        const grid = document.querySelector('[role=grid]');
        for (let i = 0; i < n; i++) {
          grid.scrollTop = ((i * 0.618034) % 1) * grid.scrollHeight;
          await new Promise((resolve) => setTimeout(resolve, 15));
        }
      }, times);
    // Until the kept pages and the list of requests are full.
    await scroll(600);
    const before = await heap();
    await scroll(1_000);
    await page.waitForTimeout(500);
    print('memory of the tab before and after 1,000 scrolls', `${(before / 1e6).toFixed(1)}→${((await heap()) / 1e6).toFixed(1)} MB`, 'flat');
    await go('/');
    await page.waitForSelector('.slider output');
    const from = performance.now();
    const published = page.waitForFunction(() => document.querySelector('.announcement')?.textContent !== '', undefined, { polling: 'raf' }).then(() => performance.now() - from);
    await ask(url, `mutation ($id: ID!) { recordFinding(input: { enterprise: $id, reason: "deferred" }) { userErrors { message } } }`, { id: city.first });
    const answered = performance.now() - from;
    print('a new edition on an open page, after its publication', `${Math.max(0, Math.round((await published) - answered))} ms`, '≤ 2000 ms');
    await browser.close();
  }
} finally {
  await hub.stop();
}
