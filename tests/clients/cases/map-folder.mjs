// Client: pmtiles, @mapbox/vector-tile, topojson-client, maplibre-gl, @maplibre/maplibre-gl-style-spec, playwright-core
// Tried: the folder of `huitu export map`: every enterprise of the list once in the deepest tiles, areas with the figures of GeoJSON, shared borders written once, the style drawn in Chromium from plain files
import { createReadStream, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { VectorTile } from '@mapbox/vector-tile';
import { latest, validateStyleMin } from '@maplibre/maplibre-gl-style-spec';
import { PbfReader } from 'pbf';
import { chromium } from 'playwright-core';
import { PMTiles } from 'pmtiles';
import { feature, mesh } from 'topojson-client';
import { ask, check, copied, end, folder, hub, huitu, root, same } from '../lib.mjs';

const data = copied();
const place = folder();
// Handed out as any web server does it, with ranges.
const types = { html: 'text/html', mjs: 'text/javascript', js: 'text/javascript', css: 'text/css', json: 'application/json', png: 'image/png' };
const page = (url) => `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/maplibre/maplibre-gl.css"><div id="map" style="width:1200px;height:760px"></div>
<script type="importmap">{"imports":{"maplibre-gl":"/maplibre/maplibre-gl.mjs","pmtiles":"/pmtiles/index.js","fflate":"/fflate/browser.js"}}</script>
<script type="module">
import * as maplibre from 'maplibre-gl';
import { Protocol } from 'pmtiles';
maplibre.addProtocol('pmtiles', new Protocol().tile);
const map = new maplibre.Map({ container: 'map', style: '${url}/style.json', center: [116.4, 39.9], zoom: 8 });
window.map = map;
map.on('error', (e) => console.error(e.error?.message ?? e));
map.once('idle', () => (document.body.dataset.drawn = 'yes'));
</script>`;
const server = createServer((asked, answer) => {
  const { pathname } = new URL(asked.url, 'http://localhost');
  if (pathname === '/favicon.ico') return answer.writeHead(204).end();
  if (pathname === '/') return answer.writeHead(200, { 'content-type': types.html }).end(page(`http://${asked.headers.host}`));
  const [, of, name] = /^\/(maplibre|pmtiles|fflate)\/(.+)$/.exec(pathname) ?? [];
  const modules = { maplibre: 'kit/typescript/node_modules/maplibre-gl/dist', pmtiles: 'tests/clients/node_modules/pmtiles/dist/esm', fflate: 'tests/clients/node_modules/fflate/esm' };
  const file = of ? join(root, modules[of], name) : join(place, 'map', pathname);
  if (!existsSync(file)) return answer.writeHead(404).end();
  const size = statSync(file).size;
  const type = { 'content-type': types[file.split('.').at(-1)] ?? 'application/octet-stream' };
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(asked.headers.range ?? '') ?? [];
  if (from === undefined) return answer.writeHead(200, { ...type, 'content-length': size }), createReadStream(file).pipe(answer);
  const [start, last] = [Number(from), Math.min(Number(to), size - 1)];
  answer.writeHead(206, { ...type, 'content-range': `bytes ${start}-${last}/${size}`, 'content-length': last - start + 1 });
  createReadStream(file, { start, end: last }).pipe(answer);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${server.address().port}`;
const written = huitu('export', 'map', '--data', data, '-o', join(place, 'map'), '--url', base, '--lang', 'en', '--json');
same('the folder is written', written.status, 0);
const { enterprises, edition } = JSON.parse(written.stdout);

class File {
  constructor(name) {
    this.handle = openSync(join(place, 'map', name));
    this.name = name;
  }
  getKey() {
    return this.name;
  }
  async getBytes(offset, length) {
    const bytes = Buffer.alloc(length);
    const read = readSync(this.handle, bytes, 0, length, offset);
    return { data: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + read) };
  }
}

const archives = { gap: new PMTiles(new File('gap.pmtiles')), coverage: new PMTiles(new File('coverage.pmtiles')) };
const header = await archives.gap.getHeader();
same('an archive of version 3 with packed vector tiles in their order', [header.specVersion, header.tileType, header.tileCompression, header.clustered], [3, 1, 2, true]);
const metadata = await archives.gap.getMetadata();
same('it says of which edition it is', metadata['huitu.edition'], edition);
same('it names its layers', metadata.vector_layers.map((layer) => layer.id), ['clusters', 'points']);
check('it says whose the outlines are', metadata.attribution.includes('ECharts'));

const column = (longitude, z) => Math.floor(((longitude + 180) / 360) * 2 ** z);
const row = (latitude, z) => Math.floor(((1 - Math.asinh(Math.tan((latitude * Math.PI) / 180)) / Math.PI) / 2) * 2 ** z);
async function features(archive, z) {
  const { minLon, minLat, maxLon, maxLat } = await archive.getHeader();
  const found = {};
  for (let x = column(minLon, z); x <= column(maxLon, z); x++) {
    for (let y = row(maxLat, z); y <= row(minLat, z); y++) {
      const tile = await archive.getZxy(z, x, y);
      if (!tile) continue;
      for (const [name, layer] of Object.entries(new VectorTile(new PbfReader(new Uint8Array(tile.data))).layers)) {
        for (let i = 0; i < layer.length; i++) {
          const one = layer.feature(i);
          const [[at]] = one.loadGeometry();
          const inside = at.x >= 0 && at.y >= 0 && at.x < layer.extent && at.y < layer.extent;
          if (inside || name === 'areas') (found[name] ??= []).push({ number: one.id, ...one.properties });
        }
      }
    }
  }
  return found;
}

const { gap } = await ask('{ gap(first: 500) { totalCount nodes { id name gap { priority { score } } } } }');
same('as many enterprises as the list has', enterprises, gap.totalCount);
for (const z of [0, 8, 10, 11]) {
  const { clusters } = await features(archives.gap, z);
  same(`clusters at zoom ${z} count everybody once`, clusters.reduce((sum, c) => sum + c.count, 0), gap.totalCount);
}
for (const z of [12, 14]) {
  const { points, clusters = [] } = await features(archives.gap, z);
  same(`zoom ${z} has everybody once`, points.length + clusters.reduce((sum, c) => sum + c.count, 0), gap.totalCount);
  check(`zoom ${z}: nobody twice`, new Set(points.map((p) => p.id)).size === points.length, points.length);
  const known = new Map(gap.nodes.map((e) => [e.id, e]));
  same(`zoom ${z}: names and priorities as the graph says them`, points.filter((p) => known.get(p.id)?.name !== p.name || known.get(p.id)?.gap.priority.score !== p.priority), []);
}

const districts = await (await fetch(`${hub}/geo/districts.geojson?lang=en`)).json();
const wanted = new Map(districts.features.filter((f) => f.id).map((f) => [f.properties.code, f.properties]));
for (const z of [0, 7, 12]) {
  const { areas, labels } = await features(archives.coverage, z);
  same(`zoom ${z} has every district and its label`, [new Set(areas.map((a) => a.code)).size, labels.length], [wanted.size, wanted.size]);
  same(`zoom ${z}: their figures are those of GeoJSON`, areas.filter((a) => ['name', 'inGap', 'enterprises'].some((key) => (wanted.get(a.code)[key] ?? null) !== (a[key] ?? null))), []);
}

const topology = JSON.parse(readFileSync(join(place, 'map', 'areas.topojson'), 'utf8'));
const read = feature(topology, topology.objects.districts);
const byCode = new Map(read.features.map((f) => [f.properties.code, f]));
const rings = (geometry) => (geometry?.type === 'Polygon' ? [geometry.coordinates] : (geometry?.coordinates ?? [])).flat();
const area = (ring) => Math.abs(ring.reduce((sum, [x, y], at) => sum + x * ring[(at + 1) % ring.length][1] - ring[(at + 1) % ring.length][0] * y, 0)) / 2;
const size = (geometry) => rings(geometry).reduce((sum, ring) => sum + area(ring), 0);
same('TopoJSON has the areas of GeoJSON', districts.features.filter((f) => Math.abs(size(f.geometry) - size(byCode.get(f.properties.code).geometry)) > 1e-6).map((f) => f.id), []);
same('and their figures', districts.features.filter((f) => JSON.stringify(f.properties) !== JSON.stringify(byCode.get(f.properties.code).properties)).map((f) => f.id), []);
check('borders between districts are shared', mesh(topology, topology.objects.districts, (a, b) => a !== b).coordinates.length > 10);
const streets = feature(topology, topology.objects.streets).features;
check('streets stand at their points', streets.length > 300 && streets.filter((s) => s.geometry?.type === 'Point').length > 300, streets.length);
check('it is less than the two GeoJSON', JSON.stringify(topology.arcs).length < JSON.stringify(districts.features.map((f) => f.geometry)).length, JSON.stringify(topology.arcs).length);

const style = JSON.parse(readFileSync(join(place, 'map', 'style.json'), 'utf8'));
same('the style is valid', validateStyleMin(style, latest).map((e) => e.message), []);
check('it names no hub', !JSON.stringify(style).includes(':8080'));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'] });
const tab = await browser.newPage({ viewport: { width: 1280, height: 800 } });
const faults = [];
tab.on('pageerror', (error) => faults.push(error.message));
tab.on('console', (message) => message.type() === 'error' && !message.text().includes('favicon') && faults.push(message.text()));
await tab.goto(base);
await tab.waitForSelector('body[data-drawn=yes]', { timeout: 90_000 }).catch(() => check('the map is drawn', false, faults));
const drawn = (layers) => tab.evaluate((names) => window.map.queryRenderedFeatures({ layers: names }).map((f) => f.properties.code ?? f.properties.id), layers);
check('districts are drawn', new Set(await drawn(['district-fill', 'district-hatch'])).size >= 10, [...new Set(await drawn(['district-fill', 'district-hatch']))]);
const moved = tab.evaluate(() => new Promise((resolve) => (window.map.once('idle', resolve), window.map.jumpTo({ center: [116.4, 39.92], zoom: 13 }))));
await moved;
check('enterprises are drawn', (await drawn(['point', 'cluster'])).length > 0, (await drawn(['point', 'cluster'])).length);
same('no faults', faults, []);
await tab.screenshot({ path: join(process.env.CITY, 'logs', 'map-folder.png') });
await browser.close();
server.close();

const none = huitu('export', 'map', '--data', data, '-o', join(place, 'map'), '--area', '119999');
check('an area that there is not is refused', none.status === 1 && none.stderr.includes('119999'), none.stderr.trim());
const seen = JSON.parse(huitu('audit', 'search', '--data', data, '--json').stdout);
check('who took it is noted', seen.some((line) => line.way === 'export' && JSON.stringify(line.enterprises).length > 20 && line.fields.includes('NAME')), seen.length);
end();
