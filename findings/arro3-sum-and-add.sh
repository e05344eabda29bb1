#!/usr/bin/env bash
# Packages: arro3-compute==0.9.1 arro3-core==0.9.1 polars==2.1.0 pyarrow==26.0.1
#
# arro3 names its functions by what they do at the limit: `add` raises and `add_wrapping` wraps. `sum` has no such pair, and wraps, in the width
# of the column: two firms of 20,000 workers in 16 bits have -25,536. Of amounts it has a sum only if they are decimal(38, 10); of every other
# precision or scale it raises, while `max` and `min` take them all. Two founding dates have a sum, which is a date.
#
# Seen with arro3-compute 0.9.1 (newest on 2026-11-28), pyarrow 26.0.1, polars 2.1.0:
#   uint8 200 and 100: sum 44, add raises Arithmetic overflow, pyarrow 300, polars 300
#   int16 20000 and 20000: sum -25536, add raises Arithmetic overflow, pyarrow 40000, polars 40000
#   int64 20000 and 20000: sum 40000, add 40000, pyarrow 40000, polars 40000
#   decimal128(18, 2) 1.50 and 2.25: sum raises Schema error, max 2.25
#   decimal128(38, 2) 1.50 and 2.25: sum raises Schema error, max 2.25
#   decimal128(38, 10) 1.50 and 2.25: sum 3.7500000000, max 2.2500000000
#   sum of 1949-10-01 and 2024-05-01: 2004-01-30
# The sum is computed in the type of the column without a check; its decimals come out with the default precision and scale and then do
# not fit the field.
#
# Who meets it: whoever takes arro3 as the small pyarrow, on files whose writer chose the least width that holds a column (Parquet by
# size, `shrink_dtype` of Polars). Helps: cast to int64, or to decimal(38, 10), before.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check arro3-compute==0.9.1 arro3-core==0.9.1 polars==2.1.0 pyarrow==26.0.1
cat > sums.py <<'PY'
from datetime import date
from decimal import Decimal

import arro3.compute as compute
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from arro3.core import Array


def told(make):
    try:
        value = make()
    except Exception as error:
        return f"raises {str(error).split(':')[0]}"
    return str(value.as_py())


for kind, values in (pa.uint8(), [200, 100]), (pa.int16(), [20_000, 20_000]), (pa.int64(), [20_000, 20_000]):
    column = pa.array(values, kind)
    one, two = (Array.from_arrow(column.slice(n, 1)) for n in range(2))
    print(
        f"{kind} {values[0]} and {values[1]}: sum {told(lambda: compute.sum(Array.from_arrow(column)))},"
        f" add {told(lambda: compute.add(one, two)[0])}, pyarrow {pc.sum(column)}, polars {pl.Series(column).sum()}"
    )
amounts = pa.array([Decimal("1.50"), Decimal("2.25")], pa.decimal128(18, 2))
for kind in pa.decimal128(18, 2), pa.decimal128(38, 2), pa.decimal128(38, 10):
    column = Array.from_arrow(amounts.cast(kind))
    print(f"{kind} 1.50 and 2.25: sum {told(lambda: compute.sum(column))}, max {told(lambda: compute.max(column))}")
dates = pa.array([date(1949, 10, 1), date(2024, 5, 1)])
print("sum of 1949-10-01 and 2024-05-01:", told(lambda: compute.sum(Array.from_arrow(dates))))
PY
cat > expected.txt <<'TEXT'
uint8 200 and 100: sum 44, add raises Arithmetic overflow, pyarrow 300, polars 300
int16 20000 and 20000: sum -25536, add raises Arithmetic overflow, pyarrow 40000, polars 40000
int64 20000 and 20000: sum 40000, add 40000, pyarrow 40000, polars 40000
decimal128(18, 2) 1.50 and 2.25: sum raises Schema error, max 2.25
decimal128(38, 2) 1.50 and 2.25: sum raises Schema error, max 2.25
decimal128(38, 10) 1.50 and 2.25: sum 3.7500000000, max 2.2500000000
sum of 1949-10-01 and 2024-05-01: 2004-01-30
TEXT
env/bin/python sums.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: arro3-compute 0.9.1"
