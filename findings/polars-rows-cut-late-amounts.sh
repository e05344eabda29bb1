#!/usr/bin/env bash
# Packages: polars==2.1.0
#
# A hundred amounts in whole numbers, and Polars cuts the places off all that follow, if the data comes in rows: 5.75 from a database
# cursor, a list of dicts or of tuples is 5, a rate of 0.5 is 0. A decimal is rounded to the places of the first hundred (5.755 is 5.76),
# a text "6" is 6, and behind a hundred `True` a 5 is `False`. `strict=True`, the default, is no help; the same values as a column raise.
# Only a text that is no number raises from rows too, so the guess looks guarded.
#
# Seen with polars 2.1.0 (newest on 2026-11-28), SQLite of Python, 100 times the first value and then the last:
#   5 then 5.75: database 5, dicts 5, tuples 5, column TypeError
#   0 then 0.5: database 0, dicts 0, tuples 0, column TypeError
#   5.00 then 5.755: dicts 5.76, tuples 5.76, column 5.755
#   True then 5: dicts False, tuples False, column TypeError
#   5 then none: database ComputeError, dicts ComputeError, tuples ComputeError, column TypeError
#   99 times 5, then 5.75: database 5.75, dicts 5.75, tuples 5.75
#   sum of capitals by SQLite 1057.5, by polars 1050
# The type comes from the first 100 rows (`infer_schema_length`). The builder for rows then casts each further value leniently and raises
# where the cast gives nothing; the one for columns wants the type itself.
#
# Who meets it: `pl.read_database` on a column without a declared type (SQLite, or an expression), JSON of an API, where round amounts
# come first. Helps: `infer_schema_length=None`, or `schema_overrides`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check polars==2.1.0
cat > amounts.py <<'PY'
import sqlite3
from decimal import Decimal

import polars as pl


def database(values):
    connection = sqlite3.connect(":memory:")
    connection.execute("create table firms(capital)")
    connection.executemany("insert into firms values (?)", [(value,) for value in values])
    return pl.read_database("select capital from firms", connection)


ways = {
    "database": database,
    "dicts": lambda values: pl.DataFrame([{"capital": value} for value in values], strict=True),
    "tuples": lambda values: pl.DataFrame([(value,) for value in values], schema=["capital"], orient="row", strict=True),
    "column": lambda values: pl.DataFrame({"capital": values}, strict=True),
}


def last(way, values):
    try:
        return str(ways[way](values)["capital"][-1])
    except (TypeError, pl.exceptions.ComputeError) as error:
        return type(error).__name__


def told(name, values, without=()):
    print(f"{name}:", ", ".join(f"{way} {last(way, values)}" for way in ways if way not in without))


told("5 then 5.75", [5] * 100 + [5.75])
told("0 then 0.5", [0] * 100 + [0.5])
told("5.00 then 5.755", [Decimal("5.00")] * 100 + [Decimal("5.755")], without=["database"])
told("True then 5", [True] * 100 + [5], without=["database"])
told("5 then none", [5] * 100 + ["none"])
told("99 times 5, then 5.75", [5] * 99 + [5.75], without=["column"])
capitals = [10] * 100 + [5.75] * 10
connection = sqlite3.connect(":memory:")
connection.execute("create table firms(capital)")
connection.executemany("insert into firms values (?)", [(capital,) for capital in capitals])
theirs = connection.execute("select sum(capital) from firms").fetchone()[0]
print(f"sum of capitals by SQLite {theirs}, by polars {pl.read_database('select capital from firms', connection)['capital'].sum()}")
whole = pl.read_database("select capital from firms", connection, infer_schema_length=None)
assert whole["capital"].sum() == theirs
PY
cat > expected.txt <<'TEXT'
5 then 5.75: database 5, dicts 5, tuples 5, column TypeError
0 then 0.5: database 0, dicts 0, tuples 0, column TypeError
5.00 then 5.755: dicts 5.76, tuples 5.76, column 5.755
True then 5: dicts False, tuples False, column TypeError
5 then none: database ComputeError, dicts ComputeError, tuples ComputeError, column TypeError
99 times 5, then 5.75: database 5.75, dicts 5.75, tuples 5.75
sum of capitals by SQLite 1057.5, by polars 1050
TEXT
env/bin/python amounts.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: polars 2.1.0"
