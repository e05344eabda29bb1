#!/usr/bin/env bash
# Packages: flatgeobuf==4.5.0 numpy==2.4.6 pyarrow==26.0.1 pyogrio==0.13.0
#
# FlatGeobuf's JavaScript writer takes the fields of all features from the first one, by the value found there. A firm that leaves the field
# out, as GeoJSON allows, then has no union (`false`), NaN workers or an empty name, where a field that is null stays missing; so does
# one whose flag is a text, "yes" among them. If the first firm's count is null, all counts are texts; a field that the first firm does not
# have is dropped for everyone; a date left out makes the file unreadable for the library that wrote it. GDAL takes the same GeoJSON with the
# fields of all features and leaves missing what is missing.
#
# Seen with flatgeobuf 4.5.0 and, for comparison, pyogrio 0.13.0 with its GDAL (newest on 2026-11-28):
#   flag left out: flatgeobuf true false, gdal true missing
#   flag null: flatgeobuf true missing, gdal true missing
#   flag yes: flatgeobuf true false, gdal 'true' 'yes'
#   count left out: flatgeobuf 120 NaN, gdal 120 missing
#   count null: flatgeobuf 120 missing, gdal 120 missing
#   name left out: flatgeobuf '武昌厂' '', gdal '武昌厂' missing
#   name null: flatgeobuf '武昌厂' missing, gdal '武昌厂' missing
#   first count null: flatgeobuf missing '120', gdal missing 120
#   first has another field: flatgeobuf missing missing, gdal missing 120
#   date left out: reading raises SyntaxError
# `null` is skipped when a feature is written; a value that is not there goes through the conversion of the column's type.
#
# Who meets it: whoever serves a city's firms as FlatGeobuf out of JSON whose serialiser leaves out what is empty. Helps: give every
# feature all fields, null where unknown, and the first feature a value in each, or put one with sample values in front.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check numpy==2.4.6 pyarrow==26.0.1 pyogrio==0.13.0
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact flatgeobuf@4.5.0
cat > cases.json <<'JSON'
{
  "flag left out": [{ "v": true }, {}],
  "flag null": [{ "v": true }, { "v": null }],
  "flag yes": [{ "v": true }, { "v": "yes" }],
  "count left out": [{ "v": 120 }, {}],
  "count null": [{ "v": 120 }, { "v": null }],
  "name left out": [{ "v": "武昌厂" }, {}],
  "name null": [{ "v": "武昌厂" }, { "v": null }],
  "first count null": [{ "v": null }, { "v": 120 }],
  "first has another field": [{ "w": 1 }, { "v": 120 }]
}
JSON
cat > pass.js <<'JS'
import { readFileSync, writeFileSync } from "node:fs";
import { deserialize, serialize } from "flatgeobuf/lib/mjs/geojson.js";

const told = (value) => (typeof value === "string" ? `'${value}'` : value === undefined ? "missing" : String(value));
async function passed(rows) {
  const features = rows.map((properties) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: [114.3, 30.6] } }));
  const read = [];
  for await (const feature of deserialize(serialize({ type: "FeatureCollection", features }))) read.push(feature);
  return { features, text: read.map(({ properties }) => told(properties.v)).join(" ") };
}
let n = 0;
for (const [name, rows] of Object.entries(JSON.parse(readFileSync("cases.json", "utf8")))) {
  const { features, text } = await passed(rows);
  writeFileSync(`${n++}.geojson`, JSON.stringify({ type: "FeatureCollection", features }));
  console.log(`${name}: flatgeobuf ${text}`);
}
try {
  await passed([{ v: new Date(0) }, {}]);
  console.log("date left out: read");
} catch (error) {
  console.log(`date left out: reading raises ${error.name}`);
}
JS
cat > gdal.py <<'PY'
import os
import sys

import pyogrio


def told(value):
    return "missing" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)


for n, line in enumerate(open(sys.argv[1])):
    line = line.rstrip()
    if os.path.exists(f"{n}.geojson"):
        _, table = pyogrio.read_arrow(f"{n}.geojson")
        line += ", gdal " + " ".join(told(value) for value in table["v"].to_pylist())
    print(line)
PY
cat > expected.txt <<'TEXT'
flag left out: flatgeobuf true false, gdal true missing
flag null: flatgeobuf true missing, gdal true missing
flag yes: flatgeobuf true false, gdal 'true' 'yes'
count left out: flatgeobuf 120 NaN, gdal 120 missing
count null: flatgeobuf 120 missing, gdal 120 missing
name left out: flatgeobuf '武昌厂' '', gdal '武昌厂' missing
name null: flatgeobuf '武昌厂' missing, gdal '武昌厂' missing
first count null: flatgeobuf missing '120', gdal missing 120
first has another field: flatgeobuf missing missing, gdal missing 120
date left out: reading raises SyntaxError
TEXT
node pass.js > passed.txt
env/bin/python gdal.py passed.txt > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: flatgeobuf 4.5.0"
