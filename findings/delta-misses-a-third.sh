#!/usr/bin/env bash
# Packages: deltalake==1.6.6 polars==2.1.0 pyarrow==26.0.1
#
# A Delta table does not find who holds a third. A share of 0.333333333333333333, a decimal with 18 places, is neither equal to itself nor at
# least itself by delta-rs' own SQL, by pyarrow over its dataset and by Polars, and a delete with this condition deletes nothing. The
# values themselves are whole: without a condition all come back digit for digit. Which rows are missed depends on the neighbours in the file,
# for only what is a file's least or greatest value is lost; put together into larger files, some come back and others do not.
#
# Seen with deltalake 1.6.6, polars 2.1.0, pyarrow 26.0.1 (newest on 2026-11-28), firms 1 to 3 with a third, two thirds and a quarter:
#   a file each, least shares by the log 0.3333333333333333 0.6666666666666666 0.25
#     = 0.333333333333333333: right [1], query [], dataset [], polars []
#     >= 0.333333333333333333: right [1, 2], query [2], dataset [2], polars [2]
#     = 0.666666666666666667: right [2], query [], dataset [], polars []
#     >= 0.666666666666666667: right [2], query [], dataset [], polars []
#   one file, least shares by the log 0.25
#     = 0.333333333333333333: right [1], query [1], dataset [1], polars [1]
#     >= 0.333333333333333333: right [1, 2], query [1, 2], dataset [1, 2], polars [1, 2]
#     = 0.666666666666666667: right [2], query [], dataset [], polars []
#     >= 0.666666666666666667: right [2], query [], dataset [], polars []
#   delete where share is a third: 0 rows
#   both tables hold all shares, digit for digit
# (`<=` and the quarter are right throughout.) The log keeps every file's least and greatest value as JSON numbers; delta-rs writes a
# decimal there by way of a double, and the readers skip a file by it. Whole decimals (scale 0) are written as integers and are found.
#
# Who meets it: thresholds on shares held (a third, two thirds) or on rates out of a division, whose decimals have as many places as Spark
# gives them, and amounts of more than 15 digits. Helps: keep such columns with fewer digits, or compare with half a unit of the last
# place to spare.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check deltalake==1.6.6 polars==2.1.0 pyarrow==26.0.1
cat > shares.py <<'PY'
import json
import operator
import os
import sys
from decimal import Decimal
from glob import glob

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable, QueryBuilder, write_deltalake

HOLDS = {"=": operator.eq, ">=": operator.ge, "<=": operator.le}
SHARE = pa.decimal128(20, 18)
shares = {1: Decimal("0.333333333333333333"), 2: Decimal("0.666666666666666667"), 3: Decimal("0.25")}


def fill(where, together):
    tables = [pa.table({"firm": [firm], "share": pa.array([share], SHARE)}) for firm, share in shares.items()]
    for table in [pa.concat_tables(tables)] if together else tables:
        write_deltalake(where, table, mode="append")
    return DeltaTable(where)


def found(table, where, share):
    for sign, holds in HOLDS.items():
        sql = f"select firm from t where share {sign} cast('{share}' as decimal(20, 18))"
        filter_ = holds(ds.field("share"), pa.scalar(share, SHARE))
        lazy = holds(pl.col("share"), pl.lit(share, pl.Decimal(20, 18)))
        yield sign, [
            sorted(pa.table(QueryBuilder().register("t", table).execute(sql).read_all())["firm"].to_pylist()),
            sorted(table.to_pyarrow_dataset().to_table(filter=filter_)["firm"].to_pylist()),
            sorted(pl.scan_delta(where).filter(lazy).collect()["firm"]),
        ]


def least(where):
    for log in sorted(glob(f"{where}/_delta_log/*.json")):
        for line in open(log):
            if "add" in (action := json.loads(line)):
                yield json.loads(action["add"]["stats"])["minValues"]["share"]


for name, together, text in ("each", False, "a file each"), ("one", True, "one file"):
    table = fill(name, together)
    print(f"{text}, least shares by the log", *least(name))
    for share in shares.values():
        for sign, (sql, dataset, polars) in found(table, name, share):
            right = sorted(firm for firm, other in shares.items() if HOLDS[sign](other, share))
            print(f"  {sign} {share}: right {right}, query {sql}, dataset {dataset}, polars {polars}")
table = DeltaTable("each")
print("delete where share is a third:", table.delete("share = cast('0.333333333333333333' as decimal(20, 18))")["num_deleted_rows"], "rows")
for where in "each", "one":
    assert sorted(DeltaTable(where).to_pyarrow_dataset().to_table()["share"].to_pylist()) == sorted(shares.values())
print("both tables hold all shares, digit for digit")
sys.stdout.flush()
os._exit(0)  # the libraries' own threads are no part of this
PY
cat > expected.txt <<'TEXT'
a file each, least shares by the log 0.3333333333333333 0.6666666666666666 0.25
  = 0.333333333333333333: right [1], query [], dataset [], polars []
  >= 0.333333333333333333: right [1, 2], query [2], dataset [2], polars [2]
  <= 0.333333333333333333: right [1, 3], query [1, 3], dataset [1, 3], polars [1, 3]
  = 0.666666666666666667: right [2], query [], dataset [], polars []
  >= 0.666666666666666667: right [2], query [], dataset [], polars []
  <= 0.666666666666666667: right [1, 2, 3], query [1, 2, 3], dataset [1, 2, 3], polars [1, 2, 3]
  = 0.25: right [3], query [3], dataset [3], polars [3]
  >= 0.25: right [1, 2, 3], query [1, 2, 3], dataset [1, 2, 3], polars [1, 2, 3]
  <= 0.25: right [3], query [3], dataset [3], polars [3]
one file, least shares by the log 0.25
  = 0.333333333333333333: right [1], query [1], dataset [1], polars [1]
  >= 0.333333333333333333: right [1, 2], query [1, 2], dataset [1, 2], polars [1, 2]
  <= 0.333333333333333333: right [1, 3], query [1, 3], dataset [1, 3], polars [1, 3]
  = 0.666666666666666667: right [2], query [], dataset [], polars []
  >= 0.666666666666666667: right [2], query [], dataset [], polars []
  <= 0.666666666666666667: right [1, 2, 3], query [1, 2, 3], dataset [1, 2, 3], polars [1, 2, 3]
  = 0.25: right [3], query [3], dataset [3], polars [3]
  >= 0.25: right [1, 2, 3], query [1, 2, 3], dataset [1, 2, 3], polars [1, 2, 3]
  <= 0.25: right [3], query [3], dataset [3], polars [3]
delete where share is a third: 0 rows
both tables hold all shares, digit for digit
TEXT
env/bin/python shares.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: deltalake 1.6.6"
