#!/usr/bin/env bash
# Packages: chdb==4.4.0 chdb-core==26.9.0 duckdb==2.0.1 pyarrow==26.0.1
#
# In chDB, ClickHouse inside Python, a firm founded on 1 October 1949 is founded on 6 November 2085, and a licence without end (9999) ends
# in 2106, if the Arrow column counts its days in milliseconds (date64); a query for firms from before 1970 finds none. The day count of
# 32 bits is read rightly, and so is the same date64 column by way of Parquet, so it depends on the road and not on the data. A second
# one: a null that stands in the dictionary of an encoded column, where Arrow allows it, becomes an empty text that is counted.
#
# Seen with chdb 4.4.0 (newest on 2026-11-28), a pyarrow 26.0.1 table queried as `Python(t)`; the IPC file as `file(..., 'Arrow')`:
#   date32 1949-10-01 2024-05-01 9999-12-31
#   date64 2085-11-06 06:28:16 2024-05-01 00:00:00 2106-01-28 08:40:32
#   date64 from an IPC file 2085-11-06 06:28:16 2024-05-01 00:00:00 2106-01-28 08:40:32
#   date64 from Parquet 1949-10-01 2024-05-01 9999-12-31
#   before 1970: date32 1, date64 0
#   null in the dictionary: '' counted 3; null beside it: None counted 2
#   duckdb on the same tables: date64 1949-10-01 2024-05-01 9999-12-31, counted 2
# The milliseconds are taken for ClickHouse's `DateTime`, seconds in 32 bits without a sign: what lies before 1970 or after 2106 goes
# round. A time of day appears out of the wrap, which an exact date never has.
#
# Who meets it: whoever hands Arrow of others to chDB (date64 is JavaScript's `DateMillisecond`, and what a JVM counts its dates in).
# Helps: cast to date32 and decode dictionaries first.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check chdb==4.4.0 chdb-core==26.9.0 duckdb==2.0.1 pyarrow==26.0.1
cat > dates.py <<'PY'
import json
from datetime import date

import chdb
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

days = [date(1949, 10, 1), date(2024, 5, 1), date(9999, 12, 31)]
narrow = pa.table({"founded": pa.array(days, pa.date32())})
wide = pa.table({"founded": pa.array(days, pa.date64())})
assert wide["founded"].to_pylist() == days
inside = pa.table({"town": pa.DictionaryArray.from_arrays(pa.array([0, 1, 0], pa.int8()), pa.array(["江汉区", None]))})
beside = pa.table({"town": pa.array(["江汉区", None, "江汉区"]).dictionary_encode()})
assert inside["town"].to_pylist() == beside["town"].to_pylist()


def rows(sql):
    return [json.loads(line) for line in chdb.query(sql, "JSONCompactEachRow").data().splitlines()]


def shown(source):
    return " ".join(row[0] for row in rows(f"select toString(founded) from {source}"))


with pa.OSFile("wide.arrow", "wb") as file, pa.ipc.new_file(file, wide.schema) as writer:
    writer.write_table(wide)
pq.write_table(wide, "wide.parquet")
print("date32", shown("Python(narrow)"))
print("date64", shown("Python(wide)"))
print("date64 from an IPC file", shown("file('wide.arrow', 'Arrow')"))
print("date64 from Parquet", shown("file('wide.parquet')"))
before = [rows(f"select count() from Python({table}) where toYear(founded) < 1970")[0][0] for table in ("narrow", "wide")]
print("before 1970: date32 {}, date64 {}".format(*before))
told = []
for name in ("inside", "beside"):
    counted = rows(f"select count(town) from Python({name})")[0][0]
    told.append(f"{rows(f'select town from Python({name})')[1][0]!r} counted {counted}")
print("null in the dictionary: {}; null beside it: {}".format(*told))
seen = " ".join(str(day) for day, in duckdb.sql("select founded::date from wide").fetchall())
counted = duckdb.sql("select count(town) from inside").fetchall()[0][0]
print(f"duckdb on the same tables: date64 {seen}, counted {counted}")
PY
cat > expected.txt <<'TEXT'
date32 1949-10-01 2024-05-01 9999-12-31
date64 2085-11-06 06:28:16 2024-05-01 00:00:00 2106-01-28 08:40:32
date64 from an IPC file 2085-11-06 06:28:16 2024-05-01 00:00:00 2106-01-28 08:40:32
date64 from Parquet 1949-10-01 2024-05-01 9999-12-31
before 1970: date32 1, date64 0
null in the dictionary: '' counted 3; null beside it: None counted 2
duckdb on the same tables: date64 1949-10-01 2024-05-01 9999-12-31, counted 2
TEXT
TZ=UTC env/bin/python dates.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: chdb 4.4.0"
