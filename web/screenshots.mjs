// Pictures of the pages for the book: node screenshots.mjs [URL]. Written to docs/src/pictures/, each under 150 KB.
import { mkdir, writeFile } from 'node:fs/promises';
import { launch, open } from './test/workbench/browser.mjs';
import { ask, cityOf } from './test/workbench/city.mjs';
import { federated } from './test/workbench/federation.mjs';
import { start } from './test/workbench/hub.mjs';
import { small } from './test/workbench/picture.mjs';
import { prepared } from './test/workbench/work.mjs';

const MOST_BYTES = 150_000;
const folder = new URL('../docs/src/pictures/', import.meta.url).pathname;
/** Five corners around where the name of a district stands. */
const shapeOf = ({ labelPoint: { longitude, latitude } }) =>
  [[-0.06, -0.05], [0.07, -0.06], [0.1, 0.01], [0.02, 0.06], [-0.08, 0.03]].map(([x, y]) => `${(longitude + x).toFixed(4)},${(latitude + y).toFixed(4)}`).join(';');
const hub = process.argv[2] === undefined ? await start(20_000) : { url: process.argv[2], stop: async () => {} };
const { url } = hub;

try {
  await mkdir(folder, { recursive: true });
  const city = await cityOf(url);
  const { areas } = await ask(url, '{ areas(level: DISTRICT) { code labelPoint { longitude latitude } } }');
  // Invented targets, so that the pages have something to compare with.
  for (const [at, area] of [{ code: '110000' }, ...areas].entries()) {
    const input = { area: area.code, year: new Date().getFullYear(), indicator: 'independent_rate_above_size', value: 0.28 + (at % 4) * 0.03 };
    await ask(url, 'mutation ($input: SetTargetInput!) { setTarget(input: $input) { userErrors { message } } }', { input });
  }
  const district = areas.find((area) => area.code === city.district);
  const work = await prepared(url, city);
  const federation = await federated(url, city);
  const shots = [
    ['map-zh', '/', 'zh', '[data-map=gl]', {}],
    ['map-target-en', '/?m=target', 'en', '[data-map=gl]', {}],
    ['map-phone', '/', 'zh', '[data-map=gl]', { width: 390, height: 780 }],
    ['work', `/work?unit=${city.district}`, 'zh', '.week-part tbody tr', { height: 900 }],
    ['cases-en', `/cases?area=${city.district}`, 'en', '.cases-table tbody tr', { height: 760 }],
    ['case', `/cases/${work.case}`, 'zh', '.history li', { height: 1000 }],
    ['visits', `/visits?draw=1&area=${city.district}&shape=${shapeOf(district)}`, 'zh', '.shape-map polygon', { height: 900 }],
    ['duties-en', '/duties', 'en', '.workload tbody tr', { height: 800 }],
    ['lists', `/lists?list=${work.named}`, 'zh', '.list-parts tbody tr', { height: 900 }],
    ['units', '/units', 'zh', '.tree tbody tr:nth-child(9)', { height: 900 }],
    ['unit-en', `/units/${federation.unit}`, 'en', '.versions li', { height: 1000 }],
    ['places', `/places?d=${city.district}`, 'zh', '.place-map path[data-place]', { height: 900 }],
    ['building-en', '/places/B1', 'en', '.versions li', { height: 900 }],
    ['map-places', `/?places=1&d=${city.district}`, 'zh', '[data-map=gl]', {}],
    ['posts-en', '/posts', 'en', '.all-posts tbody tr', { height: 800 }],
    ['services', '/services', 'zh', '.by-kind tbody tr', { height: 800 }],
    ['dispatch-en', '/dispatch', 'en', '.agreements tbody tr', { height: 640 }],
    ['funds', '/funds', 'zh', '.wide tbody tr', { height: 800 }],
    ['breakdown', `/breakdown?open=BJ,${federation.unit}`, 'zh', '.tree tbody tr:nth-child(9)', { height: 700 }],
    ['appraisal', `/appraisal?unit=${federation.unit}`, 'zh', '.ranks tbody tr', { height: 900 }],
    ['figures-en', '/figures', 'en', '.figures-table tbody tr', { height: 460 }],
    ['kit-en', '/kit', 'en', '.command pre', { height: 760 }],
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
