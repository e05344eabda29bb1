// Tiles decoded with Mapbox's own library: node tiles.mjs URL TOTAL
import { VectorTile } from '@mapbox/vector-tile';
import Pbf from 'pbf';

const [url, total] = [process.argv[2], Number(process.argv[3])];
const get = async (z, x, y) => {
  const response = await fetch(`${url}/tiles/gap/${z}/${x}/${y}.mvt`);
  if (!response.ok) throw new Error(`${z}/${x}/${y}: ${response.status}`);
  return new VectorTile(new Pbf(new Uint8Array(await response.arrayBuffer())));
};
const count = (tile) => {
  const clusters = tile.layers.clusters;
  let n = tile.layers.points?.length ?? 0;
  for (let i = 0; i < (clusters?.length ?? 0); i++) n += clusters.feature(i).properties.count;
  return n;
};
// The whole world in one tile, in four, and around the city one by one: always every enterprise.
const sums = {};
for (const z of [0, 2]) {
  sums[z] = 0;
  for (let x = 0; x < 2 ** z; x++) for (let y = 0; y < 2 ** z; y++) sums[z] += count(await get(z, x, y));
}
let points = 0;
const z = 12;
sums[z] = 0;
for (let x = 3365; x <= 3385; x++) {
  for (let y = 1535; y <= 1560; y++) {
    const tile = await get(z, x, y);
    sums[z] += count(tile);
    const layer = tile.layers.points;
    for (let i = 0; i < (layer?.length ?? 0); i++) {
      const feature = layer.feature(i);
      const p = feature.properties;
      const [[{ x: px, y: py }]] = feature.loadGeometry();
      if (!p.id.startsWith('E') || !p.name || !(p.priority > 0) || !p.reason || px < 0 || px > 4096 || py < 0 || py > 4096) {
        throw new Error(`bad feature ${JSON.stringify(p)} at ${px},${py}`);
      }
      const [longitude, latitude] = feature.toGeoJSON(x, y, z).geometry.coordinates;
      if (longitude < 115.9 || longitude > 116.9 || latitude < 39.5 || latitude > 40.5) throw new Error(`${longitude},${latitude}`);
      points++;
    }
  }
}
console.log(JSON.stringify({ sums, points, total }));
if (Object.values(sums).some((sum) => sum !== total) || points === 0) process.exit(1);
