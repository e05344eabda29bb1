#!/usr/bin/env bash
# Packages: libsqliteodbc==0.9998-3+b1 pyodbc==5.5.0
#
# A BIGINT column of an SQLite table comes through its ODBC driver whole, but its sum, its maximum, the column plus 0 and even
# `cast(... as bigint)` come as 32 bits with the upper half cut off and no error, warning or truncation state. The capitals of two firms,
# 3 000 000 000 and 1 500 000 000, so sum up to 205 032 704: positive, of a fitting size, and wrong. A column that SQLite itself calls
# INTEGER, which holds 64 bits there, is cut as a column already.
#
# Seen with libsqliteodbc 0.9998-3+b1 (newest in Debian 12; upstream's later releases are not in its archive) and pyodbc 5.5.0 (newest):
#   column BIGINT 3000000000 column INTEGER -1294967296
#   sum 205032704 max -1294967296 cast -1294967296
#   as text 4500000000
#   with BigInt=1 sum 4500000000 column INTEGER 3000000000
# The driver derives a type from the name in the table's declaration. An expression has none, and a whole number in the first row then
# is described as SQL_INTEGER, four bytes. The option `BigInt` ("force integer columns to SQL_BIGINT" in its README, off by default)
# covers expressions too.
#
# Who meets it: whoever reconciles an import by comparing sums in the source with sums in the target, or pages by `max(id)`: the rows
# agree and the control totals do not. Helps: connect with BigInt=1.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir -p lists/partial cache/archives/partial
apt=(apt-get -qq -o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache" -o APT::Sandbox::User=root)
"${apt[@]}" update
"${apt[@]}" download libsqliteodbc=0.9998-3+b1 libsqlite3-0 libodbc2 libltdl7
for package in *.deb; do dpkg -x "$package" system; done
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check pyodbc==5.5.0
cat > sums.py <<'PY'
import sqlite3
import sys

import pyodbc

made = sqlite3.connect("firms.db")
made.execute("create table firms(capital bigint, plain integer)")
made.executemany("insert into firms values (?, ?)", [(3_000_000_000, 3_000_000_000), (1_500_000_000, 1_500_000_000)])
made.commit()
made.close()


def row(query, options=""):
    connection = pyodbc.connect(f"Driver={sys.argv[1]};Database=firms.db;{options}")
    return connection.execute(query).fetchone()


capital, plain = row("select capital, plain from firms")
print("column BIGINT", capital, "column INTEGER", plain)
total, most, cast = row("select sum(capital), max(capital), cast(max(capital) as bigint) from firms")
print("sum", total, "max", most, "cast", cast)
print("as text", row("select cast(sum(capital) as text) from firms")[0])
total, = row("select sum(capital) from firms", "BigInt=1")
plain, = row("select plain from firms", "BigInt=1")
print("with BigInt=1 sum", total, "column INTEGER", plain)
PY
cat > expected.txt <<'TEXT'
column BIGINT 3000000000 column INTEGER -1294967296
sum 205032704 max -1294967296 cast -1294967296
as text 4500000000
with BigInt=1 sum 4500000000 column INTEGER 3000000000
TEXT
libraries=$(dirname "$(find "$dir/system" -name 'libsqlite3.so.0')")
driver=$(find "$dir/system" -name 'libsqlite3odbc.so')
LD_LIBRARY_PATH=$libraries env/bin/python sums.py "$driver" > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: libsqliteodbc 0.9998"
