#!/usr/bin/env bash
# Packages: duckdb==2.0.1 polars==2.1.0
#
# In Polars' SQL a position is counted in bytes and a piece of a text is cut in characters, so the usual way of taking an address apart
# (cut behind the place where 市 stands) gives a later piece of it or nothing, never an error. `position` and `strpos` count that way,
# `substr` and `left` the other; with letters of one byte all is well. A missing address has position 0, "not found", where SQL has null.
#
# Seen with polars 2.1.0 and, for comparison, duckdb 2.0.1 (newest on 2026-11-27), address 武汉市江汉区解放大道18号:
#   polars position 7, behind 市 '放大道18号', before 市 '武汉市江汉区', of null 0, of 武汉市江 ''
#   duckdb position 3, behind 市 '江汉区解放大道18号', before 市 '武汉', of null None, of 武汉市江 '江'
#   polars position in wuhanshi-jianghan 9
#   expressions str.find 6, str.slice behind it '放大道18号', len_bytes 35, len_chars 13
# The plan shows both as the expression `str.find`, plus 1, with nulls filled by 0. Of `str.find` the documentation says that it counts
# bytes; the SQL names come from PostgreSQL, where they count characters.
#
# Who meets it: whoever moves a query that splits addresses or firms' names from PostgreSQL or DuckDB to Polars. Helps:
# `split_part(address, '市', 1)` cuts rightly.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.1 polars==2.1.0
cat > cut.py <<'PY'
import duckdb
import polars as pl

address = "武汉市江汉区解放大道18号"
frame = pl.DataFrame({"address": [address]})
query = """
    select strpos(address, '市') as at, position('市' in address) as there,
        substr(address, strpos(address, '市') + 1) as behind, left(address, strpos(address, '市') - 1) as before,
        strpos(nullif(address, address), '市') as missing, split_part(address, '市', 1) as part,
        substr(left(address, 4), strpos(left(address, 4), '市') + 1) as short
    from frame
"""
connection = duckdb.connect()
connection.execute("create table frame as select ? as address", [address])
answers = {"polars": pl.SQLContext(frame=frame).execute(query, eager=True).row(0), "duckdb": connection.execute(query).fetchone()}
for name, (at, there, behind, before, missing, part, short) in answers.items():
    assert at == there and part == "武汉"
    print(f"{name} position {at}, behind 市 {behind!r}, before 市 {before!r}, of null {missing}, of 武汉市江 {short!r}")
latin = pl.sql("select strpos('wuhanshi-jianghan', '-') as at", eager=True).item()
print(f"polars position in wuhanshi-jianghan {latin}")
text = pl.col("address").str
at, behind, size, length = frame.select(
    text.find("市", literal=True).alias("at"), text.slice(text.find("市", literal=True) + 1).alias("behind"),
    text.len_bytes().alias("size"), text.len_chars().alias("length"),
).row(0)
print(f"expressions str.find {at}, str.slice behind it {behind!r}, len_bytes {size}, len_chars {length}")
PY
cat > expected.txt <<'TEXT'
polars position 7, behind 市 '放大道18号', before 市 '武汉市江汉区', of null 0, of 武汉市江 ''
duckdb position 3, behind 市 '江汉区解放大道18号', before 市 '武汉', of null None, of 武汉市江 '江'
polars position in wuhanshi-jianghan 9
expressions str.find 6, str.slice behind it '放大道18号', len_bytes 35, len_chars 13
TEXT
env/bin/python cut.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: polars 2.1.0"
