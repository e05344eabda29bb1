// Client: maplibre-gl, @maplibre/maplibre-gl-style-spec, playwright-core
// Tried: the kit's style is valid in every measure; the first map in Chromium: at most 8 requests and 60 kB beyond MapLibre itself, areas in the colours of their classes, labels, legend in both languages, points from the tiles
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { latest, validateStyleMin } from '@maplibre/maplibre-gl-style-spec';
import { chromium } from 'playwright-core';
import { breaks, colours, measureNames, noData } from '../../../kit/typescript/dist/charts/measures.js';
import { ask, check, end, hub, root, same } from '../lib.mjs';

const style = JSON.parse(readFileSync(join(root, 'kit/maplibre/style.json'), 'utf8'));
same('the style is valid', validateStyleMin(style, latest).map((e) => e.message), []);
const { legend, measures } = style.metadata.huitu;
same('one legend for every kind of map', [legend.breaks, legend.colours, legend.noData.colours[0], measures], [breaks, colours, noData, measureNames]);
for (const id of ['district-fill', 'street-fill']) {
  const paint = style.layers.find((layer) => layer.id === id).paint['fill-color'];
  same(`${id} is painted as the legend says`, [paint.slice(2).filter((_, at) => at % 2 === 0), paint.slice(2).filter((_, at) => at % 2 === 1)], [legend.colours, legend.breaks]);
}

const server = spawn(process.execPath, [join(root, 'kit/typescript/examples/map/serve.mjs'), '--port', '0', '--hub', hub], { stdio: ['ignore', 'pipe', 'inherit'] });
process.on('exit', () => server.kill());
const [, url] = /(http:\S+\/) /.exec(await new Promise((resolve) => createInterface({ input: server.stdout }).once('line', resolve)));
for (const measure of Object.keys(measures)) {
  const filled = await (await fetch(`${url}map/style.json?measure=${measure}&lang=en`)).text();
  same(`the style of ${measure} is valid`, validateStyleMin(JSON.parse(filled), latest).map((e) => e.message), []);
  check(`it asks in English for ${measure}`, filled.includes('lang=en') && !filled.includes('lang=zh') && filled.includes(`["get", "${measure}"]`));
}
same('it hands on questions for maps and nothing else', [(await fetch(`${url}graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{viewer{name}}"}' })).status, (await fetch(`${url}export/gap.csv`)).status, (await fetch(`${url}tiles/gap.json`)).status], [404, 404, 200]);
const foreign = await new Promise((resolve) => get(url, { headers: { host: 'maps.example' } }, (response) => resolve(response.statusCode)));
same('it answers to its own name', foreign, 403);
same('a measure that there is not', (await fetch(`${url}map/style.json?measure=wages`)).status, 400);

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'] });
const { gap } = await ask('{ gap(first: 500) { nodes { id location { longitude latitude basis } } } }');
const own = gap.nodes.find((e) => e.location?.basis === 'REGISTRY');
const near = { id: own.id, at: [own.location.longitude, own.location.latitude] };
for (const lang of ['zh', 'en']) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  const loaded = [];
  page.on('requestfinished', (request) => loaded.push(request));
  await page.goto(`${url}?lang=${lang}`);
  await page.waitForSelector('body[data-drawn=yes]', { timeout: 60_000 });
  const ours = loaded.filter((request) => !new URL(request.url()).pathname.startsWith('/maplibre/') && !request.url().startsWith('data:') && !request.url().startsWith('blob:'));
  const sizes = await Promise.all(ours.map((request) => request.sizes()));
  const bytes = sizes.reduce((sum, s) => sum + s.responseBodySize + s.responseHeadersSize, 0);
  check(`${lang}: requests beyond MapLibre`, ours.length <= 8, `${ours.length}: ${ours.map((r) => new URL(r.url()).pathname).join(' ')}`);
  check(`${lang}: bytes beyond MapLibre`, bytes <= 60_000, bytes);
  same(`${lang}: no faults`, faults, []);
  check(`${lang}: the legend`, (await page.textContent('#legend')).includes(measures.coverageRate[lang]) && (await page.textContent('#legend')).includes(legend.noData[lang]));
  check(`${lang}: who drew the outlines`, (await page.textContent('.maplibregl-ctrl-attrib')).includes('ECharts'));
  await page.screenshot({ path: join(process.env.CITY, 'logs', `map-${lang}.png`) });
  if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `map-${lang}.png`) });
  // The figures of the map are the graph's, and every area is drawn in the colour of its class.
  const drawn = await page.evaluate(async () => {
    const { map } = await import('/map.mjs');
    const areas = map.queryRenderedFeatures({ layers: ['district-fill', 'district-hatch'] });
    const labels = map.queryRenderedFeatures({ layers: ['district-label'] });
    const steps = map.getPaintProperty('district-fill', 'fill-color').slice(2);
    return { steps, labels: labels.map((f) => f.properties.code), areas: areas.map((f) => ({ ...f.properties, layer: f.layer.id, colour: f.layer.paint['fill-color'] })) };
  });
  const rgb = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const expected = (value) => drawn.steps.filter((_, at) => at % 2 === 0)[drawn.steps.filter((limit, at) => at % 2 === 1 && value >= limit).length];
  const { coverage } = await ask('query($lang: Language) { coverage(by: [DISTRICT]) { rows { keys { code name(lang: $lang) } inGap coverageRate { value } } } }', { lang: lang.toUpperCase() });
  let compared = 0;
  for (const { keys: [{ code, name }], inGap, coverageRate } of coverage.rows.filter((row) => row.keys[0].code)) {
    const area = drawn.areas.find((f) => f.code === code);
    const layer = coverageRate.value === null ? 'district-hatch' : 'district-fill';
    const right = area && area.name === name && area.inGap === inGap && area.layer === layer && (layer === 'district-hatch' || rgb(expected(coverageRate.value)).every((part, at) => Math.abs(part - [area.colour.r, area.colour.g, area.colour.b][at]) < 0.01));
    if (right) compared += 1;
    else check(`${lang}: ${name} as the graph says`, false, area ?? 'not drawn');
  }
  check(`${lang}: areas as the graph says, in the colours of their classes`, compared > 5, compared);
  check(`${lang}: areas have their label, once`, drawn.labels.length >= 12 && new Set(drawn.labels).size === drawn.labels.length, drawn.labels.length);
  // A click tells, and closer the enterprises themselves are there.
  await page.mouse.click(760, 470);
  const said = await page.waitForSelector('.maplibregl-popup-content', { timeout: 20_000 }).then((popup) => popup.textContent());
  check(`${lang}: a click tells`, said.includes('%') || said.includes(legend.noData[lang]), said);
  const { at, id } = near;
  const points = await page.evaluate(async (center) => {
    const { map } = await import('/map.mjs');
    map.jumpTo({ center, zoom: 14 });
    await map.once('idle');
    return map.queryRenderedFeatures({ layers: ['point'] }).map((f) => f.properties.id);
  }, at);
  check(`${lang}: closer, the enterprises themselves from the tiles`, points.includes(id), points.length);
  if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `near-${lang}.png`) });
  await page.close();
}
await browser.close();
end();
