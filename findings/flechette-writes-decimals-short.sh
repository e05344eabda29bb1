#!/usr/bin/env bash
# Packages: @uwdata/flechette==2.6.0 pyarrow==26.0.1
#
# Flechette writes 12.34 into a decimal column of 32 bits and scale 2 as 0.24: it multiplies by the scale, 2, where it means ten to the
# power of the scale. The wider columns multiply by 100 but in binary floating point, and cut off what is left over, so of the 10,001
# amounts from 0.00 to 100.00 one in seventeen loses a cent: 0.29 is written as 0.28. No error tells. The file is valid, and pyarrow reads from it
# what stands there.
#
# Seen with @uwdata/flechette 2.6.0, read by pyarrow 26.0.1; amounts given as numbers:
#   32 bits: 12.34 -12.34 0.29 1.15 become 0.24 -0.24 0.00 0.02
#   64 bits: 12.34 -12.34 0.29 1.15 become 12.34 -12.34 0.28 1.14
#   128 bits: 12.34 -12.34 0.29 1.15 become 12.34 -12.34 0.28 1.14
#   0.00 to 100.00: amounts with a cent missing 573 of 10001, in sum 5.73
#   read again by flechette: 0.24 -0.24 0 0.02 and 12.34 -12.34 0.28 1.1400000000000001
#   as integers of cents (bigint), 32, 64 and 128 bits: wrong 0 of 10001
# Both causes stand in src/util/numbers.js (`Math.trunc(value * scale)`), unchanged in 2.7.0 of 2026-11, which could not be installed on
# 2026-11-27 as a package it depends on was not on the registry.
#
# Who meets it: whoever sends amounts from a browser as Arrow; in reading, the same library scales rightly, so a test there and back
# shows 0.28 where 0.29 went in and looks like a matter of display. Helps: give amounts as `bigint` in the smallest unit.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check pyarrow==26.0.1
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact @uwdata/flechette@2.6.0
cat > write.js <<'JS'
import { readFileSync, writeFileSync } from "node:fs";
import { decimal, tableFromArrays, tableFromIPC, tableToIPC } from "@uwdata/flechette";

const widths = { 32: decimal(9, 2, 32), 64: decimal(18, 2, 64), 128: decimal(18, 2, 128) };
const few = [12.34, -12.34, 0.29, 1.15];
const cents = Array.from({ length: 10_001 }, (_, i) => i);
function write(name, values) {
  const columns = Object.fromEntries(Object.keys(widths).map((width) => [`w${width}`, values]));
  const types = Object.fromEntries(Object.entries(widths).map(([width, type]) => [`w${width}`, type]));
  writeFileSync(name, tableToIPC(tableFromArrays(columns, { types }), { format: "file" }));
}
write("few.arrow", few);
write("numbers.arrow", cents.map((cent) => Number(`${cent}e-2`)));
write("integers.arrow", cents.map(BigInt));
const again = tableFromIPC(readFileSync("few.arrow"));
const [narrow, wide] = ["w32", "w128"].map((name) => [...again.getChild(name)].join(" "));
console.log(`read again by flechette: ${narrow} and ${wide}`);
JS
cat > read.py <<'PY'
from decimal import Decimal

import pyarrow as pa


def read(name):
    table = pa.ipc.open_file(name).read_all()
    table.validate(full=True)
    return {column[1:]: table[column].to_pylist() for column in table.column_names}


for width, values in read("few.arrow").items():
    print(f"{width} bits: 12.34 -12.34 0.29 1.15 become", *values)
right = [Decimal(cent).scaleb(-2) for cent in range(10_001)]
wide = read("numbers.arrow")
assert wide["64"] == wide["128"]
lost = [a - b for a, b in zip(right, wide["64"]) if a != b]
assert set(lost) == {Decimal("0.01")}
print(f"0.00 to 100.00: amounts with a cent missing {len(lost)} of {len(right)}, in sum {sum(lost)}")
wrong = sum(a != b for values in read("integers.arrow").values() for a, b in zip(right, values))
print(f"as integers of cents (bigint), 32, 64 and 128 bits: wrong {wrong} of {len(right)}")
PY
cat > expected.txt <<'TEXT'
32 bits: 12.34 -12.34 0.29 1.15 become 0.24 -0.24 0.00 0.02
64 bits: 12.34 -12.34 0.29 1.15 become 12.34 -12.34 0.28 1.14
128 bits: 12.34 -12.34 0.29 1.15 become 12.34 -12.34 0.28 1.14
0.00 to 100.00: amounts with a cent missing 573 of 10001, in sum 5.73
read again by flechette: 0.24 -0.24 0 0.02 and 12.34 -12.34 0.28 1.1400000000000001
as integers of cents (bigint), 32, 64 and 128 bits: wrong 0 of 10001
TEXT
node write.js > again.txt
env/bin/python read.py | sed '4r again.txt' > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: @uwdata/flechette 2.6.0"
