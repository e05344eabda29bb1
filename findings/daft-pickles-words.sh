#!/usr/bin/env bash
# Packages: daft==0.7.26 duckdb==2.0.1 pandas==3.1.1 pyarrow==25.0.1
#
# Daft keeps what it takes from Arrow and does not know as Python objects, and hands those out pickled. Dictionary-encoded text is among
# it, as are string views, decimals of 64 bits and times in seconds: a column of districts that pandas calls categories, or that was
# encoded to save memory, is written to Parquet as bytes that begin with 80 05 95 and read by others as a BLOB. In Daft itself filters
# find the district and printing shows its name, so nothing is seen before the file reaches another program.
#
# Seen with daft 0.7.26 (newest on 2026-11-28; it refuses pyarrow 26), pyarrow 25.0.1, read by duckdb 2.0.1:
#   plain text: String, in the file VARCHAR '江汉区'
#   dictionary: Python, in the file BLOB b'\x80\x05\x95\r\x00\x00\x00\x00\x00\x00\x00\x8c\t\xe6\xb1\x9f\xe6\xb1\x89\xe5\x8c\xba\x94.'
#   pandas category: Python
#   string view: Python, decimal64: Python, time32: Python
#   large text: String, decimal128: Decimal[precision: 18, scale: 2]
#   rows of 江汉区 found by daft 1, by duckdb in daft's file 0
#   the same dictionary by way of pyarrow's Parquet: String
# A type without a counterpart goes the way of "any Python object" instead of being refused or decoded, by `from_arrow` and `from_pandas`.
# Daft's own Parquet reader does decode dictionaries, and refuses the rest (`Unsupported Arrow DataType`).
#
# Who meets it: pipelines that pass a table in memory from DuckDB, Polars or pandas through Daft and on as a file. Helps: look for
# `Python` in `schema()`, and cast such columns (`pa.string()`, `decimal128`) before `from_arrow`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check daft==0.7.26 duckdb==2.0.1 pandas==3.1.1 pyarrow==25.0.1
cat > words.py <<'PY'
import glob
from decimal import Decimal

import daft
import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

words = pa.array(["江汉区", "武昌区"])
encoded = words.dictionary_encode()


def kind(values):
    return daft.from_arrow(pa.table({"v": values})).schema()["v"].dtype


def file_of(name, values):
    name = name.replace(" ", "_")
    daft.from_arrow(pa.table({"v": values})).write_parquet(name)
    return glob.glob(f"{name}/*.parquet")[0]


for name, values in (("plain text", words), ("dictionary", encoded)):
    written, first = duckdb.sql(f"select typeof(v), v from '{file_of(name, values)}' limit 1").fetchall()[0]
    print(f"{name}: {kind(values)}, in the file {written} {first!r}")
print("pandas category:", daft.from_pandas(pd.DataFrame({"v": pd.Categorical(["江汉区"])})).schema()["v"].dtype)
amount = Decimal("12.34")
views = {
    "string view": words.cast(pa.string_view()), "decimal64": pa.array([amount], pa.decimal64(18, 2)), "time32": pa.array([1], pa.time32("s")),
}
print(", ".join(f"{name}: {kind(values)}" for name, values in views.items()))
print(f"large text: {kind(words.cast(pa.large_string()))}, decimal128: {kind(pa.array([amount], pa.decimal128(18, 2)))}")
frame = daft.from_arrow(pa.table({"v": encoded}))
found = frame.where(daft.col("v") == "江汉区").count_rows()
path = file_of("found", encoded)
theirs = duckdb.sql(f"select count(*) from '{path}' where v = encode('江汉区')").fetchall()[0][0]
print(f"rows of 江汉区 found by daft {found}, by duckdb in daft's file {theirs}")
pq.write_table(pa.table({"v": encoded}), "encoded.parquet")
assert pa.types.is_dictionary(pq.read_schema("encoded.parquet").field("v").type)
print("the same dictionary by way of pyarrow's Parquet:", daft.read_parquet("encoded.parquet").schema()["v"].dtype)
PY
cat > expected.txt <<'TEXT'
plain text: String, in the file VARCHAR '江汉区'
dictionary: Python, in the file BLOB b'\x80\x05\x95\r\x00\x00\x00\x00\x00\x00\x00\x8c\t\xe6\xb1\x9f\xe6\xb1\x89\xe5\x8c\xba\x94.'
pandas category: Python
string view: Python, decimal64: Python, time32: Python
large text: String, decimal128: Decimal[precision: 18, scale: 2]
rows of 江汉区 found by daft 1, by duckdb in daft's file 0
the same dictionary by way of pyarrow's Parquet: String
TEXT
DAFT_PROGRESS_BAR=0 DO_NOT_TRACK=true env/bin/python words.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: daft 0.7.26"
