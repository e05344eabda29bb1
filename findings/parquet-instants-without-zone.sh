#!/usr/bin/env bash
# Packages: datafusion==55.0.0 duckdb==2.0.1 hyparquet-writer==0.17.0 polars==2.1.0 pyarrow==26.0.1
#
# A JavaScript Date written to Parquet by hyparquet-writer is a moment in UTC for pyarrow and DataFusion and a time on no clock in
# particular for DuckDB and Polars. A registry's midnight of 1 May in Shanghai so becomes 30 April in DuckDB when the session is in
# Shanghai, and asking for Shanghai's time moves it by eight hours the wrong way. The same moment written by pyarrow is read by all four
# alike, so the two files do not join in DuckDB, unless its session happens to be in UTC, where everything fits.
#
# Seen with hyparquet-writer 0.17.0, read by pyarrow 26.0.1, datafusion 55.0.0, duckdb 2.0.1, polars 2.1.0 (all newest on 2026-11-27):
#   written by hyparquet-writer: pyarrow timestamp[ms, tz=UTC], datafusion timestamp[ms, tz=UTC], duckdb TIMESTAMP, polars None
#   written by pyarrow: pyarrow timestamp[ms, tz=UTC], datafusion timestamp[ms, tz=UTC], duckdb TIMESTAMP WITH TIME ZONE, polars UTC
#   duckdb's day in Shanghai: hyparquet-writer's 2024-04-30, pyarrow's 2024-05-01
#   ... at time zone 'Asia/Shanghai': hyparquet-writer's 04-30 08:00, pyarrow's 05-01 00:00
#   rows joined on the moment: session in Shanghai 0, in UTC 1
# hyparquet-writer gives the older of Parquet's two type annotations only (TIMESTAMP_MILLIS, as its README says), which the format's own
# LogicalTypes.md tells readers to take for a timestamp adjusted to UTC.
#
# Who meets it: whoever takes browsers' exports into DuckDB on a machine whose zone is not UTC; a test in UTC sees nothing. Helps:
# a schema of one's own with `logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" }`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check datafusion==55.0.0 duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact hyparquet-writer@0.17.0
cat > write.js <<'JS'
import { parquetWriteFile } from "hyparquet-writer";

const data = [new Date("2024-05-01T00:00:00+08:00")];
parquetWriteFile({ filename: "browser.parquet", columnData: [{ name: "v", data }] });
parquetWriteFile({
  filename: "helped.parquet",
  columnData: [{ name: "v", data }],
  schema: [
    { name: "root", num_children: 1 },
    { name: "v", type: "INT64", repetition_type: "OPTIONAL", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" } },
  ],
});
JS
cat > read.py <<'PY'
import datetime

import datafusion
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

moment = datetime.datetime(2024, 5, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
pq.write_table(pa.table({"v": pa.array([moment], pa.timestamp("ms", "UTC"))}), "server.parquet")


def types(name):
    kinds = {
        "pyarrow": pq.read_schema(name).field("v").type,
        "datafusion": datafusion.SessionContext().read_parquet(name).schema().field("v").type,
        "duckdb": duckdb.sql(f"describe from '{name}'").fetchall()[0][1],
        "polars": pl.read_parquet_schema(name)["v"].time_zone,
    }
    return ", ".join(f"{reader} {kind}" for reader, kind in kinds.items())


def ask(query, zone="Asia/Shanghai"):
    connection = duckdb.connect()
    connection.execute(f"set timezone = '{zone}'")
    return connection.execute(query).fetchall()[0][0]


print("written by hyparquet-writer:", types("browser.parquet"))
print("written by pyarrow:", types("server.parquet"))
days = [ask(f"select v::date from '{name}.parquet'") for name in ("browser", "server")]
print(f"duckdb's day in Shanghai: hyparquet-writer's {days[0]}, pyarrow's {days[1]}")
local = [ask(f"select strftime(v at time zone 'Asia/Shanghai', '%m-%d %H:%M') from '{name}.parquet'", "UTC") for name in ("browser", "server")]
print(f"... at time zone 'Asia/Shanghai': hyparquet-writer's {local[0]}, pyarrow's {local[1]}")
join = "select count(*) from 'browser.parquet' as b join 'server.parquet' as s on b.v = s.v"
print(f"rows joined on the moment: session in Shanghai {ask(join)}, in UTC {ask(join, 'UTC')}")
assert types("helped.parquet") == types("server.parquet") and ask(join.replace("browser", "helped")) == 1
PY
cat > expected.txt <<'TEXT'
written by hyparquet-writer: pyarrow timestamp[ms, tz=UTC], datafusion timestamp[ms, tz=UTC], duckdb TIMESTAMP, polars None
written by pyarrow: pyarrow timestamp[ms, tz=UTC], datafusion timestamp[ms, tz=UTC], duckdb TIMESTAMP WITH TIME ZONE, polars UTC
duckdb's day in Shanghai: hyparquet-writer's 2024-04-30, pyarrow's 2024-05-01
... at time zone 'Asia/Shanghai': hyparquet-writer's 04-30 08:00, pyarrow's 05-01 00:00
rows joined on the moment: session in Shanghai 0, in UTC 1
TEXT
node write.js
env/bin/python read.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: hyparquet-writer 0.17.0, duckdb 2.0.1"
