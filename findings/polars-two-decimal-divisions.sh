#!/usr/bin/env bash
# Packages: polars==2.1.0
#
# Polars has two divisions and two multiplications of decimals, and which of them runs depends on the way in, not on the columns. An
# expression of the API keeps the operands' two decimal places; the same text read as SQL, even by `pl.sql_expr` within the very same
# `select`, gives eight places for a quotient and four for a product. So a product of two rates is 0.00 in one column and 0.0025 beside
# it, and a filter by a quotient lets different rows through.
#
# Seen with polars 2.1.0 (newest on 2026-11-27), columns of Decimal(12, 2):
#   2.00 / 3.00  expression 0.67  SQL 0.66666667
#   0.05 * 0.05  expression 0.00  SQL 0.0025
#   a / b * b of 2.00 and 3.00  expression 2.01  SQL 2.0000000100
#   rows with a quotient above two thirds  expression 1  SQL 0
# SQL's planner writes the operators as functions of their own (`explain` shows `decimal_div` and `decimal_mul`), which the expression
# API does not use. The rows differ since 0.67 is above two thirds rounded to six places, and 0.66666667 is not above 0.66667.
#
# Who meets it: whoever moves a share (members of employees, capital paid of capital owed) from SQL into expressions or back, tests one
# and ships the other, or mixes both in one frame. Helps: cast the operands to the scale the answer needs before dividing.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check polars==2.1.0
cat > both.py <<'PY'
from decimal import Decimal

import polars as pl

firms = pl.DataFrame(
    {"a": [Decimal("2.00"), Decimal("0.05")], "b": [Decimal("3.00"), Decimal("0.05")]},
    schema={"a": pl.Decimal(12, 2), "b": pl.Decimal(12, 2)},
)
a, b = pl.col("a"), pl.col("b")
seen = firms.select(
    e_div=a / b, s_div=pl.sql_expr("a / b"),
    e_mul=a * b, s_mul=pl.sql_expr("a * b"),
    e_back=a / b * b, s_back=pl.sql_expr("a / b * b"),
)
first, second = seen.rows(named=True)
print("2.00 / 3.00  expression", first["e_div"], " SQL", first["s_div"])
print("0.05 * 0.05  expression", second["e_mul"], " SQL", second["s_mul"])
print("a / b * b of 2.00 and 3.00  expression", first["e_back"], " SQL", first["s_back"])
border = pl.lit(Decimal("0.66667"))
small = firms.head(1)
print(
    "rows with a quotient above two thirds  expression", small.filter(a / b > border).height,
    " SQL", small.filter(pl.sql_expr("a / b") > border).height,
)
PY
cat > expected.txt <<'TEXT'
2.00 / 3.00  expression 0.67  SQL 0.66666667
0.05 * 0.05  expression 0.00  SQL 0.0025
a / b * b of 2.00 and 3.00  expression 2.01  SQL 2.0000000100
rows with a quotient above two thirds  expression 1  SQL 0
TEXT
env/bin/python both.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: polars 2.1.0"
