#!/usr/bin/env bash
# Packages: perspective-python==5.6.1 pyarrow==26.0.1
#
# Perspective, a pivot table for live data, makes whole numbers of 32 bits out of codes that are given as text: 914201030000000011 in quotes
# becomes 1047673867, and two codes that lie far apart become one. It does so where all first rows are digits; if one of the first has a
# letter the column is text, but digits that came before it have been shortened already. A capital of 3,000,000,000 given to an `integer`
# column is -1,294,967,296, and so in every sum: from rows, from columns, from Arrow with 64 bits, and for a table made of rows whose numbers
# were small. Of a table's first rows the same capital makes a float, and as CSV it raises; an Arrow table at the start keeps 64 bits.
#
# Seen with perspective-python 5.6.1 (newest on 2026-11-28):
#   codes 914201030000000011 914201030000000012: integer 1047673867 1047673868
#   codes 914201030000000011 914201034294967307: integer 1047673867 1047673867
#   codes 914201030000000011 91420103MA4KXXXX1Y: string 1047673867 91420103MA4KXXXX1Y
#   codes 91420103MA4KXXXX1Y 914201030000000011: string 91420103MA4KXXXX1Y 914201030000000011
#   capital of an integer column: rows -1294967296, columns -1294967296, arrow -1294967296, csv raises
#   sum of 3000000000 and 1500000000: 205032704
#   table of small numbers, updated: integer 5 -1294967296
#   capital in the first row: float 3000000000.0
#   arrow at the start: 3000000000 914201030000000011
# `integer` is a column of 32 bits unless Arrow brought a wider one, and only the reader of CSV checks what it puts in; a text is a number to
# the guess if it reads as one.
#
# Who meets it: whoever feeds JSON of a registry, where codes are quoted just so that they stay whole, to a Perspective table. Helps: name
# codes as `string` and amounts as `float` in a schema, or make the table from Arrow.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check perspective-python==5.6.1 pyarrow==26.0.1
cat > codes.py <<'PY'
import perspective
import pyarrow as pa

client = perspective.Server().new_local_client()


def arrow(**columns):
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def column(table, name):
    return table.view().to_columns()[name]


for codes in (
    ["914201030000000011", "914201030000000012"],
    ["914201030000000011", str(914201030000000011 + 2**32)],
    ["914201030000000011", "91420103MA4KXXXX1Y"],
    ["91420103MA4KXXXX1Y", "914201030000000011"],
):
    table = client.table([{"code": code} for code in codes])
    print("codes", *codes, end=": ")
    print(table.schema()["code"], *column(table, "code"))


def capital(data):
    table = client.table({"capital": "integer"})
    try:
        table.update(data)
    except perspective.PerspectiveError:
        return "raises"
    return column(table, "capital")[0]


print(
    "capital of an integer column:",
    f"rows {capital([{'capital': 3_000_000_000}])}, columns {capital({'capital': [3_000_000_000]})},",
    f"arrow {capital(arrow(capital=pa.array([3_000_000_000], pa.int64())))}, csv {capital('capital' + chr(10) + '3000000000')}",
)
table = client.table({"district": "string", "capital": "integer"})
table.update([{"district": "A", "capital": 3_000_000_000}, {"district": "A", "capital": 1_500_000_000}])
totals = table.view(group_by=["district"], columns=["capital"], aggregates={"capital": "sum"}).to_columns()["capital"]
print("sum of 3000000000 and 1500000000:", totals[0])
table = client.table([{"capital": 5}])
table.update([{"capital": 3_000_000_000}])
print("table of small numbers, updated:", table.schema()["capital"], *column(table, "capital"))
table = client.table([{"capital": 3_000_000_000}])
print("capital in the first row:", table.schema()["capital"], *column(table, "capital"))
table = client.table(arrow(number=pa.array([3_000_000_000, 914201030000000011], pa.int64())))
print("arrow at the start:", *column(table, "number"))
# What helps: a schema.
table = client.table({"code": "string", "capital": "float"})
table.update([{"code": "914201030000000011", "capital": 3_000_000_000}])
assert (column(table, "code"), column(table, "capital")) == (["914201030000000011"], [3e9])
PY
cat > expected.txt <<'TEXT'
codes 914201030000000011 914201030000000012: integer 1047673867 1047673868
codes 914201030000000011 914201034294967307: integer 1047673867 1047673867
codes 914201030000000011 91420103MA4KXXXX1Y: string 1047673867 91420103MA4KXXXX1Y
codes 91420103MA4KXXXX1Y 914201030000000011: string 91420103MA4KXXXX1Y 914201030000000011
capital of an integer column: rows -1294967296, columns -1294967296, arrow -1294967296, csv raises
sum of 3000000000 and 1500000000: 205032704
table of small numbers, updated: integer 5 -1294967296
capital in the first row: float 3000000000.0
arrow at the start: 3000000000 914201030000000011
TEXT
env/bin/python codes.py > seen.txt 2> /dev/null
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: perspective-python 5.6.1"
