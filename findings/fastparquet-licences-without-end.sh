#!/usr/bin/env bash
# Packages: fastparquet==2026.9.0 pandas==3.1.1 pyarrow==26.0.1
#
# A date after 11 April 2262 is read by fastparquet as another one, without an error: a licence without end, 9999-12-31, ends on 29 March
# 1816, one until 2554 on 13 June 1969, and what was founded in 1600 is founded in 2184. That nanoseconds end in 2262 is known; but pandas
# has kept other units for years, and fastparquet uses them, for a timestamp column of the very same days, which it reads rightly. The
# invented moments have a time of day to the nanosecond, and a filter for licences already ended takes those without end.
#
# Seen with fastparquet 2026.9.0, pandas 3.1.1 (newest on 2026-11-28), written by pyarrow 26.0.1:
#   9999-12-31 as date 1816-03-29 05:56:08.066277376, as timestamp 9999-12-31 00:00:00
#   2554-01-01 as date 1969-06-13 00:25:26.290448384, as timestamp 2554-01-01 00:00:00
#   1600-01-01 as date 2184-07-20 23:34:33.709551616, as timestamp 1600-01-01 00:00:00
#   2262-04-11 as date 2262-04-11 00:00:00, as timestamp 2262-04-11 00:00:00
#   units datetime64[ns] and datetime64[us]
#   ended before 2026-11-28: by dates 2, by timestamps 1
#   pandas with pyarrow 9999-12-31
# The days are multiplied to nanoseconds in 64 bits, which goes round.
#
# Who meets it: whoever reads terms of licences by `engine="fastparquet"` (pandas 3.1.1 warns that it will be removed, for other
# reasons), or through a tool that prefers it. Helps: pyarrow; or write "without end" as null.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check fastparquet==2026.9.0 pandas==3.1.1 pyarrow==26.0.1
cat > ends.py <<'PY'
from datetime import date, datetime

import fastparquet
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

days = [date(9999, 12, 31), date(2554, 1, 1), date(1600, 1, 1), date(2262, 4, 11)]
moments = [datetime(day.year, day.month, day.day) for day in days]
pq.write_table(pa.table({"day": pa.array(days, pa.date32()), "moment": pa.array(moments, pa.timestamp("us"))}), "licences.parquet")
frame = fastparquet.ParquetFile("licences.parquet").to_pandas()
for day, row in zip(days, frame.itertuples()):
    print(f"{day} as date {row.day}, as timestamp {row.moment}")
print("units", frame["day"].dtype, "and", frame["moment"].dtype)
today = pd.Timestamp("2026-11-28")
print(f"ended before 2026-11-28: by dates {(frame['day'] < today).sum()}, by timestamps {(frame['moment'] < today).sum()}")
print("pandas with pyarrow", pd.read_parquet("licences.parquet", engine="pyarrow")["day"][0])
PY
cat > expected.txt <<'TEXT'
9999-12-31 as date 1816-03-29 05:56:08.066277376, as timestamp 9999-12-31 00:00:00
2554-01-01 as date 1969-06-13 00:25:26.290448384, as timestamp 2554-01-01 00:00:00
1600-01-01 as date 2184-07-20 23:34:33.709551616, as timestamp 1600-01-01 00:00:00
2262-04-11 as date 2262-04-11 00:00:00, as timestamp 2262-04-11 00:00:00
units datetime64[ns] and datetime64[us]
ended before 2026-11-28: by dates 2, by timestamps 1
pandas with pyarrow 9999-12-31
TEXT
env/bin/python ends.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: fastparquet 2026.9.0"
