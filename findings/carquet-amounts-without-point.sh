#!/usr/bin/env bash
# Packages: carquet==0.7.2 duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1
#
# carquet, a young Parquet library in C with the calls of pyarrow, has no decimals. What it makes of them depends on who wrote the file: a
# capital of 1,200,000.50 written by DuckDB or Polars is the whole number 120,000,050, a hundred times as much, of a type that adds and
# compares as if nothing were wrong; the same column by pyarrow is eight raw bytes. Passed on by carquet, the hundredfold stands in the new
# file for everyone. A decimal written by carquet itself is stranger still: DuckDB and Polars read it rightly, pyarrow refuses the
# whole file, whichever column is asked for, and carquet reads back bytes. Its `validate` passes all of these files.
#
# Seen with carquet 0.7.2, duckdb 2.0.1, polars 2.1.0, pyarrow 26.0.1 (newest on 2026-11-28), capital decimal(18, 2) 1200000.50 and -12.34:
#   by duckdb: int64 120000050 -1234
#   by polars: int64 120000050 -1234
#   by pyarrow: fixed_size_binary[8] 0000000007270e32 fffffffffffffb2e
#   duckdb's passed on by carquet, read by pyarrow: 120000050 -1234
#   by carquet itself, read by duckdb: 1200000.50 -12.34 DECIMAL(18,2)
#   by carquet itself, read by polars: 1200000.50 -12.34
#   by carquet itself, other column by pyarrow: Decimal precision out of range [1, 38]: 0
#   by carquet itself, read by carquet: fixed_size_binary[8] 0000000007270e32 fffffffffffffb2e
#   the same without the Arrow schema, by pyarrow: 1200000.50 -12.34
# Reading, it hands out the column's storage and drops the annotation. Writing, it sets the annotation and stores beside it an Arrow schema
# whose decimal has precision 0, which only pyarrow looks at.
#
# Who meets it: whoever swaps pyarrow for it to be rid of the size; ints, dates, times, texts, lists and maps pass the swap. Helps: cast
# amounts to text in the query before, or scale and cast after reading, by the schema another reader gives.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check carquet==0.7.2 duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1
cat > capitals.py <<'PY'
from decimal import Decimal

import carquet
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

amounts = [Decimal("1200000.50"), Decimal("-12.34")]
firms = pa.table({"firm": [1, 2], "capital": pa.array(amounts, pa.decimal128(18, 2))})


def told(column):
    return " ".join(value.hex() if isinstance(value, bytes) else str(value) for value in column.to_pylist())


def by_duckdb(name, what="capital"):
    return " ".join(str(value) for (value,) in duckdb.sql(f"select {what} from '{name}'").fetchall())


duckdb.sql("copy firms to 'duckdb.parquet' (format parquet)")
pq.write_table(firms, "pyarrow.parquet")
pl.from_arrow(firms).write_parquet("polars.parquet")
for writer in "duckdb", "polars", "pyarrow":
    name = f"{writer}.parquet"
    carquet.validate(name)
    assert pq.read_table(name)["capital"].to_pylist() == amounts
    assert pl.read_parquet(name)["capital"].to_list() == amounts
    assert by_duckdb(name) == "1200000.50 -12.34"
    column = carquet.read_table(name)["capital"]
    print(f"by {writer}: {column.type} {told(column)}")
carquet.write_table(carquet.read_table("duckdb.parquet"), "again.parquet")
print("duckdb's passed on by carquet, read by pyarrow:", told(pq.read_table("again.parquet")["capital"]))
plain = pa.table({"capital": [1200000.5, -12.34], "workers": pa.array([4_000_000_000, 1], pa.uint32())})
carquet.write_table(plain, "plain.parquet")
assert pq.read_table("plain.parquet").equals(plain) and carquet.read_table("plain.parquet").equals(plain)
carquet.write_table(firms, "own.parquet")
carquet.validate("own.parquet")
print("by carquet itself, read by duckdb:", by_duckdb("own.parquet"), by_duckdb("own.parquet", "typeof(capital)").split(" ")[0])
print("by carquet itself, read by polars:", *pl.read_parquet("own.parquet")["capital"])
try:
    pq.read_table("own.parquet", columns=["firm"])
except pa.ArrowInvalid as error:
    print("by carquet itself, other column by pyarrow:", error)
column = carquet.read_table("own.parquet")["capital"]
print(f"by carquet itself, read by carquet: {column.type} {told(column)}")
carquet.write_table(firms, "bare.parquet", store_schema=False)
print("the same without the Arrow schema, by pyarrow:", told(pq.read_table("bare.parquet")["capital"]))
PY
cat > expected.txt <<'TEXT'
by duckdb: int64 120000050 -1234
by polars: int64 120000050 -1234
by pyarrow: fixed_size_binary[8] 0000000007270e32 fffffffffffffb2e
duckdb's passed on by carquet, read by pyarrow: 120000050 -1234
by carquet itself, read by duckdb: 1200000.50 -12.34 DECIMAL(18,2)
by carquet itself, read by polars: 1200000.50 -12.34
by carquet itself, other column by pyarrow: Decimal precision out of range [1, 38]: 0
by carquet itself, read by carquet: fixed_size_binary[8] 0000000007270e32 fffffffffffffb2e
the same without the Arrow schema, by pyarrow: 1200000.50 -12.34
TEXT
env/bin/python capitals.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: carquet 0.7.2"
