#!/usr/bin/env bash
# Packages: chdb==4.4.0 chdb-core==26.9.0 duckdb==2.0.1 hyparquet==1.33.0 pyarrow==26.0.1
#
# Written to Parquet by DuckDB with `parquet_version 'v2'`, a column of unsigned 32-bit integers that reaches above 2,147,483,647 has as
# many contents as readers: capitals of 3,000,000,000 and 500,000 are 852,516,352 and 2,147,983,648 to hyparquet, ClickHouse (chDB) has
# the first two right and invents the rest, pyarrow refuses the file, DuckDB reads its own. Below that bound all agree, and so they do
# above it in a BIGINT, or in `v1`. Signed 32-bit columns that jump by more than that within a block are concerned as well.
#
# Seen with duckdb 2.0.1, chdb 4.4.0, hyparquet 1.33.0, pyarrow 26.0.1 (newest on 2026-11-28):
#   uinteger v2 duckdb 3000000000 500000 80000000 2500000000
#   uinteger v2 chdb 3000000000 500000 1295967296 2591434592
#   uinteger v2 hyparquet 852516352 2147983648 2227483648 352516352
#   uinteger v2 pyarrow Unexpected end of stream: InitHeader EOF
#   uinteger v1, bigint v2 and smaller uinteger v2: duckdb, chdb, hyparquet and pyarrow agree
#   integer v2 from 2000000000 to -2000000000: duckdb, hyparquet right, chdb wrong, pyarrow Unexpected end of stream: InitBlock EOF
#   physical type INT32, encoding DELTA_BINARY_PACKED
# The encoding keeps a first value and differences, taken within the 32 bits of the column's physical type. DuckDB computes both in 64 bits,
# and what does not fit the width is cut, carried or refused by each reader in its way.
#
# Who meets it: whoever takes `v2` for its smaller files and UINTEGER for a capital in yuan, a hash or an address of four bytes. Helps:
# cast such columns to BIGINT in the query that is copied.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check chdb==4.4.0 chdb-core==26.9.0 duckdb==2.0.1 pyarrow==26.0.1
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact hyparquet@1.33.0
cat > read.js <<'JS'
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";

const rows = await parquetReadObjects({ file: await asyncBufferFromFile(process.argv[2]) });
console.log(JSON.stringify(rows.map((row) => Number(row.capital))));
JS
cat > capitals.py <<'PY'
import json
import subprocess

import chdb
import duckdb
import pyarrow.parquet as pq

capitals = [3_000_000_000, 500_000, 80_000_000, 2_500_000_000]
small = [2_000_000_000, 500_000, 80_000_000]
jumping = [2_000_000_000, -2_000_000_000, 5]


def read_by_pyarrow(path):
    try:
        return pq.read_table(path)["capital"].to_pylist()
    except OSError as error:
        return str(error)


def read(values, kind, version):
    path = f"{kind}-{version}-{len(values)}.parquet"
    duckdb.sql(f"copy (select unnest({values})::{kind} as capital) to '{path}' (parquet_version '{version}')")
    lines = chdb.query(f"select capital from file('{path}')", "JSONCompactEachRow").data().splitlines()
    return path, {
        "duckdb": [capital for capital, in duckdb.sql(f"from '{path}'").fetchall()],
        "chdb": [int(json.loads(line)[0]) for line in lines],
        "hyparquet": json.loads(subprocess.run(["node", "read.js", path], capture_output=True, check=True).stdout),
        "pyarrow": read_by_pyarrow(path),
    }


path, seen = read(capitals, "uinteger", "v2")
for reader, answer in seen.items():
    print("uinteger v2", reader, answer if isinstance(answer, str) else " ".join(map(str, answer)))
for values, kind, version in ((capitals, "uinteger", "v1"), (capitals, "bigint", "v2"), (small, "uinteger", "v2")):
    assert all(answer == values for answer in read(values, kind, version)[1].values()), (kind, version)
print("uinteger v1, bigint v2 and smaller uinteger v2: duckdb, chdb, hyparquet and pyarrow agree")
seen = read(jumping, "integer", "v2")[1]
right = ", ".join(reader for reader, answer in seen.items() if answer == jumping)
wrong = ", ".join(reader for reader, answer in seen.items() if answer != jumping and not isinstance(answer, str))
print(f"integer v2 from 2000000000 to -2000000000: {right} right, {wrong} wrong, pyarrow {seen['pyarrow']}")
column = pq.ParquetFile(path).metadata.row_group(0).column(0)
print(f"physical type {column.physical_type}, encoding {' '.join(column.encodings)}")
PY
cat > expected.txt <<'TEXT'
uinteger v2 duckdb 3000000000 500000 80000000 2500000000
uinteger v2 chdb 3000000000 500000 1295967296 2591434592
uinteger v2 hyparquet 852516352 2147983648 2227483648 352516352
uinteger v2 pyarrow Unexpected end of stream: InitHeader EOF
uinteger v1, bigint v2 and smaller uinteger v2: duckdb, chdb, hyparquet and pyarrow agree
integer v2 from 2000000000 to -2000000000: duckdb, hyparquet right, chdb wrong, pyarrow Unexpected end of stream: InitBlock EOF
physical type INT32, encoding DELTA_BINARY_PACKED
TEXT
env/bin/python capitals.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: duckdb 2.0.1"
