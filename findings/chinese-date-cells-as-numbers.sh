#!/usr/bin/env bash
# Packages: @e965/xlsx==0.20.3 exceljs==4.4.0 openpyxl==3.1.5 pandas==3.1.1 python-calamine==0.9.1 read-excel-file==9.3.17 xlsxwriter==3.3.1
#
# A cell of a workbook refers to its format by number, and the numbers 27 to 36 and 50 to 58 stand, in a Chinese Excel, for dates and times
# that the file need not spell out (31 is yyyy"年"m"月"d"日"). Whether 1 May 2024 is read as a date or as the number 45413 then depends on the
# library: openpyxl, and so pandas, and ExcelJS give the number, calamine, SheetJS and read-excel-file the date. The same format
# spelled out is a date for all six. So pandas' own two readers disagree cell by cell, and the default is about to change from one to the
# other. ExcelJS besides forgets the number: saved again by it, the cell is 45413 for everyone.
#
# Seen with openpyxl 3.1.5, python-calamine 0.9.1, pandas 3.1.1, exceljs 4.4.0, read-excel-file 9.3.17, SheetJS 0.20.3 (as @e965/xlsx), all
# newest on 2026-11-28; a workbook of xlsxwriter 3.3.1 with the formats 14, 31, 57, 27 and the one of 31 spelled out:
#   openpyxl date 45413 45413 45413 date
#   calamine date date date date date
#   pandas date 45413 45413 45413 date, with calamine date date date date date
#   exceljs date 45413 45413 45413 date
#   sheetjs date date date date date
#   read-excel-file date date date date date
#   of the 19 numbers as dates: openpyxl 0, calamine 19
#   saved again by openpyxl, read by calamine: date date date date date
#   saved again by exceljs, read by calamine: date 45413 45413 45413 date
# The numbers are in the standard's list for zh-CN; openpyxl and ExcelJS have a list of the common ones and take the rest for General.
#
# Who meets it: whoever reads founding dates from workbooks made in China, where one column mixes both kinds of cells, and a column of
# dates and numbers becomes text or is dropped as invalid. Helps: calamine, in pandas `engine="calamine"`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check openpyxl==3.1.5 pandas==3.1.1 python-calamine==0.9.1 xlsxwriter==3.3.1
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact @e965/xlsx@0.20.3 exceljs@4.4.0 read-excel-file@9.3.17
cat > cells.py <<'PY'
import sys
import warnings
from datetime import date, datetime

import openpyxl
import pandas as pd
import python_calamine
import xlsxwriter

warnings.simplefilter("ignore")
spelled = 'yyyy"年"m"月"d"日"'
local = [*range(27, 37), *range(50, 59)]


def write(path, formats):
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for column, code in enumerate(formats):
            sheet.write_datetime(0, column, datetime(2024, 5, 1), book.add_format({"num_format": code}))


def shown(cells):
    return " ".join("date" if isinstance(cell, date) else f"{cell:.0f}" for cell in cells)


def openpyxl_reads(path):
    return [cell.value for cell in openpyxl.load_workbook(path).active[1]]


def calamine_reads(path):
    return python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[0]


if sys.argv[1] == "first":
    write("firms.xlsx", [14, 31, 57, 27, spelled])
    write("local.xlsx", local)
    print("openpyxl", shown(openpyxl_reads("firms.xlsx")))
    print("calamine", shown(calamine_reads("firms.xlsx")))
    by = {engine: shown(pd.read_excel("firms.xlsx", header=None, engine=engine).iloc[0].tolist()) for engine in (None, "calamine")}
    print(f"pandas {by[None]}, with calamine {by['calamine']}")
else:
    counts = [sum(isinstance(cell, date) for cell in reads("local.xlsx")) for reads in (openpyxl_reads, calamine_reads)]
    print("of the {} numbers as dates: openpyxl {}, calamine {}".format(len(local), *counts))
    openpyxl.load_workbook("firms.xlsx").save("openpyxl.xlsx")
    for name in ("openpyxl", "exceljs"):
        print(f"saved again by {name}, read by calamine: {shown(calamine_reads(f'{name}.xlsx'))}")
PY
cat > cells.js <<'JS'
import { readFileSync } from "node:fs";
import XLSX from "@e965/xlsx";
import ExcelJS from "exceljs";
import readExcelFile from "read-excel-file/node";

const shown = (cells) => cells.map((cell) => (cell instanceof Date ? "date" : String(cell))).join(" ");
const book = new ExcelJS.Workbook();
await book.xlsx.readFile("firms.xlsx");
console.log("exceljs", shown(book.worksheets[0].getRow(1).values.slice(1)));
await book.xlsx.writeFile("exceljs.xlsx");
const read = XLSX.read(readFileSync("firms.xlsx"), { cellDates: true });
console.log("sheetjs", shown(["A1", "B1", "C1", "D1", "E1"].map((at) => read.Sheets[read.SheetNames[0]][at].v)));
const sheets = await readExcelFile("firms.xlsx");
console.log("read-excel-file", shown((sheets[0].data ?? sheets)[0]));
JS
cat > expected.txt <<'TEXT'
openpyxl date 45413 45413 45413 date
calamine date date date date date
pandas date 45413 45413 45413 date, with calamine date date date date date
exceljs date 45413 45413 45413 date
sheetjs date date date date date
read-excel-file date date date date date
of the 19 numbers as dates: openpyxl 0, calamine 19
saved again by openpyxl, read by calamine: date date date date date
saved again by exceljs, read by calamine: date 45413 45413 45413 date
TEXT
env/bin/python cells.py first > seen.txt
node cells.js >> seen.txt
env/bin/python cells.py then >> seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: openpyxl 3.1.5, exceljs 4.4.0"
