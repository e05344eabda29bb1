#!/usr/bin/env bash
# Packages: flatgeobuf==4.5.0 geoarrow-pyarrow==0.3.0 geoarrow-rust-io==0.6.1 numpy==2.4.6 pyarrow==26.0.1 pyogrio==0.13.0
#
# Read by Arrow, the way GDAL recommends for speed, a FlatGeobuf column of small whole numbers (8 bits) falls together: 3, 12, 120, 30 and 7
# workers are 511183875, 7, 0, 0 and 0. Read by rows, by the same GDAL from the same file, they are what they are, and so they are for the
# format's own JavaScript library. A filter by the column counts by the fallen values: one firm of 25 and more where there are two. From 16
# bits on all is well.
#
# Seen with pyogrio 0.13.0 and its GDAL 3.12.4, files written by geoarrow-rust-io 0.6.1 (each newest on 2026-11-28), flatgeobuf 4.5.0:
#   uint8: by arrow 511183875 7 0 0 0 by rows 3 12 120 30 7 of 25 and more by arrow 1
#   int8: by arrow 511183875 7 0 0 0 by rows 3 12 120 30 7 of 25 and more by arrow 1
#   uint16: by arrow 3 12 120 30 7 by rows 3 12 120 30 7 of 25 and more by arrow 2
#   int16: by arrow 3 12 120 30 7 by rows 3 12 120 30 7 of 25 and more by arrow 2
#   int32: by arrow 3 12 120 30 7 by rows 3 12 120 30 7 of 25 and more by arrow 2
#   uint8 by flatgeobuf: 3 12 120 30 7
# GDAL announces the column with 32 bits and lays the values down a byte each: the first four make up the first number.
#
# Who meets it: `read_dataframe(use_arrow=True)` and `read_arrow` of pyogrio, geopandas with `PYOGRIO_USE_ARROW`, on files by writers
# that keep the width of a column (Rust's; GDAL itself writes no column of 8 bits): floors, size classes, flags kept as 0 and 1. Helps:
# `use_arrow=False`, or cast to 16 bits before writing.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check geoarrow-pyarrow==0.3.0 geoarrow-rust-io==0.6.1 numpy==2.4.6 \
  pyarrow==26.0.1 pyogrio==0.13.0
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact flatgeobuf@4.5.0
cat > firms.py <<'PY'
import geoarrow.pyarrow as ga
import geoarrow.rust.io as rust
import pyarrow as pa
import pyogrio

points = ga.as_geoarrow([f"POINT (114.{n} 30.6)" for n in range(1, 6)])
COUNTS = [3, 12, 120, 30, 7]
for kind in pa.uint8(), pa.int8(), pa.uint16(), pa.int16(), pa.int32():
    name = f"{kind}.fgb"
    rust.write_flatgeobuf(pa.table({"workers": pa.array(COUNTS, kind), "geometry": points}), name, write_index=False)
    assert pa.table(rust.read_flatgeobuf(name))["workers"].to_pylist() == COUNTS
    by_arrow = pyogrio.read_arrow(name)[1]["workers"].to_pylist()
    by_rows = pyogrio.raw.read(name)[3][0].tolist()
    many = pyogrio.read_arrow(name, where="workers >= 25")[1].num_rows
    print(f"{kind}: by arrow", *by_arrow, "by rows", *by_rows, "of 25 and more by arrow", many)
PY
cat > read.js <<'JS'
import { readFileSync } from "node:fs";
import { deserialize } from "flatgeobuf/lib/mjs/geojson.js";

const counts = [];
for await (const { properties } of deserialize(new Uint8Array(readFileSync("uint8.fgb")))) counts.push(properties.workers);
console.log(`uint8 by flatgeobuf: ${counts.join(" ")}`);
JS
cat > expected.txt <<'TEXT'
uint8: by arrow 511183875 7 0 0 0 by rows 3 12 120 30 7 of 25 and more by arrow 1
int8: by arrow 511183875 7 0 0 0 by rows 3 12 120 30 7 of 25 and more by arrow 1
uint16: by arrow 3 12 120 30 7 by rows 3 12 120 30 7 of 25 and more by arrow 2
int16: by arrow 3 12 120 30 7 by rows 3 12 120 30 7 of 25 and more by arrow 2
int32: by arrow 3 12 120 30 7 by rows 3 12 120 30 7 of 25 and more by arrow 2
uint8 by flatgeobuf: 3 12 120 30 7
TEXT
env/bin/python -W ignore firms.py > seen.txt
node read.js >> seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: pyogrio 0.13.0, GDAL 3.12.4"
