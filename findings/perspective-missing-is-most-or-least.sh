#!/usr/bin/env bash
# Packages: perspective-python==5.6.1 pyarrow==26.0.1
#
# A firm whose number of workers is missing is, in Perspective's pivot table, the largest firm of its district, the smallest one, or one of
# no workers at all, by the way its row came in and by the name of the aggregate. Rows that say null make it the largest: the maximum of
# 120, null and 30 is null, the median 120. Rows that leave the field out, or a table made from Arrow, make it the smallest: now the minimum is
# null and the median 30. `low` takes it for 0 both times, so the least of 120 and 30 is 0 and the `high` of debts only is 0. `avg`
# alone leaves it out, as the rest would in SQL, and the four tables look the same when shown.
#
# Seen with perspective-python 5.6.1 (newest on 2026-11-28), workers 120, missing and 30 of one district:
#   rows with null: min 30 max None median 120 low 0 high 120 avg 75.0
#   rows without the field: min None max 120 median 30 low 0 high 120 avg 75.0
#   arrow into a table: min 30 max None median 120 low 0 high 120 avg 75.0
#   table of arrow: min None max 120 median 30 low 0 high 120 avg 75.0
#   debts -5, missing and -7, rows with null: min -7 max None median -5 low -7 high 0 avg -6.0
#   none missing, 120 and 30: min 30 max 120 low 30 high 120 avg 75.0
#   all four shown alike: True
# A cell has a state besides its value: never set, or cleared by a null. Sorting puts the first before all numbers and the second behind them,
# and minimum, maximum and median take from what is sorted; `low` and `high` compare the bare value, which is 0 in both.
#
# Who meets it: pivots over a register where not all report; the size of a district's largest firm goes blank on an update that says null.
# Helps: a filter `is not null` on the column in the view.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check perspective-python==5.6.1 pyarrow==26.0.1
cat > missing.py <<'PY'
import perspective
import pyarrow as pa

client = perspective.Server().new_local_client()
shown = []


def arrow(numbers):
    table = pa.table({"district": ["A"] * len(numbers), "workers": pa.array(numbers, pa.int32())})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def declared(data):
    table = client.table({"district": "string", "workers": "integer"})
    table.update(data)
    return table


def with_null(numbers):
    return declared([{"district": "A", "workers": number} for number in numbers])


def left_out(numbers):
    return declared([{"district": "A"} | ({} if number is None else {"workers": number}) for number in numbers])


def told(table, names=("min", "max", "median", "low", "high", "avg"), **view):
    found = []
    for name in names:
        grouped = table.view(group_by=["district"], columns=["workers"], aggregates={"workers": name}, **view)
        found.append(f"{name} {grouped.to_columns()['workers'][1]}")
    return " ".join(found)


numbers = [120, None, 30]
for label, table in (
    ("rows with null", with_null(numbers)),
    ("rows without the field", left_out(numbers)),
    ("arrow into a table", declared(arrow(numbers))),
    ("table of arrow", client.table(arrow(numbers))),
):
    shown.append(table.view().to_columns())
    print(f"{label}: {told(table)}")
print("debts -5, missing and -7, rows with null:", told(with_null([-5, None, -7])))
print("none missing, 120 and 30:", told(with_null([120, 30]), names=("min", "max", "low", "high", "avg")))
print("all four shown alike:", all(each == shown[0] for each in shown))
# What helps.
helped = told(with_null(numbers), names=("min", "max", "low", "high"), filter=[["workers", "is not null", None]])
assert helped == "min 30 max 120 low 30 high 120", helped
PY
cat > expected.txt <<'TEXT'
rows with null: min 30 max None median 120 low 0 high 120 avg 75.0
rows without the field: min None max 120 median 30 low 0 high 120 avg 75.0
arrow into a table: min 30 max None median 120 low 0 high 120 avg 75.0
table of arrow: min None max 120 median 30 low 0 high 120 avg 75.0
debts -5, missing and -7, rows with null: min -7 max None median -5 low -7 high 0 avg -6.0
none missing, 120 and 30: min 30 max 120 low 30 high 120 avg 75.0
all four shown alike: True
TEXT
env/bin/python missing.py > seen.txt 2> /dev/null
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: perspective-python 5.6.1"
