#!/usr/bin/env bash
# Packages: @e965/xlsx==0.20.3 odfpy==1.4.1 pandas==3.1.1 python-calamine==0.9.1
#
# pandas takes a truth value of an OpenDocument table not from the value in the file but from the word displayed: it is true if all the cell
# displays is TRUE. A yes formatted in another language (LibreOffice shows WAHR, VRAI) or as 是 is False, and so is a yes that somebody
# put a note to, for the note's text is in the cell as well. Times of day go the same way: a quarter past two in the afternoon shown
# as 02:15 is two at night, five and a half minutes shown as 05:30 are half past five, and 30 hours raise. Numbers, shares, amounts and
# dates are read from the value. calamine, pandas' other reader of these files, and SheetJS read all by value.
#
# Seen with pandas 3.1.1, odfpy 1.4.1, python-calamine 0.9.1, SheetJS 0.20.3 (as @e965/xlsx; newest on 2026-11-28), by default and by calamine:
#   yes shown as TRUE: True, calamine True
#   yes shown as WAHR: False, calamine True
#   yes shown as 是: False, calamine True
#   yes shown as TRUE with a note: False, calamine True
#   no shown as FALSE: False, calamine False
#   no shown as 否: False, calamine False
#   14:15 shown as 14:15: 14:15:00, calamine 14:15:00
#   14:15 shown as 02:15: 02:15:00, calamine 14:15:00
#   5 min 30 s shown as 05:30: 05:30:00, calamine 00:05:30
#   0.125 shown as 13% with a note: 0.125, calamine 0.125
#   1949-10-01 shown as 1949年: 1949-10-01 00:00:00, calamine 1949-10-01 00:00:00
#   30 h shown as 30:00: raises DateParseError
#   sheetjs: true true true true false false
# Of the types with an attribute of their own only boolean and time are read by `str(cell)`, odfpy's word for all text below the cell.
#
# Who meets it: whoever reads tables that people keep in LibreOffice (has a union, in operation) and comment on. Helps:
# `engine="calamine"`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check odfpy==1.4.1 pandas==3.1.1 python-calamine==0.9.1
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact @e965/xlsx@0.20.3
cat > read.py <<'PY'
import pandas as pd
from odf.office import Annotation
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

YES, NO = {"valuetype": "boolean", "booleanvalue": "true"}, {"valuetype": "boolean", "booleanvalue": "false"}


def time(value):
    return {"valuetype": "time", "timevalue": value}


ROWS = [
    ("yes shown as TRUE", "TRUE", YES, None),
    ("yes shown as WAHR", "WAHR", YES, None),
    ("yes shown as 是", "是", YES, None),
    ("yes shown as TRUE with a note", "TRUE", YES, "seen in May"),
    ("no shown as FALSE", "FALSE", NO, None),
    ("no shown as 否", "否", NO, None),
    ("14:15 shown as 14:15", "14:15:00", time("PT14H15M00S"), None),
    ("14:15 shown as 02:15", "02:15:00", time("PT14H15M00S"), None),
    ("5 min 30 s shown as 05:30", "05:30", time("PT00H05M30S"), None),
    ("0.125 shown as 13% with a note", "13%", {"valuetype": "percentage", "value": "0.125"}, "rounded"),
    ("1949-10-01 shown as 1949年", "1949年", {"valuetype": "date", "datevalue": "1949-10-01"}, None),
]


def save(name, rows):
    document, table = OpenDocumentSpreadsheet(), Table(name="firms")
    for label, text, attributes, note in rows:
        row = TableRow()
        for shown, kind, comment in ((label, {"valuetype": "string"}, None), (text, attributes, note)):
            cell = TableCell(**kind)
            if comment:
                cell.addElement(annotation := Annotation())
                annotation.addElement(P(text=comment))
            cell.addElement(P(text=shown))
            row.addElement(cell)
        table.addElement(row)
    document.spreadsheet.addElement(table)
    document.save(name)


save("firms.ods", ROWS)
by_default = pd.read_excel("firms.ods", header=None)
by_calamine = pd.read_excel("firms.ods", header=None, engine="calamine")
for label, first, second in zip(by_default[0], by_default[1], by_calamine[1], strict=True):
    print(f"{label}: {first}, calamine {second}")
save("long.ods", [("30 h shown as 30:00", "30:00:00", time("PT30H00M00S"), None)])
try:
    pd.read_excel("long.ods", header=None)
except ValueError as error:
    print(f"30 h shown as 30:00: raises {type(error).__name__}")
PY
cat > read.js <<'JS'
import { readFileSync } from "node:fs";
import { read, utils } from "@e965/xlsx";

const { firms } = read(readFileSync("firms.ods")).Sheets;
console.log(`sheetjs: ${utils.sheet_to_json(firms, { header: 1 }).slice(0, 6).map((row) => row[1]).join(" ")}`);
JS
cat > expected.txt <<'TEXT'
yes shown as TRUE: True, calamine True
yes shown as WAHR: False, calamine True
yes shown as 是: False, calamine True
yes shown as TRUE with a note: False, calamine True
no shown as FALSE: False, calamine False
no shown as 否: False, calamine False
14:15 shown as 14:15: 14:15:00, calamine 14:15:00
14:15 shown as 02:15: 02:15:00, calamine 14:15:00
5 min 30 s shown as 05:30: 05:30:00, calamine 00:05:30
0.125 shown as 13% with a note: 0.125, calamine 0.125
1949-10-01 shown as 1949年: 1949-10-01 00:00:00, calamine 1949-10-01 00:00:00
30 h shown as 30:00: raises DateParseError
sheetjs: true true true true false false
TEXT
env/bin/python read.py > seen.txt
node read.js >> seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: pandas 3.1.1, odfpy 1.4.1"
