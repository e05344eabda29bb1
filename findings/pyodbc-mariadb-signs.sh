#!/usr/bin/env bash
# Packages: odbc-mariadb==3.1.15-3 pyodbc==5.5.0
#
# Two signs go astray between MariaDB and pyodbc, one on each side. pyodbc reads an INT UNSIGNED of 4294967295 as -1, and so its maximum,
# while every other unsigned width is read rightly, the sum too, and the same column plus 0 as well. MariaDB's driver hands out a negative
# TIME, and the negative difference of two times, as a positive one: 08:00 less 09:30 is an hour and a half, like 09:30 less 08:00.
# Neither raises or warns.
#
# Seen with odbc-mariadb 3.1.15-3 (newest in Debian 12; upstream's 3.2 is not in its archive), pyodbc 5.5.0 (newest), MariaDB 10.11:
#   INT UNSIGNED -1 max -1 plus 0 4294967295 sum 4294967295
#   TINYINT 255 SMALLINT 65535 MEDIUMINT 16777215 BIGINT 18446744073709551615
#   TIME 10:30:00 as text -10:30:00
#   timediff 01:30:00 and 01:30:00 as text -01:30:00 and 01:30:00
# pyodbc asks the driver for an unsigned four-byte integer, as the column's description says, but makes its number of the four bytes as if
# they were signed (`GetDataLong`; an `oid` of PostgreSQL above 2147483647 becomes negative in the same way). An expression is described
# with eight bytes, and for those the difference is minded. ODBC's structure of a time has no sign; the driver fills in the figures, where
# it could report that the value does not fit.
#
# Who meets it: whoever keeps codes, checksums or counts in INT UNSIGNED, and working hours or time differences in TIME. Helps: select
# the column plus 0, and times as text or as `time_to_sec`.
set -euo pipefail
dir=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server"; wait "$server" || true; fi; rm -rf "$dir"' EXIT
cd "$dir"
mkdir -p lists/partial cache/archives/partial data
apt=(apt-get -qq -o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache" -o APT::Sandbox::User=root)
"${apt[@]}" update
"${apt[@]}" download odbc-mariadb=3.1.15-3 libmariadb3 libodbc2 libodbcinst2 libltdl7 mariadb-server-core liburing2 libsnappy1v5 libaio1 libnuma1
for package in *.deb; do dpkg -x "$package" system; done
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check pyodbc==5.5.0
libraries=$(dirname "$(find "$dir/system" -name 'libmariadb.so.3')")
# An empty folder of data, no accounts, no network: only the socket in this folder.
LD_LIBRARY_PATH=$libraries system/usr/sbin/mariadbd --no-defaults --lc-messages-dir="$dir/system/usr/share/mysql" --datadir="$dir/data" \
  --socket="$dir/socket" --skip-networking --skip-grant-tables --user="$(id -un)" --innodb=OFF --default-storage-engine=MyISAM \
  > server.txt 2>&1 &
server=$!
for _ in $(seq 100); do
  [ -S socket ] && break
  sleep 0.2
done
cat > signs.py <<'PY'
import sys

import pyodbc

connection = pyodbc.connect(f"Driver={sys.argv[1]};Socket={sys.argv[2]}", autocommit=True)
for statement in (
    "create database firms",
    "use firms",
    "create table t(a int unsigned, b tinyint unsigned, c smallint unsigned, d mediumint unsigned, e bigint unsigned, shift time)",
    "insert into t values (4294967295, 255, 65535, 16777215, 18446744073709551615, '-10:30:00')",
):
    connection.execute(statement)


def row(query):
    return connection.execute(query).fetchone()


print("INT UNSIGNED {} max {} plus 0 {} sum {}".format(*row("select a, max(a), a + 0, sum(a) from t")))
print("TINYINT {} SMALLINT {} MEDIUMINT {} BIGINT {}".format(*row("select b, c, d, e from t")))
print("TIME {} as text {}".format(*row("select shift, concat(shift) from t")))
late, early = "timediff('08:00:00', '09:30:00')", "timediff('09:30:00', '08:00:00')"
print("timediff {} and {} as text {} and {}".format(*row(f"select {late}, {early}, concat({late}), concat({early})")))
PY
cat > expected.txt <<'TEXT'
INT UNSIGNED -1 max -1 plus 0 4294967295 sum 4294967295
TINYINT 255 SMALLINT 65535 MEDIUMINT 16777215 BIGINT 18446744073709551615
TIME 10:30:00 as text -10:30:00
timediff 01:30:00 and 01:30:00 as text -01:30:00 and 01:30:00
TEXT
driver=$(find "$dir/system" -name 'libmaodbc.so')
LD_LIBRARY_PATH=$libraries env/bin/python signs.py "$driver" "$dir/socket" > seen.txt || { tail -5 server.txt; exit 1; }
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: pyodbc 5.5.0, odbc-mariadb 3.1.15"
