#!/usr/bin/env bash
# Packages: duckdb==2.0.1 nanoarrow==0.9.0 pyarrow==26.0.1
#
# nanoarrow turns every negative decimal into a huge positive one: a debt of 12.34 is a claim of 3.4 · 10^36, rounded to the digits that
# the type declares so that not even the low digits are left. It makes no difference who hands the column over (pyarrow, DuckDB, an IPC
# stream). A sliced column of decimals is read from another place besides: without nulls the values before the slice come along as well,
# and with nulls the values are shifted and the null stays where it belongs. Columns of fixed-size bytes do the same; integers, dates,
# texts and dictionaries are read rightly, so in one table the rows no longer belong together.
#
# Seen with nanoarrow 0.9.0 (newest on 2026-11-27) and decimal128(18, 2):
#   from pyarrow ['12.34', '3.40282366920938463E+36']
#   from duckdb ['12.34', '3.40282366920938463E+36']
#   from an IPC stream ['12.34', '3.40282366920938463E+36']
#   slice [3:] of 1.10 2.20 3.30 4.40 ['1.10', '2.20', '3.30', '4.40']
#   slice [1:] of 1.10 None 3.30 4.40 [None, '0.00', '3.30']
#   slice [3:] of bytes [b'a1', b'b2', b'c3', b'd4'], of integers [4]
#   batches of 3 rows and 1: rows of integers 4, of decimals 7
# The sign is lost in the package's iterator.py, which makes an integer of the bytes without saying that it is signed. The slices go
# wrong below it, in compiled code.
#
# Who meets it: whoever takes nanoarrow as the small reader beside a large writer and has amounts that may be negative (equity, arrears,
# corrections); slices are what `table.slice` and `table.to_batches` hand over. Helps: convert with pyarrow's `to_pylist`, which is right
# for all of these.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.1 nanoarrow==0.9.0 pyarrow==26.0.1
cat > read.py <<'PY'
from decimal import Decimal

import duckdb
import nanoarrow as na
import pyarrow as pa

money = pa.decimal128(18, 2)


def column(*texts):
    return pa.array([text and Decimal(text) for text in texts], money)


def texts(values):
    return [str(value) if isinstance(value, Decimal) else value for value in values]


def from_stream(stream):
    return texts(row["v"] for row in stream.read_all().to_pylist())


signed = pa.table({"v": column("12.34", "-12.34")})
sink = pa.BufferOutputStream()
with pa.ipc.new_stream(sink, signed.schema) as writer:
    writer.write_table(signed)
print("from pyarrow", texts(na.Array(column("12.34", "-12.34")).to_pylist()))
print("from duckdb", from_stream(na.ArrayStream(duckdb.sql("select unnest([12.34, -12.34])::decimal(18, 2) as v"))))
print("from an IPC stream", from_stream(na.ArrayStream.from_readable(sink.getvalue())))
four = column("1.10", "2.20", "3.30", "4.40")
print("slice [3:] of 1.10 2.20 3.30 4.40", texts(na.Array(four[3:]).to_pylist()))
print("slice [1:] of 1.10 None 3.30 4.40", texts(na.Array(column("1.10", None, "3.30", "4.40")[1:]).to_pylist()))
codes, numbers = pa.array([b"a1", b"b2", b"c3", b"d4"], pa.binary(2)), pa.array([1, 2, 3, 4])
print(f"slice [3:] of bytes {na.Array(codes[3:]).to_pylist()}, of integers {na.Array(numbers[3:]).to_pylist()}")
batches = [pa.table({"v": c}).to_batches(max_chunksize=3) for c in (numbers, four)]
counts = [len(from_stream(na.ArrayStream(pa.Table.from_batches(pieces)))) for pieces in batches]
print(f"batches of 3 rows and 1: rows of integers {counts[0]}, of decimals {counts[1]}")
assert texts(four[3:].to_pylist()) == ["4.40"] and column("-12.34").to_pylist() == [Decimal("-12.34")]
words, days = pa.array(["a", None, "b", "a"]), pa.array([0, None, 19_844, 1], pa.date32())
for right in (numbers, words, words.dictionary_encode(), days):
    assert na.Array(right[1:]).to_pylist() == right[1:].to_pylist()
PY
cat > expected.txt <<'TEXT'
from pyarrow ['12.34', '3.40282366920938463E+36']
from duckdb ['12.34', '3.40282366920938463E+36']
from an IPC stream ['12.34', '3.40282366920938463E+36']
slice [3:] of 1.10 2.20 3.30 4.40 ['1.10', '2.20', '3.30', '4.40']
slice [1:] of 1.10 None 3.30 4.40 [None, '0.00', '3.30']
slice [3:] of bytes [b'a1', b'b2', b'c3', b'd4'], of integers [4]
batches of 3 rows and 1: rows of integers 4, of decimals 7
TEXT
env/bin/python read.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: nanoarrow 0.9.0"
