// Client: @mapbox/vector-tile, pbf
// Tried: every enterprise of the gap list is in exactly one tile; the buffer; feature ids over two editions; exact counts of clusters; TileJSON for callers by different names, with filter, edition and language
import { request } from 'node:http';
import { VectorTile } from '@mapbox/vector-tile';
import { PbfReader } from 'pbf';
import { ask, check, copied, end, hub, same, serve, started, token } from '../lib.mjs';

const tilejson = async (query, headers = {}, at = hub) =>
  new Promise((resolve, reject) => {
    const asked = request(`${at}/tiles/gap.json${query}`, { headers }, async (response) => {
      let text = '';
      for await (const piece of response) text += piece;
      resolve(JSON.parse(text));
    });
    asked.on('error', reject).end();
  });

// Whoever asked first, by whatever name, leaves nothing behind for the next. (A demonstration answers to this machine's names only.)
const data = copied();
const authorization = `Bearer ${token(data, '--name', 'map', '--role', 'client')}`;
const known = await started(data);
const proxied = await tilejson('?edition=1', { authorization, host: 'maps.example', 'x-forwarded-proto': 'https' }, known.url);
const next = await tilejson('?edition=1', { authorization }, known.url);
check('a caller by another name', proxied.tiles[0].startsWith('https://maps.example/tiles/'), proxied.tiles[0]);
check('the next one gets the address it asked', next.tiles[0].startsWith(`${known.url}/tiles/`), next.tiles[0]);
const behind = await serve('--public-url', 'https://hub.example/huitu');
const named = await tilejson('?edition=1', {}, behind.url);
check('behind a proxy the configured address, with its path', named.tiles[0].startsWith('https://hub.example/huitu/tiles/gap/'), named.tiles[0]);
const plain = await tilejson('?edition=1');
const filtered = await tilejson('?area=110108&lang=en&asOf=edition:1');
check('filter, edition and language are handed on', ['area=110108', 'lang=en', 'edition=1'].every((part) => filtered.tiles[0].includes(part)), filtered.tiles[0]);
check('bounds, centre, attribution', plain.bounds.length === 4 && plain.center.length === 3 && plain.attribution.length > 0);

const [west, south, east, north] = plain.bounds;
const column = (longitude, z) => Math.floor(((longitude + 180) / 360) * 2 ** z);
const row = (latitude, z) => Math.floor(((1 - Math.asinh(Math.tan((latitude * Math.PI) / 180)) / Math.PI) / 2) * 2 ** z);

async function tile(z, x, y, query) {
  const response = await fetch(`${hub}/tiles/gap/${z}/${x}/${y}.mvt?${query}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return bytes.length > 0 ? new VectorTile(new PbfReader(bytes)).layers : {};
}

/** Features of a layer over the whole city: those inside of their tile, and how many stand in a buffer. */
async function features(z, query = '') {
  const found = { points: [], clusters: [], buffered: 0 };
  for (let x = column(west, z); x <= column(east, z); x++) {
    for (let y = row(north, z); y <= row(south, z); y++) {
      for (const [name, layer] of Object.entries(await tile(z, x, y, query))) {
        for (let i = 0; i < layer.length; i++) {
          const feature = layer.feature(i);
          const [[at]] = feature.loadGeometry();
          const inside = at.x >= 0 && at.y >= 0 && at.x < layer.extent && at.y < layer.extent;
          if (inside) found[name].push({ number: feature.id, ...feature.properties });
          else found.buffered += 1;
        }
      }
    }
  }
  return found;
}

const { gap } = await ask('{ gap(first: 500) { totalCount nodes { id name gap { priority { score } } } } }');
for (const z of [8, 10]) {
  const { clusters } = await features(z);
  same(`clusters at zoom ${z} count everybody once`, clusters.reduce((sum, c) => sum + c.count, 0), gap.totalCount);
}
const at12 = await features(12);
const counted = at12.points.length + at12.clusters.reduce((sum, c) => sum + c.count, 0);
same('points and clusters at zoom 12 count everybody once', counted, gap.totalCount);
const scores = new Map(gap.nodes.map((e) => [e.id, e.gap.priority.score]));
same('priorities as the graph says them', at12.points.filter((p) => p.priority !== scores.get(p.id)), []);
const wide = await features(13, 'gap=COVERED,LACKING,LACKING_INDEPENDENT');
check('points stand in the buffer of neighbours too', wide.buffered > 0, wide.buffered);

const ids = {};
for (const edition of [1, 2]) ids[edition] = new Map((await features(12, `edition=${edition}`)).points.map((p) => [p.id, p.number]));
const both = [...ids[1]].filter(([name]) => ids[2].has(name));
check('an enterprise has the same feature id in both editions', both.length > 5 && both.every(([name, id]) => ids[2].get(name) === id), `${both.length} in both`);
check('no two have the same', new Set(ids[2].values()).size === ids[2].size);
end();
