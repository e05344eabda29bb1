#!/usr/bin/env bash
# Packages: dbf==0.99.11 pyshp==3.1.6
#
# A number too wide for its field in a shapefile's table is cut on the right by pyshp, as a text would be: 123,456 workers in a field of
# five digits become 12,345, a tenth, and −12,345 becomes −1,234. A field with decimals loses these first, without rounding, and then
# digits before the point. Of a text cut short pyshp warns (`PossibleDataLoss`), of a number it does not; dbf, which writes the same
# format, refuses such a number.
#
# Seen with pyshp 3.1.6 and dbf 0.99.11 (newest on 2026-11-28), fields of 5 digits and of 8 with two decimals:
#   N(5,0): 12345 is 12345, 123456 is 12345, -12345 is -1234
#   F(5,0): 123456 is 12345
#   N(8,2): 12345.67 is 12345.67, 1234567.89 is 1234567.0, 123456789.00 is 12345678.0
#   C(6): factory is factor and PossibleDataLoss
#   file written again with its own fields after yuan for ten thousands of yuan: 3500 becomes 35000000, read 35000
#   dbf N(5,0): 123456 raises DataOverflowError
# The writer formats the number, slices the text to the field's size and pads it.
#
# Who meets it: whoever reads a shapefile, recomputes a column and writes it with the fields of the old one (`w.fields = r.fields`),
# which is how pyshp is used to edit. Helps: compare `len(format(value, ".2f"))` with the field's size, or leave the size out (50).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check dbf==0.99.11 pyshp==3.1.6
cat > cut.py <<'PY'
import warnings

import dbf
import shapefile


def written(value, kind, size, decimals=0, expected=()):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with shapefile.Writer("firms", shapeType=shapefile.POINT) as writer:
            writer.field("V", kind, size=size, decimal=decimals)
            writer.point(114.3, 30.6)
            writer.record(V=value)
    assert [warning.category.__name__ for warning in caught] == list(expected), caught
    with shapefile.Reader("firms") as reader:
        return reader.record(0)["V"]


def told(values, *field):
    return ", ".join(f"{text} is {written(float(text) if '.' in text else int(text), *field)}" for text in values)


print("N(5,0):", told(["12345", "123456", "-12345"], "N", 5))
print("F(5,0):", told(["123456"], "F", 5))
print("N(8,2):", told(["12345.67", "1234567.89", "123456789.00"], "N", 8, 2))
print("C(6): factory is", written("factory", "C", 6, expected=["PossibleDataLoss"]), "and PossibleDataLoss")
assert written(3500, "N", 5) == 3500
with shapefile.Reader("firms") as reader, shapefile.Writer("again", shapeType=reader.shapeType) as writer:
    writer.fields = reader.fields[1:]
    for item in reader.iterShapeRecords():
        yuan = item.record["V"] * 10_000
        writer.shape(item.shape)
        writer.record(yuan)
with shapefile.Reader("again") as reader:
    read = reader.record(0)["V"]
    print(f"file written again with its own fields after yuan for ten thousands of yuan: 3500 becomes {yuan}, read {read}")
table = dbf.Table("firms2.dbf", "V N(5,0)").open(dbf.READ_WRITE)
try:
    table.append((123456,))
except dbf.DataOverflowError as error:
    print(f"dbf N(5,0): 123456 raises {type(error).__name__}")
table.close()
PY
cat > expected.txt <<'TEXT'
N(5,0): 12345 is 12345, 123456 is 12345, -12345 is -1234
F(5,0): 123456 is 12345
N(8,2): 12345.67 is 12345.67, 1234567.89 is 1234567.0, 123456789.00 is 12345678.0
C(6): factory is factor and PossibleDataLoss
file written again with its own fields after yuan for ten thousands of yuan: 3500 becomes 35000000, read 35000
dbf N(5,0): 123456 raises DataOverflowError
TEXT
env/bin/python cut.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: pyshp 3.1.6"
