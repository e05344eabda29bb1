#!/usr/bin/env bash
# Packages: adbc-driver-sqlite==1.13.0 polars==2.1.0 pyarrow==26.0.1
#
# An SQLite column holds what is put in. If a text stands among its amounts (不详, not known), Arrow's database driver (ADBC) makes the
# column text, and of an amount it keeps seven digits: a capital of 1,234,567.89 is `1.234568e+06`. A code of 18 digits stays whole, unless
# an amount came between it and the first text: then it is `9.142010e+17`, like every other code of its district. So the same three values
# give two results by their order. Without a text among them amounts are exact, and SQLite's own cast to text keeps all digits.
#
# Seen with adbc-driver-sqlite 1.13.0, pyarrow 26.0.1, polars 2.1.0 (newest on 2026-11-28):
#   value
#     amounts: double 1234567.89 0.5
#     amounts, text: string 1.234568e+06 5.000000e-01 不详
#     text, amount: string 不详 1.234568e+06
#     codes, text: string 914201030000000011 914201030000000012 不详
#     code, amount, text: string 9.142010e+17 1.234568e+06 不详
#     text, code, amount: string 不详 914201030000000011 1.234568e+06
#     code, text, amount: string 914201030000000011 不详 1.234568e+06
#   cast(value as text)
#     amounts: string 1234567.89 0.5
#     amounts, text: string 1234567.89 0.5 不详
#     text, amount: string 不详 1234567.89
#     codes, text: string 914201030000000011 914201030000000012 不详
#     code, amount, text: string 914201030000000011 1234567.89 不详
#     text, code, amount: string 不详 914201030000000011 1234567.89
#     code, text, amount: string 914201030000000011 不详 1234567.89
#   polars, engine adbc: 1.234568e+06 5.000000e-01 不详
# The driver settles a batch's type as it reads on, from whole numbers to doubles to text, and rewrites what it has with a format that
# prints six places. (That a type changing behind the first batch raises is documented.)
#
# Who meets it: `read_database_uri(engine="adbc")` of Polars and pandas' `read_sql` over ADBC, on workbooks and CSV that someone brought
# into SQLite, where such columns are the rule. Helps: `cast(value as text)`, or `cast(value as real)` where texts may vanish into 0.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check adbc-driver-sqlite==1.13.0 polars==2.1.0 pyarrow==26.0.1
cat > amounts.py <<'PY'
import sqlite3

import adbc_driver_sqlite.dbapi as adbc
import polars as pl

AMOUNT, CODE, UNKNOWN = 1234567.89, 914201030000000011, "不详"
CASES = {
    "amounts": [AMOUNT, 0.5],
    "amounts, text": [AMOUNT, 0.5, UNKNOWN],
    "text, amount": [UNKNOWN, AMOUNT],
    "codes, text": [CODE, CODE + 1, UNKNOWN],
    "code, amount, text": [CODE, AMOUNT, UNKNOWN],
    "text, code, amount": [UNKNOWN, CODE, AMOUNT],
    "code, text, amount": [CODE, UNKNOWN, AMOUNT],
}
with sqlite3.connect("firms.db") as base:
    base.execute("create table firms (kind text, n integer, value)")
    base.executemany("insert into firms values (?, ?, ?)", ((k, n, v) for k, vs in CASES.items() for n, v in enumerate(vs)))
base.close()
with adbc.connect("firms.db") as connection, connection.cursor() as cursor:
    for column in "value", "cast(value as text)":
        print(column)
        for kind in CASES:
            cursor.execute(f"select {column} as v from firms where kind = '{kind}' order by n")
            values = cursor.fetch_arrow_table()["v"]
            print(f"  {kind}: {values.type}", *values.to_pylist())
query = "select value from firms where kind = 'amounts, text' order by n"
print("polars, engine adbc:", *pl.read_database_uri(query, "sqlite://firms.db", engine="adbc")["value"])
PY
cat > expected.txt <<'TEXT'
value
  amounts: double 1234567.89 0.5
  amounts, text: string 1.234568e+06 5.000000e-01 不详
  text, amount: string 不详 1.234568e+06
  codes, text: string 914201030000000011 914201030000000012 不详
  code, amount, text: string 9.142010e+17 1.234568e+06 不详
  text, code, amount: string 不详 914201030000000011 1.234568e+06
  code, text, amount: string 914201030000000011 不详 1.234568e+06
cast(value as text)
  amounts: string 1234567.89 0.5
  amounts, text: string 1234567.89 0.5 不详
  text, amount: string 不详 1234567.89
  codes, text: string 914201030000000011 914201030000000012 不详
  code, amount, text: string 914201030000000011 1234567.89 不详
  text, code, amount: string 不详 914201030000000011 1234567.89
  code, text, amount: string 914201030000000011 不详 1234567.89
polars, engine adbc: 1.234568e+06 5.000000e-01 不详
TEXT
env/bin/python amounts.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: adbc-driver-sqlite 1.13.0"
