#!/usr/bin/env bash
# Packages: fastexcel==0.21.0 pandas==3.1.1 polars==2.1.0 python-calamine==0.9.1 xlsxwriter==3.3.1
#
# Of a workbook whose first hundred firms have old registration numbers, all digits, Polars' `read_excel` empties every code with a letter
# that follows: 91420103MA4KXXXX1Y, as codes are today, becomes null, 0123 becomes 123, and an end of term that is a text (长期, without
# end) becomes null among dates. It neither raises nor warns. The same rows as CSV make Polars raise, which is what one knows of it; and
# if the sheet holds nothing but the codes, the emptied rows are left out as empty.
#
# Seen with polars 2.1.0, fastexcel 0.21.0 (its default engine) and pandas 3.1.1 (newest on 2026-11-28), a sheet with three firms after n:
#   after 99: 91420103MA4KXXXX1Y 0123 91420103MA4KXXXX2W, nulls 0; until 长期 2024-05-01 长期
#   after 100: None 123 None, nulls 2; until None 2024-05-01 None, warnings 0
#   after 100, only the codes: rows 101 of 103
#   after 100, pandas with calamine: 91420103MA4KXXXX1Y 0123 91420103MA4KXXXX2W
#   after 100, as CSV: ComputeError
#   after 100, infer_schema_length=None: 91420103MA4KXXXX1Y 0123 91420103MA4KXXXX2W
# The type comes from the first 100 rows (`infer_schema_length`); fastexcel then coerces the rest and takes what does not fit for null,
# unless told `dtype_coercion="strict"`.
#
# Who meets it: whoever reads a registry sorted by age, the usual order. Helps: `infer_schema_length=None`, or
# `schema_overrides={"code": pl.String}` for every column of codes.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check fastexcel==0.21.0 pandas==3.1.1 polars==2.1.0 python-calamine==0.9.1 xlsxwriter==3.3.1
cat > codes.py <<'PY'
import io
import warnings
from datetime import datetime

import pandas as pd
import polars as pl
import xlsxwriter

late = ["91420103MA4KXXXX1Y", "0123", "91420103MA4KXXXX2W"]
until = ["长期", datetime(2024, 5, 1), "长期"]


def written(before, columns):
    with xlsxwriter.Workbook("firms.xlsx") as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["code", "name", "until"][:columns])
        rows = [(420_100_000_012_345, datetime(2044, 4, 30))] * before + list(zip(late, until))
        for row, (code, end) in enumerate(rows, 1):
            sheet.write(row, 0, code)
            if columns > 1:
                sheet.write(row, 1, f"厂{row}")
                sheet.write_datetime(row, 2, end, day) if isinstance(end, datetime) else sheet.write_string(row, 2, end)
    return "firms.xlsx"


def shown(values):
    return " ".join(str(value)[:10] if str(value).startswith("2024") else str(value) for value in values)


frame = pl.read_excel(written(99, 3)).tail(3)
print(f"after 99: {shown(frame['code'])}, nulls {frame['code'].null_count()}; until {shown(frame['until'])}")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    frame = pl.read_excel(written(100, 3)).tail(3)
told = f"after 100: {shown(frame['code'])}, nulls {frame['code'].null_count()}; until {shown(frame['until'])}"
print(f"{told}, warnings {len(caught)}")
print(f"after 100, only the codes: rows {pl.read_excel(written(100, 1)).height} of 103")
path = written(100, 3)
print("after 100, pandas with calamine:", shown(pd.read_excel(path, engine="calamine")["code"].tail(3)))
csv = "code\n" + "420100000012345\n" * 100 + "\n".join(late) + "\n"
try:
    pl.read_csv(io.StringIO(csv))
except pl.exceptions.ComputeError as error:
    print("after 100, as CSV:", type(error).__name__)
print("after 100, infer_schema_length=None:", shown(pl.read_excel(path, infer_schema_length=None)["code"].tail(3)))
assert pl.read_excel(path, schema_overrides={"code": pl.String})["code"].tail(3).to_list() == late
PY
cat > expected.txt <<'TEXT'
after 99: 91420103MA4KXXXX1Y 0123 91420103MA4KXXXX2W, nulls 0; until 长期 2024-05-01 长期
after 100: None 123 None, nulls 2; until None 2024-05-01 None, warnings 0
after 100, only the codes: rows 101 of 103
after 100, pandas with calamine: 91420103MA4KXXXX1Y 0123 91420103MA4KXXXX2W
after 100, as CSV: ComputeError
after 100, infer_schema_length=None: 91420103MA4KXXXX1Y 0123 91420103MA4KXXXX2W
TEXT
env/bin/python codes.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: polars 2.1.0"
