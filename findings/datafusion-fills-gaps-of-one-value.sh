#!/usr/bin/env bash
# Packages: datafusion==55.0.0 duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1
#
# DataFusion reads a share that is not a number (NaN) as the file's other value, if there is only one: of the shares 1.5, NaN, 1.5 in a
# Parquet file of pyarrow, Polars or its own, a plain `select` gives 1.5 three times, `isnan` finds none, a sum of what is 1.5 takes in the
# third firm. Of a file by DuckDB, and of the table in memory, it gives NaN. With two distinct values the NaN is read, but the greatest
# value is NaN or a number by who wrote the file. No error, no null.
#
# Seen with datafusion 55.0.0, pyarrow 26.0.1, polars 2.1.0, duckdb 2.0.1 (newest on 2026-11-28), firms 1 to 3, the second one NaN:
#   memory: shares 1.5 nan 1.5, equal to 1.5 2, isnan 1, max nan
#   pyarrow's file: shares 1.5 1.5 1.5, equal to 1.5 3, isnan 0, max 1.5, statistics 1.5 to 1.5
#   polars' file: shares 1.5 1.5 1.5, equal to 1.5 3, isnan 0, max 1.5, statistics 1.5 to 1.5
#   datafusion's file: shares 1.5 1.5 1.5, equal to 1.5 3, isnan 0, max 1.5, statistics 1.5 to 1.5
#   duckdb's file: shares 1.5 nan 1.5, equal to 1.5 2, isnan 1, max nan, statistics none
#   pyarrow's file with 0.5, NaN, 1.5: shares 0.5 nan 1.5, isnan 1, max 1.5
#   pyarrow's file, collect_statistics off: shares 1.5 nan 1.5, equal to 1.5 2, isnan 1, max nan
# Parquet leaves NaN out of a column's least and greatest value and tells readers so. DataFusion takes a column whose two are the same for
# a constant and does not read it; that filters go wrong by these statistics is known upstream (pull request 24804, open).
#
# Who meets it: shares and rates computed as 0/0, kept in files by district or day, where most firms have the same value. Helps: write
# null for NaN (`fill_nan(None)`), or `datafusion.execution.collect_statistics` off.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check datafusion==55.0.0 duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1
cat > shares.py <<'PY'
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from datafusion import SessionConfig, SessionContext

nan = float("nan")
firms = pa.table({"id": [1, 2, 3], "share": pa.array([1.5, nan, 1.5], pa.float64())})
assert firms["share"].null_count == 0


def session(path=None, **settings):
    config = SessionConfig()
    for name, value in settings.items():
        config = config.set(f"datafusion.execution.{name}", value)
    context = SessionContext(config)
    if path:
        context.register_parquet("firms", path)
    else:
        context.register_record_batches("firms", [firms.to_batches()])
    return context


def one(context, query):
    return context.sql(f"select {query}").to_pydict()["n"][0]


def told(name, context, equal=True):
    shares = context.sql("select share from firms order by id").to_pydict()["share"]
    matching = f", equal to 1.5 {one(context, 'count(*) as n from firms where share = 1.5')}" if equal else ""
    missing = one(context, "count(*) as n from firms where isnan(share)")
    print(f"{name}: shares {' '.join(map(str, shares))}{matching}, isnan {missing}, max {one(context, 'max(share) as n from firms')}", end="")


def bounds(path):
    found = pq.ParquetFile(path).metadata.row_group(0).column(1).statistics
    return f"{found.min} to {found.max}" if found is not None and found.has_min_max else "none"


told("memory", session())
print()
pq.write_table(firms, "pyarrow.parquet")
pl.from_arrow(firms).write_parquet("polars.parquet")
session().sql("copy firms to 'datafusion.parquet'").collect()
duckdb.sql("copy firms to 'duckdb.parquet'")
for writer, name in (("pyarrow", "pyarrow's"), ("polars", "polars'"), ("datafusion", "datafusion's"), ("duckdb", "duckdb's")):
    path = f"{writer}.parquet"
    assert str(pq.read_table(path)["share"].to_pylist()) == "[1.5, nan, 1.5]"
    told(f"{name} file", session(path))
    print(f", statistics {bounds(path)}")
pq.write_table(pa.table({"id": [1, 2, 3], "share": [0.5, nan, 1.5]}), "two.parquet")
told("pyarrow's file with 0.5, NaN, 1.5", session("two.parquet"), equal=False)
print()
told("pyarrow's file, collect_statistics off", session("pyarrow.parquet", collect_statistics="false"))
print()
PY
cat > expected.txt <<'TEXT'
memory: shares 1.5 nan 1.5, equal to 1.5 2, isnan 1, max nan
pyarrow's file: shares 1.5 1.5 1.5, equal to 1.5 3, isnan 0, max 1.5, statistics 1.5 to 1.5
polars' file: shares 1.5 1.5 1.5, equal to 1.5 3, isnan 0, max 1.5, statistics 1.5 to 1.5
datafusion's file: shares 1.5 1.5 1.5, equal to 1.5 3, isnan 0, max 1.5, statistics 1.5 to 1.5
duckdb's file: shares 1.5 nan 1.5, equal to 1.5 2, isnan 1, max nan, statistics none
pyarrow's file with 0.5, NaN, 1.5: shares 0.5 nan 1.5, isnan 1, max 1.5
pyarrow's file, collect_statistics off: shares 1.5 nan 1.5, equal to 1.5 2, isnan 1, max nan
TEXT
env/bin/python shares.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: datafusion 55.0.0"
