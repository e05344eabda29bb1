#!/usr/bin/env bash
# Packages: duckdb==2.0.1 hyparquet-writer==0.17.0 pyarrow==26.0.1
#
# hyparquet-writer takes whole numbers for 32-bit integers unless told otherwise and refuses one that does not fit, in its usual encoding.
# With either encoding meant for such columns (`DELTA_BINARY_PACKED`, `BYTE_STREAM_SPLIT`) nothing checks: a capital of 3,000,000,000
# is written as -1,294,967,296, a 15-digit registration number as some nine-digit one. The statistics are cut to 32 bits as well, so the
# greatest value may stand below the least, and a filter in pyarrow then does not find a row that was written rightly.
#
# Seen with hyparquet-writer 0.17.0 (newest on 2026-11-27), read by pyarrow 26.0.1 and duckdb 2.0.1:
#   usual: parquet expected int32 value, got 3000000000
#   DELTA_BINARY_PACKED: [1500000000, 800000000, -1294967296]
#   BYTE_STREAM_SPLIT: [1500000000, 800000000, -1294967296]
#   registration number 420100000012345 becomes 658855993
#   statistics of the least and the greatest: 800000000 -1294967296
#   rows of 1500000000 found by pyarrow 0, by duckdb 1
#   declared INT64: [1500000000, 800000000, 3000000000]
# Differences are taken modulo 2^32 (delta.js), which is right for values of 32 bits only; the check stands in plain.js.
#
# Who meets it: whoever exports from a browser and picks an encoding per column to save bytes: the error that would have told belongs to
# the encoding no longer used. Helps: name `type: "INT64"` (which takes these numbers with the delta encoding).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.1 pyarrow==26.0.1
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact hyparquet-writer@0.17.0
cat > write.js <<'JS'
import { parquetWriteFile } from "hyparquet-writer";

const capitals = [1_500_000_000, 800_000_000, 3_000_000_000];
const write = (name, data, options) => parquetWriteFile({ filename: `${name}.parquet`, columnData: [{ name: "v", data, ...options }] });
try {
  write("usual", capitals, {});
  console.log("usual: no error");
} catch (error) {
  console.log(`usual: ${error.message}`);
}
write("delta", capitals, { encoding: "DELTA_BINARY_PACKED" });
write("split", capitals, { encoding: "BYTE_STREAM_SPLIT" });
write("number", [420_100_000_012_345], { encoding: "DELTA_BINARY_PACKED" });
write("wide", capitals, { encoding: "DELTA_BINARY_PACKED", type: "INT64" });
JS
cat > read.py <<'PY'
import duckdb
import pyarrow.parquet as pq


def values(name):
    return pq.read_table(f"{name}.parquet")["v"].to_pylist()


print("DELTA_BINARY_PACKED:", values("delta"))
print("BYTE_STREAM_SPLIT:", values("split"))
print("registration number 420100000012345 becomes", *values("number"))
statistics = pq.ParquetFile("delta.parquet").metadata.row_group(0).column(0).statistics
print(f"statistics of the least and the greatest: {statistics.min} {statistics.max}")
by_pyarrow = pq.read_table("delta.parquet", filters=[("v", "=", 1_500_000_000)]).num_rows
by_duckdb = duckdb.sql("select count(*) from 'delta.parquet' where v = 1500000000").fetchall()[0][0]
print(f"rows of 1500000000 found by pyarrow {by_pyarrow}, by duckdb {by_duckdb}")
print("declared INT64:", values("wide"))
PY
cat > expected.txt <<'TEXT'
usual: parquet expected int32 value, got 3000000000
DELTA_BINARY_PACKED: [1500000000, 800000000, -1294967296]
BYTE_STREAM_SPLIT: [1500000000, 800000000, -1294967296]
registration number 420100000012345 becomes 658855993
statistics of the least and the greatest: 800000000 -1294967296
rows of 1500000000 found by pyarrow 0, by duckdb 1
declared INT64: [1500000000, 800000000, 3000000000]
TEXT
node write.js > seen.txt
env/bin/python read.py >> seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: hyparquet-writer 0.17.0"
