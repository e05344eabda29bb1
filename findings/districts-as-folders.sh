#!/usr/bin/env bash
# Packages: chdb==4.4.0 chdb-core==26.9.0 datafusion==55.0.0 duckdb==2.0.1 pyarrow==26.0.1
#
# A table kept in one folder a district (`district=…`, after Hive) is read as other districts by two engines. ClickHouse (chDB) does not
# undo the percent signs that writers set for Chinese letters: the district is `%E6%B1%9F%E6%B1%89%E5%8C%BA`, and 江汉区 has no firms.
# DataFusion undoes them but has no null: a firm without a district, which pyarrow and DuckDB keep in `__HIVE_DEFAULT_PARTITION__`, gets
# this word for its district, and what DataFusion writes itself stands in a folder without a name and comes back as an empty text to
# everyone. Districts in Latin letters show neither.
#
# Seen with chdb 4.4.0, datafusion 55.0.0, duckdb 2.0.1, pyarrow 26.0.1 (newest on 2026-11-28), districts 江汉区, Wuchang and none:
#   by pyarrow, read by pyarrow: 江汉区, Wuchang, None
#   by pyarrow, read by duckdb: 江汉区, Wuchang, None
#   by pyarrow, read by datafusion: 江汉区, Wuchang, '__HIVE_DEFAULT_PARTITION__'
#   by pyarrow, read by chdb: '%E6%B1%9F%E6%B1%89%E5%8C%BA', Wuchang, '__HIVE_DEFAULT_PARTITION__'
#   by duckdb, read by datafusion: 江汉区, Wuchang, '__HIVE_DEFAULT_PARTITION__'
#   by datafusion, read by pyarrow: 江汉区, Wuchang, ''
#   by datafusion, read by duckdb: 江汉区, Wuchang, ''
#   by datafusion, read by datafusion: 江汉区, Wuchang, ''
#   firms without a district: pyarrow 1, duckdb 1, datafusion 0, chdb 0; firms of 江汉区: pyarrow 1, duckdb 1, datafusion 1, chdb 0
#
# Who meets it: whoever partitions a city's firms by a column in Chinese or with gaps and changes the engine. Helps: partition by the
# district's code, with a code of its own for "none".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check chdb==4.4.0 chdb-core==26.9.0 datafusion==55.0.0 duckdb==2.0.1 pyarrow==26.0.1
cat > districts.py <<'PY'
import json

import chdb
import datafusion
import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

districts = ["江汉区", "Wuchang", None]
firms = pa.table({"id": [1, 2, 3], "district": pa.array(districts)})
ds.write_dataset(firms, "pyarrow", format="parquet", partitioning=["district"], partitioning_flavor="hive")
duckdb.sql("copy firms to 'duckdb' (format parquet, partition_by (district))")
writer = datafusion.SessionContext()
writer.register_record_batches("firms", [firms.to_batches()])
writer.sql("copy firms to 'datafusion/' stored as parquet partitioned by (district)").collect()


def by_pyarrow(folder):
    schema = ds.partitioning(pa.schema([("district", pa.string())]), flavor="hive")
    return ds.dataset(folder, partitioning=schema).to_table(columns=["id", "district"]).to_pylist()


def by_duckdb(folder):
    rows = duckdb.sql(f"select id, district from read_parquet('{folder}/**/*.parquet', hive_partitioning = true)").fetchall()
    return [{"id": number, "district": district} for number, district in rows]


def by_datafusion(folder):
    context = datafusion.SessionContext()
    context.register_listing_table("firms", f"{folder}/", table_partition_cols=[("district", pa.string())], file_extension=".parquet")
    return [row for batch in context.sql("select id, district from firms").collect() for row in batch.to_pylist()]


def by_chdb(folder):
    query = f"select id, district from file('{folder}/**/*.parquet') settings use_hive_partitioning = 1"
    return [json.loads(line) for line in chdb.query(query, "JSONEachRow").data().splitlines()]


readers = {"pyarrow": by_pyarrow, "duckdb": by_duckdb, "datafusion": by_datafusion, "chdb": by_chdb}


def read(folder, reader):
    return [row["district"] for row in sorted(readers[reader](folder), key=lambda row: int(row["id"]))]


for folder, reader in (
    ("pyarrow", "pyarrow"), ("pyarrow", "duckdb"), ("pyarrow", "datafusion"), ("pyarrow", "chdb"), ("duckdb", "datafusion"),
    ("datafusion", "pyarrow"), ("datafusion", "duckdb"), ("datafusion", "datafusion"),
):
    told = [str(seen) if seen == written else repr(seen) for seen, written in zip(read(folder, reader), districts, strict=True)]
    print(f"by {folder}, read by {reader}: {', '.join(told)}")
answers = {reader: read("pyarrow", reader) for reader in readers}
without = ", ".join(f"{reader} {seen.count(None)}" for reader, seen in answers.items())
found = ", ".join(f"{reader} {seen.count('江汉区')}" for reader, seen in answers.items())
print(f"firms without a district: {without}; firms of 江汉区: {found}")
PY
cat > expected.txt <<'TEXT'
by pyarrow, read by pyarrow: 江汉区, Wuchang, None
by pyarrow, read by duckdb: 江汉区, Wuchang, None
by pyarrow, read by datafusion: 江汉区, Wuchang, '__HIVE_DEFAULT_PARTITION__'
by pyarrow, read by chdb: '%E6%B1%9F%E6%B1%89%E5%8C%BA', Wuchang, '__HIVE_DEFAULT_PARTITION__'
by duckdb, read by datafusion: 江汉区, Wuchang, '__HIVE_DEFAULT_PARTITION__'
by datafusion, read by pyarrow: 江汉区, Wuchang, ''
by datafusion, read by duckdb: 江汉区, Wuchang, ''
by datafusion, read by datafusion: 江汉区, Wuchang, ''
firms without a district: pyarrow 1, duckdb 1, datafusion 0, chdb 0; firms of 江汉区: pyarrow 1, duckdb 1, datafusion 1, chdb 0
TEXT
env/bin/python districts.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: datafusion 55.0.0, chdb 4.4.0"
