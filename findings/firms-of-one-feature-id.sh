#!/usr/bin/env bash
# Packages: @mapbox/vector-tile==3.0.0 @maplibre/geojson-vt==6.3.1 @maplibre/vt-pbf==4.3.3 pbf==5.1.2 vt-pbf==3.1.3
#
# That a vector tile's feature id is an integer is known. Of an id that is a text MapLibre's vt-pbf takes as many digits as it begins
# with. A unified social credit code begins with eight digits that end in the district, and most codes given since 2015 go on with a
# letter: so all those firms of a district get one id, the district's. A nine-character organisation code that begins with a letter gets
# the id 0. The codes of older firms have 17 digits in front and lose the last of them to the precision of a number. The library that
# MapLibre's is a fork of leaves such ids out.
#
# Seen with @maplibre/vt-pbf 4.3.3 and @maplibre/geojson-vt 6.3.1 (newest on 2026-11-27), 1,000 made-up codes of one district with right
# check characters, 83 % of them of the newer form, read by @mapbox/vector-tile 3.0.0:
#   maplibre: 1000 firms, 171 ids, 830 of them with the id 91420103
#   the original: 1000 firms, ids 0
#   MA4KXXXX1 becomes 0, 0123 becomes 123, 91420103300000001X becomes 91420103300000000, 1e5 becomes 1
# The wrapper for geojson-vt's features takes `parseInt` of a text and does not look whether it was read to the end.
#
# Who meets it: whoever tiles firms with their code as the GeoJSON id; whatever goes by the id afterwards (a hover, a selection, leaving
# out what was drawn already) goes for the whole district. Helps: number the features and keep the code as a property.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact @mapbox/vector-tile@3.0.0 @maplibre/geojson-vt@6.3.1 @maplibre/vt-pbf@4.3.3 pbf@5.1.2 vt-pbf@3.1.3
cat > ids.js <<'JS'
import { VectorTile } from "@mapbox/vector-tile";
import { GeoJSONVT } from "@maplibre/geojson-vt";
import * as maplibre from "@maplibre/vt-pbf";
import { PbfReader } from "pbf";
import original from "vt-pbf";

const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
function organisation(body) {
  const sum = [...body].reduce((all, sign, i) => all + digits.indexOf(sign) * [3, 7, 9, 10, 5, 8, 4, 2][i], 0);
  return body + "0123456789X"[(11 - (sum % 11)) % 11];
}
function code(body) {
  let sum = 0, weight = 1;
  for (const sign of body) [sum, weight] = [sum + letters.indexOf(sign) * weight, (weight * 3) % 31];
  return body + letters[(31 - (sum % 31)) % 31];
}
const codes = Array.from({ length: 1000 }, (_, i) => {
  const serial = String(10_000 + i * 37);
  return code(`91420103${organisation(i % 100 < 83 ? `MA4${serial}` : `300${serial}`)}`);
});
function ids(writer, given) {
  const features = given.map((id, i) => ({ type: "Feature", id, properties: {}, geometry: { type: "Point", coordinates: [114 + i / 1e4, 30] } }));
  const tile = new GeoJSONVT({ type: "FeatureCollection", features }).getTile(0, 0, 0);
  const layer = new VectorTile(new PbfReader(writer.fromGeojsonVt({ firms: tile }))).layers.firms;
  return Array.from({ length: layer.length }, (_, i) => layer.feature(i).id);
}
const seen = ids(maplibre, codes);
const district = seen.filter((id) => id === 91420103).length;
console.log(`maplibre: ${seen.length} firms, ${new Set(seen).size} ids, ${district} of them with the id 91420103`);
const before = ids(original, codes);
console.log(`the original: ${before.length} firms, ids ${before.filter((id) => id !== undefined).length}`);
const few = ["MA4KXXXX1", "0123", "91420103300000001X", "1e5"];
console.log(ids(maplibre, few).map((id, i) => `${few[i]} becomes ${id}`).join(", "));
const numbered = ids(maplibre, codes.map((_, i) => i + 1));
if (new Set(numbered).size !== 1000) throw new Error("numbers do not help any more");
JS
cat > expected.txt <<'TEXT'
maplibre: 1000 firms, 171 ids, 830 of them with the id 91420103
the original: 1000 firms, ids 0
MA4KXXXX1 becomes 0, 0123 becomes 123, 91420103300000001X becomes 91420103300000000, 1e5 becomes 1
TEXT
node ids.js > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: @maplibre/vt-pbf 4.3.3"
