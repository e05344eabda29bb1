#!/usr/bin/env bash
# Packages: @loaders.gl/core==4.5.4 @loaders.gl/parquet==4.5.2 duckdb==2.0.1 hyparquet==1.33.0 polars==2.1.0 pyarrow==26.0.1
#
# Which JavaScript type a column has depends, with the Parquet loader of loaders.gl, on how many rows have the same value. A column that
# the writer encoded with a dictionary comes as text, workers "120" that `+` joins to "12030", and a moment as digits in a text or as an
# invalid date. Without dictionary the numbers are numbers, but the names are bytes. Two rows by DuckDB so give other types than the same
# rows fifty times. And a debt of 12.34 in eight bytes, as pyarrow stores decimals of 18 digits, becomes 4,467,440,737,095,494.
#
# Seen with @loaders.gl/parquet 4.5.2, `ParquetJSONLoader`, and hyparquet 1.33.0, files by duckdb 2.0.1, polars 2.1.0, pyarrow 26.0.1 (newest
# on 2026-11-28), the first two rows:
#   duckdb: name 9 bytes 9 bytes, workers 120 30 (added 150), seen 2024-05-01T08:00 2024-05-02T08:00, balance 12.34 -12.34
#   duckdb, 50 times: name "武昌厂" "江汉厂", workers "120" "30" (added "12030"), seen invalid invalid, balance 12.34 -12.34
#   polars: name "武昌厂" "江汉厂", workers "120" "30" (added "12030"), seen "1714550400000" "1714636800000", balance 12.34 -12.34
#   pyarrow: name "武昌厂" "江汉厂", workers "120" "30" (added "12030"), seen invalid invalid
#   pyarrow, no dictionary: name 9 bytes 9 bytes, workers 120 30 (added 150), balance 12.34 4467440737095494
#   hyparquet, all: name "武昌厂" "江汉厂", workers 120 30, seen 2024-05-01T08:00 2024-05-02T08:00, balance 12.34 -12.34
# (dates come rightly everywhere; pyarrow's decimals out of a dictionary raise.)
# Values out of a dictionary take the way of keys, which are text; a time on top of it is made of a text. Eight bytes are made into a number
# as if unsigned, four bytes are not.
#
# Who meets it: deck.gl, kepler.gl and whoever else loads files by this loader: a small sample and the whole file behave differently,
# and so do the columns of one file by how often values repeat. Helps: read with hyparquet, or as Arrow.
# The package's ES module names a file without its ending, which Node does not find, hence `require`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact @loaders.gl/core@4.5.4 @loaders.gl/parquet@4.5.2 hyparquet@1.33.0
cat > write.py <<'PY'
from datetime import date, datetime
from decimal import Decimal

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

firms = pa.table(
    {
        "name": ["武昌厂", "江汉厂"],
        "workers": pa.array([120, 30], pa.int32()),
        "founded": [date(1949, 10, 1), date(2024, 5, 1)],
        "seen": pa.array([datetime(2024, 5, 1, 8), datetime(2024, 5, 2, 8)], pa.timestamp("ms")),
        "balance": pa.array([Decimal("12.34"), Decimal("-12.34")], pa.decimal128(18, 2)),
    }
)
many = pa.concat_tables([firms] * 50)
duckdb.sql("copy firms to 'duckdb.parquet' (format parquet)")
duckdb.sql("copy many to 'duckdb, 50 times.parquet' (format parquet)")
pl.from_arrow(firms).write_parquet("polars.parquet", compression="snappy")
pq.write_table(firms.drop_columns("balance"), "pyarrow.parquet")
pq.write_table(firms, "pyarrow, no dictionary.parquet", use_dictionary=False)
PY
cat > read.cjs <<'JS'
const { parse } = require("@loaders.gl/core");
const { ParquetJSONLoader } = require("@loaders.gl/parquet");
const { readFileSync } = require("node:fs");

function shown(value) {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid" : value.toISOString().slice(0, 16);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return JSON.stringify(value);
}
async function main() {
  const { asyncBufferFromFile, parquetReadObjects } = await import("hyparquet");
  const table = (rows) =>
    Object.keys(rows[0]).map((column) => `${column} ${rows.slice(0, 2).map((row) => shown(row[column])).join(" ")}`).join(", ");
  for (const name of ["duckdb", "duckdb, 50 times", "polars", "pyarrow", "pyarrow, no dictionary"]) {
    const file = `${name}.parquet`;
    const { data } = await parse(new Uint8Array(readFileSync(file)).buffer, ParquetJSONLoader, { core: { worker: false } });
    console.log(`${name}: ${table(data)}`);
    console.log(`  workers added ${shown(data[0].workers + data[1].workers)}`);
    const other = table(await parquetReadObjects({ file: await asyncBufferFromFile(file) }));
    if (!`${right}, balance 12.34 -12.34`.startsWith(other)) throw new Error(`hyparquet: ${other}`);
  }
  console.log(`hyparquet, all: ${right}, balance 12.34 -12.34`);
}
const right =
  'name "武昌厂" "江汉厂", workers 120 30, founded 1949-10-01T00:00 2024-05-01T00:00, seen 2024-05-01T08:00 2024-05-02T08:00';
main();
JS
cat > expected.txt <<'TEXT'
duckdb: name 9 bytes 9 bytes, workers 120 30, founded 1949-10-01T00:00 2024-05-01T00:00, seen 2024-05-01T08:00 2024-05-02T08:00, balance 12.34 -12.34
  workers added 150
duckdb, 50 times: name "武昌厂" "江汉厂", workers "120" "30", founded 1949-10-01T00:00 2024-05-01T00:00, seen invalid invalid, balance 12.34 -12.34
  workers added "12030"
polars: name "武昌厂" "江汉厂", workers "120" "30", founded 1949-10-01T00:00 2024-05-01T00:00, seen "1714550400000" "1714636800000", balance 12.34 -12.34
  workers added "12030"
pyarrow: name "武昌厂" "江汉厂", workers "120" "30", founded 1949-10-01T00:00 2024-05-01T00:00, seen invalid invalid
  workers added "12030"
pyarrow, no dictionary: name 9 bytes 9 bytes, workers 120 30, founded 1949-10-01T00:00 2024-05-01T00:00, seen 2024-05-01T08:00 2024-05-02T08:00, balance 12.34 4467440737095494
  workers added 150
hyparquet, all: name "武昌厂" "江汉厂", workers 120 30, founded 1949-10-01T00:00 2024-05-01T00:00, seen 2024-05-01T08:00 2024-05-02T08:00, balance 12.34 -12.34
TEXT
env/bin/python write.py
node read.cjs 2> warnings.txt > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: @loaders.gl/parquet 4.5.2"
