#!/usr/bin/env bash
# Packages: @dsnp/parquetjs==1.8.9 datafusion==55.0.0 hyparquet==1.33.0 polars==2.1.0 pyarrow==26.0.1
#
# @dsnp/parquetjs, the branch of parquetjs that is kept alive, reads every yes of a boolean column as a no if pyarrow or DataFusion wrote
# the file with pages of version 2: no firm has a union any more. What is missing stays missing, the other columns are right, and there is no
# error. With pages of version 1 the same rows are read rightly, so an export turns when someone sets the newer version for its size.
#
# Seen with @dsnp/parquetjs 1.8.9 (the newest with code in it; the package of 1.9.3, the registry's latest on 2026-11-28, has none), hyparquet
# 1.33.0, pyarrow 26.0.1, datafusion 55.0.0, polars 2.1.0, five firms:
#   pyarrow-1, booleans plain: parquetjs yes no null yes yes, hyparquet yes no null yes yes
#   pyarrow-2, booleans rle: parquetjs no no null no no, hyparquet yes no null yes yes
#   datafusion-2, booleans rle: parquetjs no no null no no, hyparquet yes no null yes yes
#   polars, booleans plain: parquetjs yes no null yes yes, hyparquet yes no null yes yes
#   a thousand times yes, pages 2: parquetjs 0, hyparquet 1000
# In those pages booleans are run-length encoded by these writers, with one bit a value. parquetjs decodes runs by the width given in its own
# schema, which a column read from a file does not have, and so takes no bits of each value.
#
# Who meets it: whoever reads flags (has a union, is active) in Node from Parquet by pyarrow or by anything on the Rust writer that asks
# for version 2. Helps: write pages of version 1, the flag as int8, or read with hyparquet.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check datafusion==55.0.0 polars==2.1.0 pyarrow==26.0.1
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact @dsnp/parquetjs@1.8.9 hyparquet@1.33.0
cat > write.py <<'PY'
import datafusion
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

union = [True, False, None, True, True]
firms = pa.table({"union": union, "workers": pa.array([120, 30, 25, 80, 26], pa.int32())})
pq.write_table(firms, "pyarrow-1.parquet")
pq.write_table(firms, "pyarrow-2.parquet", data_page_version="2.0")
options = datafusion.ParquetWriterOptions(writer_version="2.0", compression="snappy")
datafusion.SessionContext().from_arrow(firms).write_parquet_with_options("datafusion-2.parquet", options)
pl.from_arrow(firms).write_parquet("polars.parquet", compression="snappy")
for name in "pyarrow-1", "pyarrow-2", "datafusion-2", "polars":
    file = pq.ParquetFile(f"{name}.parquet")
    assert file.read()["union"].to_pylist() == union
    print(f"{name}, booleans", "plain" if "PLAIN" in file.metadata.row_group(0).column(0).encodings else "rle")
pq.write_table(pa.table({"union": [True] * 1000}), "thousand.parquet", data_page_version="2.0")
PY
cat > read.js <<'JS'
import { readFileSync } from "node:fs";
import parquet from "@dsnp/parquetjs";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";

async function read(file) {
  const reader = await parquet.ParquetReader.openFile(file);
  const [rows, cursor] = [[], reader.getCursor()];
  for (let row = await cursor.next(); row; row = await cursor.next()) rows.push(row);
  await reader.close();
  return { parquetjs: rows, hyparquet: await parquetReadObjects({ file: await asyncBufferFromFile(file) }) };
}
const told = (by, make) => Object.entries(by).map(([reader, rows]) => `${reader} ${make(rows)}`).join(", ");
const word = ({ union }) => ({ true: "yes", false: "no" })[union] ?? "null";
for (const line of readFileSync("written.txt", "utf8").trim().split("\n")) {
  const by = await read(`${line.split(",")[0]}.parquet`);
  for (const rows of Object.values(by))
    if (rows.map(({ workers }) => workers).join() !== "120,30,25,80,26") throw new Error(`workers of ${line}`);
  console.log(`${line}: ${told(by, (rows) => rows.map(word).join(" "))}`);
}
const yes = (rows) => rows.filter(({ union }) => union === true).length;
console.log(`a thousand times yes, pages 2: ${told(await read("thousand.parquet"), yes)}`);
JS
cat > expected.txt <<'TEXT'
pyarrow-1, booleans plain: parquetjs yes no null yes yes, hyparquet yes no null yes yes
pyarrow-2, booleans rle: parquetjs no no null no no, hyparquet yes no null yes yes
datafusion-2, booleans rle: parquetjs no no null no no, hyparquet yes no null yes yes
polars, booleans plain: parquetjs yes no null yes yes, hyparquet yes no null yes yes
a thousand times yes, pages 2: parquetjs 0, hyparquet 1000
TEXT
env/bin/python write.py > written.txt
node read.js > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: @dsnp/parquetjs 1.8.9"
