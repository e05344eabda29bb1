#!/usr/bin/env bash
# Packages: apache-arrow==21.2.0 pyarrow==26.0.1
#
# The same amounts, written by pyarrow as decimals of 64, 128 and 256 bits, come out of Arrow's JavaScript library as different digits.
# That its values are unscaled integers is known (12.34 is 1234); but only the width of 128 is read rightly. At 64 bits a negative amount
# is shown as a large positive number, at 256 bits all but the last digit are gone: 12.34 becomes 4, 4294967296.00 becomes 0. `toString`,
# `toJSON` and so every table printed or sent as JSON are concerned, while `valueOf` of the same object gives the right number.
#
# Seen with apache-arrow 21.2.0 (newest on 2026-11-27), written by pyarrow 26.0.1 with scale 2:
#   amounts 12.34 -12.34 4294967296.00
#   64 bits: text 1234 18446744073709550382 429496729600, number 1234 -1234 429496729600
#   128 bits: text 1234 -1234 429496729600, number 1234 -1234 429496729600
#   256 bits: text 4 -4 0, number 1234 -1234 429496729600
# Eight bytes take a short cut through an unsigned 64-bit view, though the value says it is signed. The longer path takes digit after
# digit until four 32-bit words are zero; of the eight words of 256 bits it so looks at the upper half only and stops after one digit.
#
# Who meets it: whoever shows amounts in a browser from Arrow, as soon as a writer chooses 64 bits for a short column or 256 for one
# declared with more than 38 digits. Helps: cast to decimal128 before sending, or take `valueOf(scale)` while the number is safe.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check pyarrow==26.0.1
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact apache-arrow@21.2.0
cat > write.py <<'PY'
from decimal import Decimal

import pyarrow as pa

amounts = [Decimal("12.34"), Decimal("-12.34"), Decimal("4294967296.00")]
table = pa.table({
    "64": pa.array(amounts, pa.decimal64(18, 2)),
    "128": pa.array(amounts, pa.decimal128(18, 2)),
    "256": pa.array(amounts, pa.decimal256(18, 2)),
})
with pa.OSFile("amounts.arrow", "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
    writer.write_table(table)
print("amounts", *amounts)
PY
cat > read.js <<'JS'
import { readFileSync } from "node:fs";
import { tableFromIPC } from "apache-arrow";

const table = tableFromIPC(readFileSync("amounts.arrow"));
for (const width of ["64", "128", "256"]) {
  const values = [...table.getChild(width)];
  console.log(`${width} bits: text ${values.map(String).join(" ")}, number ${values.map((value) => value.valueOf()).join(" ")}`);
}
JS
cat > expected.txt <<'TEXT'
amounts 12.34 -12.34 4294967296.00
64 bits: text 1234 18446744073709550382 429496729600, number 1234 -1234 429496729600
128 bits: text 1234 -1234 429496729600, number 1234 -1234 429496729600
256 bits: text 4 -4 0, number 1234 -1234 429496729600
TEXT
env/bin/python write.py > seen.txt
node read.js >> seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: apache-arrow 21.2.0"
