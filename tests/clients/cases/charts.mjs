// Client: echarts, leaflet
// Tried: coverage by district as a map of ECharts (drawn to SVG) and as a layer of Leaflet (in Chromium): every area in the colour of its class, hatched or grey where nobody can tell
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { coverageOption, mapOf } from '../../../kit/typescript/dist/charts/echarts.js';
import { colourOf, colours, noData, rateOf } from '../../../kit/typescript/dist/charts/measures.js';
import { check, end, hub, root, same } from '../lib.mjs';

const kit = join(root, 'kit/typescript');
const echarts = createRequire(join(kit, 'package.json'))('echarts');
const areas = await (await fetch(`${hub}/geo/districts.geojson?lang=zh`)).json();

// The same classes everywhere; a rate at a limit belongs to the class above it.
same('classes', [null, 0, 0.4999, 0.5, 0.79, 0.8, 1].map(colourOf), [noData, colours[0], colours[0], colours[1], colours[3], colours[4], colours[4]]);
const rates = { 110101: 0.55, 110105: 0.65, 110106: 0.75, 110108: 0.85, 110112: null };
for (const feature of areas.features) if (feature.id in rates) feature.properties.coverageRate = rates[feature.id];

echarts.registerMap('districts', mapOf(areas));
const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 900, height: 800 });
chart.setOption(coverageOption('districts', areas, 'coverageRate', 'zh'));
const svg = chart.renderToSVGString();
for (const name of ['朝阳区', '密云区', '工会组织覆盖率']) check(`ECharts writes ${name}`, svg.includes(name));
for (const rate of Object.values(rates)) check(`ECharts paints ${rate ?? 'what nobody can tell'}`, svg.toLowerCase().includes(`fill="${colourOf(rate)}"`) || svg.includes(`rgb(${[1, 3, 5].map((at) => Number.parseInt(colourOf(rate).slice(at, at + 2), 16)).join(',')})`), colourOf(rate));
check('ECharts names who drew the outlines', svg.includes('not a legal boundary'));

const files = { '/': '<!doctype html><link rel="icon" href="data:,"><link rel="stylesheet" href="/leaflet.css"><div id="map" style="height:600px"></div><script src="/leaflet.js"></script>', '/areas.json': JSON.stringify(areas) };
const server = createServer(({ url }, response) => {
  const path = url.startsWith('/dist/') ? join(kit, url) : url.startsWith('/leaflet') ? join(kit, 'node_modules/leaflet/dist', url) : null;
  const type = url.endsWith('.js') ? 'text/javascript' : url.endsWith('.css') ? 'text/css' : url.endsWith('.json') ? 'application/json' : 'text/html';
  response.writeHead(200, { 'content-type': type }).end(path ? readFileSync(path) : files[url]);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = await browser.newPage();
const faults = [];
page.on('pageerror', (error) => faults.push(error.message));
await page.goto(`http://127.0.0.1:${server.address().port}/`);
const drawn = await page.evaluate(async () => {
  const { coverageLayer } = await import('/dist/charts/leaflet.js');
  const areas = await (await fetch('/areas.json')).json();
  const map = L.map('map');
  const layer = coverageLayer(L, areas, 'coverageRate').addTo(map);
  map.fitBounds(layer.getBounds());
  const found = [];
  layer.eachLayer((one) => {
    one.openPopup();
    found.push([one.feature.id, one.getElement().getAttribute('fill'), one.getPopup().getContent().textContent]);
  });
  return { found, attribution: document.querySelector('.leaflet-control-attribution').textContent };
});
same('Leaflet paints every area', drawn.found.length, 16);
const wrong = drawn.found.filter(([id, fill]) => fill !== colourOf(rateOf(areas.features.find((f) => f.id === id).properties, 'coverageRate')));
same('Leaflet: in the colour of its class', wrong, []);
check('Leaflet tells the rate', drawn.found.find(([id]) => id === '110101')[2].includes('55.0%'), drawn.found[0]);
check('Leaflet names who drew the outlines', drawn.attribution.includes('not a legal boundary'));
same('no faults', faults, []);
await browser.close();
end();
