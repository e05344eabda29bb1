// Pictures of the pages for the book: node screenshots.mjs [URL]. Written to docs/src/pictures/, each under 150 KB.
import { mkdir, writeFile } from 'node:fs/promises';
import { launch, open } from './test/workbench/browser.mjs';
import { ask, cityOf } from './test/workbench/city.mjs';
import { start } from './test/workbench/hub.mjs';
import { small } from './test/workbench/picture.mjs';

const MOST_BYTES = 150_000;
const folder = new URL('../docs/src/pictures/', import.meta.url).pathname;
const hub = process.argv[2] === undefined ? await start(20_000) : { url: process.argv[2], stop: async () => {} };
const { url } = hub;

try {
  await mkdir(folder, { recursive: true });
  const city = await cityOf(url);
  const { areas } = await ask(url, '{ areas(level: DISTRICT) { code } }');
  // Invented targets, so that the pages have something to compare with.
  for (const [at, area] of [{ code: '110000' }, ...areas].entries()) {
    const input = { area: area.code, year: new Date().getFullYear(), indicator: 'independent_rate_above_size', value: 0.28 + (at % 4) * 0.03 };
    await ask(url, 'mutation ($input: SetTargetInput!) { setTarget(input: $input) { userErrors { message } } }', { input });
  }
  const shots = [
    ['map-zh', '/', 'zh', '[data-map=gl]', {}],
    ['map-target-en', '/?m=target', 'en', '[data-map=gl]', {}],
    ['map-phone', '/', 'zh', '[data-map=gl]', { width: 390, height: 780 }],
    ['gaps', `/gaps?area=${city.district}&tags=FOREIGN`, 'zh', '.grid-row a', {}],
    ['gaps-en', '/gaps?part=undecided', 'en', '.grid-row a', {}],
    ['enterprise', `/e/${city.first}`, 'zh', '.matrix', { height: 1000 }],
    ['review', '/review?registry=unions', 'zh', '.pair', {}],
    ['sources', '/sources', 'zh', '.sources tbody tr', { height: 640 }],
    ['targets', '/targets', 'zh', '.targets tbody input', {}],
    ['bulletin', '/bulletin', 'zh', '.sheet svg path', { width: 900, height: 1100 }],
    ['partner', '/partner?registry=tax', 'zh', '.quality', { height: 760 }],
    ['administration-en', '/administration', 'en', '.administration tbody tr', { height: 640 }],
  ];
  const browser = await launch({ webgl: true });
  const drawing = await browser.newPage();
  for (const [name, path, lang, ready, size] of shots) {
    const { page, context, go } = await open(browser, url, { lang, width: 1280, height: 800, ...size });
    await go(path);
    await page.waitForSelector(ready, { timeout: 60_000 });
    await page.waitForFunction(() => document.querySelector('.loading, [aria-busy=true]') === null);
    await page.evaluate(() => document.fonts.ready);
    const file = `${folder}${name}.png`;
    const png = await small(drawing, await page.screenshot());
    await writeFile(file, png);
    const bytes = png.length;
    console.log(`${name.padEnd(24)} ${Math.round(bytes / 1000)} KB`);
    if (bytes > MOST_BYTES) throw new Error(`${name}.png has ${bytes} bytes: more than ${MOST_BYTES}`);
    await context.close();
  }
  await browser.close();
} finally {
  await hub.stop();
}
