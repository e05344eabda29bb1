// Tiles decoded with Mapbox's own library: node tiles.mjs URL TOTAL
import { VectorTile } from '@mapbox/vector-tile';
import Pbf from 'pbf';

const [url, total] = [process.argv[2], Number(process.argv[3])];
const get = async (z, x, y) => {
  const response = await fetch(`${url}/tiles/gap/${z}/${x}/${y}.mvt`);
  if (!response.ok) throw new Error(`${z}/${x}/${y}: ${response.status}`);
  return new VectorTile(new Pbf(new Uint8Array(await response.arrayBuffer())));
};
// What stands in the buffer around a tile is counted by its neighbour.
const isInside = (feature) => {
  const [[{ x, y }]] = feature.loadGeometry();
  return x >= 0 && y >= 0 && x < 4096 && y < 4096;
};
const count = (tile) => {
  const { clusters, points } = tile.layers;
  let n = 0;
  for (let i = 0; i < (points?.length ?? 0); i++) n += isInside(points.feature(i)) ? 1 : 0;
  for (let i = 0; i < (clusters?.length ?? 0); i++) n += isInside(clusters.feature(i)) ? clusters.feature(i).properties.count : 0;
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
      if (!p.id.startsWith('E') || !p.name || !(p.priority > 0) || !p.reason || px < -128 || px >= 4224 || py < -128 || py >= 4224) {
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
