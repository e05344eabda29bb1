#!/usr/bin/env bash
# Packages: @e965/xlsx==0.20.3 exceljs==4.4.0 openpyxl==3.1.5 python-calamine==0.9.1 xlsxwriter==3.3.1
#
# A workbook can hold the reading of a name beside it (Excel's phonetic guide, in Chinese 拼音指南). ExcelJS' streaming reader, meant for
# large files, then gives the last piece of the reading instead of the name: 武昌厂 with wǔ and chāng is `chāng`. The same library's
# whole-file reader gives the name, as do openpyxl, calamine and SheetJS, and so does the stream if the name is in several formats. The
# stream differs in a second thing: an escaped character (`_x000D_`, a carriage return) stays as it is written.
#
# Seen with exceljs 4.4.0, @e965/xlsx 0.20.3, openpyxl 3.1.5, python-calamine 0.9.1 (newest on 2026-11-28), written by xlsxwriter 3.3.1
# with the readings put in afterwards as the standard has them:
#   exceljs stream: "chāng" "武昌机械" "汉口店" "一_x000D_二"
#   exceljs: "武昌厂" "武昌机械" "汉口店" "一\r二"
#   sheetjs: "武昌厂" "武昌机械" "汉口店" "一\r二"
#   calamine: "武昌厂" "武昌机械" "汉口店" "一\r二"
#   openpyxl: "武昌厂" "武昌机械" "汉口店" "一_x000D_二"
# An entry of the shared strings is `<si><t>name</t><rPh><t>reading</t></rPh></si>`. The streaming reader takes every `t` of the entry for
# its text, and the last one stays.
#
# Who meets it: whoever streams a registry of people or firms whose typist added readings to rare characters; only those rows change, and
# the readings are words. Helps: the whole-file reader (`workbook.xlsx.readFile`).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check openpyxl==3.1.5 python-calamine==0.9.1 xlsxwriter==3.3.1
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact @e965/xlsx@0.20.3 exceljs@4.4.0
cat > write.py <<'PY'
import zipfile

import xlsxwriter

readings = '<rPh sb="0" eb="1"><t>wǔ</t></rPh><rPh sb="1" eb="2"><t>chāng</t></rPh><phoneticPr fontId="0"/>'
entries = {
    "武昌厂": f"<si><t>武昌厂</t>{readings}</si>",
    "RICH": f"<si><r><t>武昌</t></r><r><rPr><b/></rPr><t>机械</t></r>{readings}</si>",
    "BREAK": "<si><t>一_x000D_二</t></si>",
}
with xlsxwriter.Workbook("plain.xlsx") as book:
    sheet = book.add_worksheet()
    for row, text in enumerate(["武昌厂", "RICH", "汉口店", "BREAK"]):
        sheet.write_string(row, 0, text)
# What a sheet refers to stands before the sheet, so that a stream has it at hand.
with zipfile.ZipFile("plain.xlsx") as plain, zipfile.ZipFile("firms.xlsx", "w", zipfile.ZIP_DEFLATED) as firms:
    for name in sorted(plain.namelist(), key=lambda name: (name.startswith("xl/worksheets/"), not name.startswith(("[", "xl/workbook")))):
        content = plain.read(name)
        if name == "xl/sharedStrings.xml":
            xml = content.decode()
            for text, entry in entries.items():
                assert f"<si><t>{text}</t></si>" in xml
                xml = xml.replace(f"<si><t>{text}</t></si>", entry)
            content = xml.encode()
        firms.writestr(name, content)
PY
cat > read.js <<'JS'
import { readFileSync } from "node:fs";
import XLSX from "@e965/xlsx";
import ExcelJS from "exceljs";

const text = (value) => JSON.stringify(value.richText ? value.richText.map((run) => run.text).join("") : value);
const streamed = [];
for await (const sheet of new ExcelJS.stream.xlsx.WorkbookReader("firms.xlsx", {})) {
  for await (const row of sheet) streamed.push(text(row.getCell(1).value));
}
console.log("exceljs stream:", streamed.join(" "));
const book = new ExcelJS.Workbook();
await book.xlsx.readFile("firms.xlsx");
console.log("exceljs:", book.worksheets[0].getColumn(1).values.slice(1).map(text).join(" "));
const read = XLSX.read(readFileSync("firms.xlsx"));
console.log("sheetjs:", XLSX.utils.sheet_to_json(read.Sheets[read.SheetNames[0]], { header: 1 }).map(([cell]) => text(cell)).join(" "));
JS
cat > read.py <<'PY'
import json

import openpyxl
import python_calamine


def told(name, cells):
    print(f"{name}:", *(json.dumps(cell, ensure_ascii=False) for cell in cells))


told("calamine", (row[0] for row in python_calamine.CalamineWorkbook.from_path("firms.xlsx").get_sheet_by_index(0).to_python()))
told("openpyxl", (row[0] for row in openpyxl.load_workbook("firms.xlsx").active.iter_rows(values_only=True)))
PY
cat > expected.txt <<'TEXT'
exceljs stream: "chāng" "武昌机械" "汉口店" "一_x000D_二"
exceljs: "武昌厂" "武昌机械" "汉口店" "一\r二"
sheetjs: "武昌厂" "武昌机械" "汉口店" "一\r二"
calamine: "武昌厂" "武昌机械" "汉口店" "一\r二"
openpyxl: "武昌厂" "武昌机械" "汉口店" "一_x000D_二"
TEXT
env/bin/python write.py
node read.js > seen.txt
env/bin/python read.py >> seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: exceljs 4.4.0"
