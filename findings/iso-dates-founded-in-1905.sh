#!/usr/bin/env bash
# Packages: @e965/xlsx==0.20.3 exceljs==4.4.0 hucre==1.0.0 openpyxl==3.1.5 python-calamine==0.9.1 read-excel-file==9.3.17
#
# A workbook may hold a date as ISO text (cells of type `d` in the standard; openpyxl writes them with `iso_dates`). ExcelJS
# takes the year off the text and that for Excel's count of days: what was founded on 1 May 2024 is founded on 16 July 1905, on 1 October
# 1949 on 2 May 1905, a licence without end, 9999-12-31, ends in 1927, and all days of a year are one day. Its streaming reader gives the
# bare year. openpyxl, calamine, SheetJS and read-excel-file read the dates, hucre their text.
#
# Seen with exceljs 4.4.0, @e965/xlsx 0.20.3, read-excel-file 9.3.17, hucre 1.0.0, openpyxl 3.1.5, python-calamine 0.9.1 (newest on
# 2026-11-28), written by openpyxl:
#   openpyxl 2024-05-01 2024-12-31 1949-10-01 9999-12-31
#   calamine 2024-05-01 2024-12-31 1949-10-01 9999-12-31
#   exceljs 1905-07-16 1905-07-16 1905-05-02 1927-05-17
#   exceljs stream 2024 2024 1949 9999
#   sheetjs 2024-05-01 2024-12-31 1949-10-01 9999-12-31
#   read-excel-file 2024-05-01 2024-12-31 1949-10-01 9999-12-31
#   hucre "2024-05-01" "2024-12-31" "1949-10-01" "9999-12-31"
#   without iso_dates exceljs 2024-05-01 2024-12-31 1949-10-01 9999-12-31
# It knows no such cell type and reads the value with `parseFloat`, which stops at the first hyphen.
#
# Who meets it: a Python export read by a Node service; 1905 is a year in which firms were founded. Helps: leave `iso_dates` off for such
# readers, or read with SheetJS.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check openpyxl==3.1.5 python-calamine==0.9.1
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact @e965/xlsx@0.20.3 exceljs@4.4.0 hucre@1.0.0 read-excel-file@9.3.17
cat > dates.py <<'PY'
from datetime import date

import openpyxl
import python_calamine

days = [date(2024, 5, 1), date(2024, 12, 31), date(1949, 10, 1), date(9999, 12, 31)]
for name, iso in (("iso", True), ("serial", False)):
    book = openpyxl.Workbook()
    book.iso_dates = iso
    book.active.append(days)
    book.save(f"{name}.xlsx")
print("openpyxl", *(str(cell.value)[:10] for cell in openpyxl.load_workbook("iso.xlsx").active[1]))
print("calamine", *(str(cell)[:10] for cell in python_calamine.CalamineWorkbook.from_path("iso.xlsx").get_sheet_by_index(0).to_python()[0]))
PY
cat > dates.js <<'JS'
import { readFileSync } from "node:fs";
import XLSX from "@e965/xlsx";
import ExcelJS from "exceljs";
import { readXlsx } from "hucre";
import readExcelFile from "read-excel-file/node";

const shown = (cells) => cells.map((cell) => (cell instanceof Date ? cell.toISOString().slice(0, 10) : JSON.stringify(cell))).join(" ");
async function exceljs(path) {
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile(path);
  return shown(book.worksheets[0].getRow(1).values.slice(1));
}
console.log("exceljs", await exceljs("iso.xlsx"));
for await (const sheet of new ExcelJS.stream.xlsx.WorkbookReader("iso.xlsx", {})) {
  for await (const row of sheet) console.log("exceljs stream", shown(row.values.slice(1)));
}
const content = readFileSync("iso.xlsx");
const read = XLSX.read(content, { cellDates: true, UTC: true });
console.log("sheetjs", shown(["A1", "B1", "C1", "D1"].map((at) => read.Sheets[read.SheetNames[0]][at].v)));
const sheets = await readExcelFile("iso.xlsx");
console.log("read-excel-file", shown((sheets[0].data ?? sheets)[0]));
console.log("hucre", shown((await readXlsx(new Uint8Array(content))).sheets[0].rows[0]));
console.log("without iso_dates exceljs", await exceljs("serial.xlsx"));
JS
cat > expected.txt <<'TEXT'
openpyxl 2024-05-01 2024-12-31 1949-10-01 9999-12-31
calamine 2024-05-01 2024-12-31 1949-10-01 9999-12-31
exceljs 1905-07-16 1905-07-16 1905-05-02 1927-05-17
exceljs stream 2024 2024 1949 9999
sheetjs 2024-05-01 2024-12-31 1949-10-01 9999-12-31
read-excel-file 2024-05-01 2024-12-31 1949-10-01 9999-12-31
hucre "2024-05-01" "2024-12-31" "1949-10-01" "9999-12-31"
without iso_dates exceljs 2024-05-01 2024-12-31 1949-10-01 9999-12-31
TEXT
export TZ=UTC
env/bin/python dates.py > seen.txt
node dates.js >> seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: exceljs 4.4.0"
