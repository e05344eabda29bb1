#!/usr/bin/env bash
# Packages: duckdb==2.0.1 sqlglot==30.30.0
#
# sqlglot rewrites a query for SQLite that then runs and answers in years instead of days: 30 days after 1 May 2024 is the number 2054,
# and from 1 April to 1 May it is 0 days. Both dates are cast to date in the query, and 30 days given to `date_add` are translated
# rightly, so the types are known. A month after 31 January is 2 March; between 31 January and 1 February lies no month, where DuckDB
# counts one; and `try_cast` of a text that is no number gives 0 where null was meant.
#
# Seen with sqlglot 30.30.0 and duckdb 2.0.1 (newest on 2026-11-28), from DuckDB to SQLite, run with Python's:
#   date_add(cast('2024-05-01' as date), interval 30 day): duckdb 2024-05-31, sqlite 2024-05-31
#   cast('2024-05-01' as date) + 30: duckdb 2024-05-31, sqlite 2054
#   cast('2024-05-01' as date) - cast('2024-04-01' as date): duckdb 30, sqlite 0
#   date_add(cast('2024-01-31' as date), interval 1 month): duckdb 2024-02-29, sqlite 2024-03-02
#   date_diff('month', date '2024-01-31', date '2024-02-01'): duckdb 1, sqlite 0
#   date_diff('day', date '2024-04-01', date '2024-05-01'): duckdb 30, sqlite 30
#   try_cast('none' as int): duckdb None, sqlite 0
#   unsupported by `unsupported_level=RAISE`: none
# It writes `DATE('2024-05-01') + 30`; SQLite has no dates, takes the text's leading number, the year, and adds. Asked to raise at what a
# dialect lacks, sqlglot raises at none of these.
#
# Who meets it: rules for terms (a licence ending within 30 days) written once and tested on SQLite. Helps: write
# `date_add` with days and `date_diff('day', ...)`, which are translated.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.1 sqlglot==30.30.0
cat > dates.py <<'PY'
import sqlite3

import duckdb
import sqlglot
from sqlglot.errors import ErrorLevel, UnsupportedError

lite = sqlite3.connect(":memory:")
refused = []
for expression in (
    "date_add(cast('2024-05-01' as date), interval 30 day)",
    "cast('2024-05-01' as date) + 30",
    "cast('2024-05-01' as date) - cast('2024-04-01' as date)",
    "date_add(cast('2024-01-31' as date), interval 1 month)",
    "date_diff('month', date '2024-01-31', date '2024-02-01')",
    "date_diff('day', date '2024-04-01', date '2024-05-01')",
    "try_cast('none' as int)",
):
    query = f"select {expression}"
    theirs = str(duckdb.sql(query).fetchall()[0][0]).removesuffix(" 00:00:00")
    try:
        translated = sqlglot.transpile(query, read="duckdb", write="sqlite", unsupported_level=ErrorLevel.RAISE)[0]
    except UnsupportedError:
        refused.append(expression)
        continue
    print(f"{expression}: duckdb {theirs}, sqlite {lite.execute(translated).fetchone()[0]}")
print("unsupported by `unsupported_level=RAISE`:", ", ".join(refused) or "none")
PY
cat > expected.txt <<'TEXT'
date_add(cast('2024-05-01' as date), interval 30 day): duckdb 2024-05-31, sqlite 2024-05-31
cast('2024-05-01' as date) + 30: duckdb 2024-05-31, sqlite 2054
cast('2024-05-01' as date) - cast('2024-04-01' as date): duckdb 30, sqlite 0
date_add(cast('2024-01-31' as date), interval 1 month): duckdb 2024-02-29, sqlite 2024-03-02
date_diff('month', date '2024-01-31', date '2024-02-01'): duckdb 1, sqlite 0
date_diff('day', date '2024-04-01', date '2024-05-01'): duckdb 30, sqlite 30
try_cast('none' as int): duckdb None, sqlite 0
unsupported by `unsupported_level=RAISE`: none
TEXT
env/bin/python dates.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: sqlglot 30.30.0"
