#!/usr/bin/env bash
# Packages: daft==0.7.26 duckdb==2.0.1 polars==2.1.0 pyarrow==25.0.1
#
# In Daft a code of 18 digits kept as an unsigned 64-bit integer is equal to its neighbours: a filter for 914201030000000011 finds
# ...012 as well, and so does a join with a column of signed integers, which doubles the firm. The same column signed, or a join of
# unsigned with unsigned, finds one. Adding 1 gives a floating-point column. Codes of 15 digits are told apart, so the old registration
# numbers pass a test that the codes of today fail.
#
# Seen with daft 0.7.26 (newest on 2026-11-28; it refuses pyarrow 26), pyarrow 25.0.1, four codes that end in 011, 012, 075 and one of 15
# digits; beside it duckdb 2.0.1 and polars 2.1.0:
#   uint64: found 2, is_in 2, sql 2, greater 1, plus 1 is Float64
#   int64: found 1, is_in 1, sql 1, greater 2, plus 1 is Int64
#   uint64 joined with int64 2, uint64 with uint64 1, int64 with int64 1
#   code of 15 digits: uint64 1
#   duckdb on uint64 1, polars on uint64 1
# A literal is a signed integer, and what Daft takes for the common type of signed and unsigned 64 bits is a double, in which whole numbers
# above 2^53 are no longer all there.
#
# Who meets it: whoever reads codes that consist of digits as UBIGINT (a hash as a key, too) and links two registries by them. Helps: keep
# codes as text, or cast to Int64 on both sides.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check daft==0.7.26 duckdb==2.0.1 polars==2.1.0 pyarrow==25.0.1
cat > codes.py <<'PY'
import daft
import duckdb
import polars as pl
import pyarrow as pa

codes = [914201030000000011, 914201030000000012, 914201030000000075, 420100000012345]
tables = {kind: pa.table({"code": pa.array(codes, getattr(pa, kind)())}) for kind in ("uint64", "int64")}
frames = {kind: daft.from_arrow(table) for kind, table in tables.items()}
code = daft.col("code")


def found(kind, condition):
    return frames[kind].where(condition).count_rows()


for kind, firms in frames.items():
    in_sql = daft.sql(f"select code from firms where code = {codes[0]}").count_rows()
    added = firms.select(code + 1).schema()["code"].dtype
    print(
        f"{kind}: found {found(kind, code == codes[0])}, is_in {found(kind, code.is_in([codes[0]]))}, sql {in_sql},",
        f"greater {found(kind, code > codes[0])}, plus 1 is {added}",
    )


def joined(left, right):
    return frames[left].join(daft.from_arrow(tables[right].slice(0, 1)), on="code").count_rows()


print(
    f"uint64 joined with int64 {joined('uint64', 'int64')}, uint64 with uint64 {joined('uint64', 'uint64')},",
    f"int64 with int64 {joined('int64', 'int64')}",
)
print("code of 15 digits: uint64", found("uint64", code == codes[3]))
unsigned = tables["uint64"]
theirs = duckdb.sql(f"select count(*) from unsigned where code = {codes[0]}").fetchall()[0][0]
print(f"duckdb on uint64 {theirs}, polars on uint64 {pl.from_arrow(unsigned).filter(pl.col('code') == codes[0]).height}")
PY
cat > expected.txt <<'TEXT'
uint64: found 2, is_in 2, sql 2, greater 1, plus 1 is Float64
int64: found 1, is_in 1, sql 1, greater 2, plus 1 is Int64
uint64 joined with int64 2, uint64 with uint64 1, int64 with int64 1
code of 15 digits: uint64 1
duckdb on uint64 1, polars on uint64 1
TEXT
DAFT_PROGRESS_BAR=0 DO_NOT_TRACK=true env/bin/python codes.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: daft 0.7.26"
