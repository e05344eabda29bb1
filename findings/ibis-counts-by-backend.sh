#!/usr/bin/env bash
# Packages: duckdb==2.0.1 ibis-framework==12.0.0 polars==2.1.0 pyarrow==26.0.1
#
# One Ibis expression gives different counts by the engine it is run with, each of which could give the other's. The length of an address
# of 13 characters is 35 on Polars and 13 on DuckDB and SQLite. The number of distinct districts of four rows, one of them empty, is 3 on
# Polars and 2 on the others; Polars counts the missing district as one. The remainder of -7 by 3 is 2 and -1, 2.5 rounds to 2 and to 3,
# and 3.5 made a whole number is 3 on Polars and SQLite and 4 on DuckDB. None of it raises, and letters without accents do not show it.
#
# Seen with ibis-framework 12.0.0, duckdb 2.0.1, polars 2.1.0 (newest on 2026-11-28), SQLite of Python:
#   length of 武汉市江汉区解放大道18号: duckdb 13, polars 35, sqlite 13
#   length of abc: duckdb 3, polars 3, sqlite 3
#   distinct districts: duckdb 2, polars 3, sqlite 2
#   districts counted: duckdb 3, polars 3, sqlite 3
#   -7 % 3: duckdb -1, polars 2, sqlite -1
#   2.5 rounded: duckdb 3, polars 2, sqlite 3
#   3.5 as int64: duckdb 4, polars 3, sqlite 3
#   with polars itself: len_chars 13, distinct without null 2
# Each operation is handed to the engine's function of a like name (`str.len_bytes`, `n_unique`, ...), where SQL's count(distinct) leaves
# nulls out and its length counts characters.
#
# Who meets it: whoever writes rules once with Ibis, tries them on Polars and runs them on DuckDB (a name of at least five characters, a
# district's number of streets, buckets by remainder). Helps: `drop_null()` before `nunique()`, and a test of each rule on both engines.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check 'ibis-framework[duckdb,polars,sqlite]==12.0.0' duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1
cat > counts.py <<'PY'
import ibis
import polars as pl
import pyarrow as pa

address = "武汉市江汉区解放大道18号"
districts = ["江汉区", "青山区", None, "江汉区"]
firms = ibis.memtable(pa.table({
    "address": [address, "abc", None, ""],
    "district": districts,
    "n": pa.array([-7, 7, None, 0], pa.int64()),
    "x": [2.5, 3.5, None, 0.0],
}))
engines = {"duckdb": ibis.duckdb.connect(), "polars": ibis.polars.connect(), "sqlite": ibis.sqlite.connect()}


def told(name, expression, row=None):
    answers = []
    for engine, connection in engines.items():
        result = connection.to_pyarrow(expression)
        answer = result.as_py() if row is None else result[row].as_py()
        answers.append(f"{engine} {answer:.0f}")
    print(f"{name}: {', '.join(answers)}")


told(f"length of {address}", firms.address.length(), 0)
told("length of abc", firms.address.length(), 1)
told("distinct districts", firms.district.nunique())
told("districts counted", firms.district.count())
told("-7 % 3", firms.n % 3, 0)
told("2.5 rounded", firms.x.round(), 0)
told("3.5 as int64", firms.x.cast("int64"), 1)
itself = pl.Series(districts)
print(f"with polars itself: len_chars {pl.Series([address]).str.len_chars()[0]}, distinct without null {itself.drop_nulls().n_unique()}")
PY
cat > expected.txt <<'TEXT'
length of 武汉市江汉区解放大道18号: duckdb 13, polars 35, sqlite 13
length of abc: duckdb 3, polars 3, sqlite 3
distinct districts: duckdb 2, polars 3, sqlite 2
districts counted: duckdb 3, polars 3, sqlite 3
-7 % 3: duckdb -1, polars 2, sqlite -1
2.5 rounded: duckdb 3, polars 2, sqlite 3
3.5 as int64: duckdb 4, polars 3, sqlite 3
with polars itself: len_chars 13, distinct without null 2
TEXT
env/bin/python counts.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: ibis-framework 12.0.0"
