// The workbench in Chromium against a running server: node workbench.mjs URL [WORD]
// Every page in two languages and three widths: nothing cut or covered, axe without violations; then each page's task. With WORD only
// what has it in its name.
import assert from 'node:assert/strict';
import { launch, open } from './workbench/browser.mjs';
import { geometry, violations } from './workbench/checks.mjs';
import { cityOf } from './workbench/city.mjs';
import { federated } from './workbench/federation.mjs';
import { journeys, troubles } from './workbench/journeys.mjs';
import { listJourneys, listLooks, listTroubles } from './workbench/lists.mjs';
import { mapLooks } from './workbench/maps.mjs';
import { pages } from './workbench/pages.mjs';
import { stateJourneys, stateLooks, stateTroubles } from './workbench/states.mjs';
import { unionJourneys, unionPages } from './workbench/union.mjs';
import { prepared, workJourneys, workPages, workTroubles } from './workbench/work.mjs';

const [url, word = ''] = process.argv.slice(2);
const WIDTHS = [1440, 1024, 390];
const failures = [];
const browser = await launch();
const found = await cityOf(url);
const city = { ...found, url, ...(await prepared(url, found)), ...(await federated(url, found)) };

async function attempt(name, options, run) {
  if (!name.includes(word)) return;
  const opened = await open(options.browser ?? browser, url, options);
  try {
    opened.page.setDefaultTimeout(20_000);
    await run(opened);
    for (const fault of opened.faults) failures.push(`${name}: ${fault}`);
  } catch (error) {
    failures.push(`${name}: ${error.message.split('\n').slice(0, 6).join(' ').slice(0, 1_000)} at ${opened.page.url().slice(0, 300)} ${opened.faults.join(' ')}`);
  } finally {
    await opened.context.close();
  }
}

const began = performance.now();
const said = (what) => console.log(`${what} after ${Math.round((performance.now() - began) / 1000)} s`);
const looks = Object.entries({ ...mapLooks, ...listLooks, ...stateLooks }).map(([name, run]) => () => attempt(name, {}, (opened) => run(opened, city)));
for (const lang of ['zh', 'en']) {
  const widths = lang === 'zh' ? WIDTHS : [WIDTHS[2], WIDTHS[0], WIDTHS[1]];
  for (const { name, path, ready } of [...pages(city), ...workPages(city), ...unionPages(city)]) {
    const look = () => attempt(`${name} ${lang}`, { lang, width: widths[0] }, async ({ page, go }) => {
      await go(path);
      // One page in every width, as a window is made smaller or larger: opened anew for each it costs three times as much. Axe reads the
      // first width whole, in one language the widest and in the other the narrowest, and of the next what looks different.
      for (const [at, width] of widths.entries()) {
        await page.setViewportSize({ width, height: width < 861 ? 844 : 900 });
        await page.waitForSelector(ready);
        await page.waitForFunction(() => document.querySelector('.loading, [aria-busy=true]') === null);
        await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
        const found = [...(await violations(page, { since: at > 0 })), ...(await geometry(page))];
        if (found.length > 0) throw new Error(`at ${width}: ${[...new Set(found)].slice(0, 5).join(' | ')}`);
      }
    });
    looks.push(look);
  }
}
// Several at a time: they only look. The other journeys change things and go one after the other.
await Promise.all(
  Array.from({ length: 3 }, async () => {
    for (let look = looks.shift(); look !== undefined; look = looks.shift()) await look();
  }),
);
said('pages looked at');
for (const [name, run] of Object.entries({ ...journeys, ...listJourneys, ...stateJourneys, ...workJourneys, ...unionJourneys })) await attempt(name, {}, (opened) => run(opened, city));
// Where requests are refused on purpose the browser writes errors of its own.
for (const [name, run] of Object.entries({ ...troubles, ...listTroubles, ...stateTroubles, ...workTroubles })) await attempt(name, { expected: [/Failed to load resource/, /preload CSS|dynamically imported module/] }, (opened) => run(opened, city));

await browser.close();
said('journeys made');

// The map library draws with WebGL and works in a worker: the policy must let it, and nothing may come from outside.
const drawing = await launch({ webgl: true });
await attempt(
  'the zoomable map takes the place of the drawing where WebGL 2 is there',
  { browser: drawing },
  async ({ page, go }) => {
    await go(`/?d=${city.district}`);
    await page.waitForSelector('[data-map=gl]', { timeout: 120_000 });
    await page.locator('.toolbar .check input').first().uncheck();
    await page.waitForFunction(() => new URL(location.href).searchParams.get('layer') === 'none');
    // The scale stands beside the note of whose the boundaries are, not on it.
    const [scale, note] = [await page.locator('.maplibregl-ctrl-scale').boundingBox(), await page.locator('.gl-map .boundary-note').boundingBox()];
    assert.ok(scale.y + scale.height <= note.y || note.y + note.height <= scale.y, JSON.stringify([scale, note]));
    // Where a person moved to stands in the address, and a reload comes back to it; a choice of the page shows what is chosen.
    assert.equal(new URL(page.url()).searchParams.get('look'), null);
    await page.locator('.maplibregl-ctrl-zoom-in').click();
    await page.waitForFunction(() => /^[\d.]+,[\d.]+,[\d.]+$/.test(new URL(location.href).searchParams.get('look') ?? ''));
    const look = page.url();
    const drawn = await page.locator('.maplibregl-ctrl-scale').textContent();
    await page.reload();
    await page.waitForSelector('[data-map=gl]', { timeout: 120_000 });
    assert.equal(page.url(), look);
    assert.equal(await page.locator('.maplibregl-ctrl-scale').textContent(), drawn);
    await page.locator('.panel-head button').click();
    await page.waitForFunction(() => !new URL(location.href).searchParams.has('look'));
    const found = [...(await violations(page)), ...(await geometry(page))];
    if (found.length > 0) throw new Error(found.slice(0, 5).join(' | '));
  },
);
await attempt(
  'places are drawn from their own tiles where WebGL 2 is there',
  { browser: drawing },
  async ({ page, go }) => {
    const tiles = page.waitForResponse((response) => response.url().includes('/tiles/places/') && response.status() === 200, { timeout: 120_000 });
    await go('/places?kind=STATION');
    assert.match((await tiles).url(), /kind=STATION/);
    await page.waitForSelector('.place-map[data-map=gl]', { timeout: 120_000 });
    await page.locator('.place-legend li:has-text("服务站") input').uncheck();
    await page.waitForFunction(() => new URL(location.href).searchParams.get('hide') === 'STATION');
    const found = [...(await violations(page)), ...(await geometry(page))];
    if (found.length > 0) throw new Error(found.slice(0, 5).join(' | '));
  },
);
await drawing.close();
said('maps drawn');
console.log(failures.length === 0 ? 'all pages and journeys hold' : failures.join('\n'));
process.exit(failures.length === 0 ? 0 : 1);
