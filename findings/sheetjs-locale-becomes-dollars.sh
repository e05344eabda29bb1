#!/usr/bin/env bash
# Packages: @e965/xlsx==0.20.3 exceljs==4.4.0 numfmt==4.0.1
#
# A number format that begins with a locale, `[$-804]` for Chinese as spoken in China, names no currency; the sign behind the bracket
# only opens the tag. SheetJS shows a dollar for it: 120 workers by `[$-804]0"人"` become `$120人`, and a registered capital by the format
# that Excel's own dialogue gives for Chinese capitals (Special, `[DBNum2][$-804]General`) becomes `$1200000`. The text is what its CSV,
# HTML and `raw: false` hand out. With a currency in the tag (`[$¥-804]`) and with dates the tag is read rightly.
#
# Seen with SheetJS 0.20.3 (as @e965/xlsx) and numfmt 4.0.1 (newest on 2026-11-28), the workbook written by exceljs 4.4.0:
#   120 by [$-804]0"人"  SheetJS $120人  numfmt 120人
#   1200000 by [DBNum2][$-804]General  SheetJS $1200000  numfmt 1200000
#   1200000 by [$-804]#,##0.00  SheetJS $1,200,000.00  numfmt 1,200,000.00
#   1200000 by [$¥-804]#,##0.00  SheetJS ¥1,200,000.00  numfmt ¥1,200,000.00
#   1200000 by [DBNum2]General  SheetJS 1200000  numfmt 1200000
#   45413 by [$-804]yyyy"年"  SheetJS 2024年  numfmt 2024年
#   CSV export  武昌厂,$120人,$1200000,2024年
# It takes what stands between `$` and the hyphen for the currency, and where nothing stands there falls back to the dollar. (That neither
# library writes the number in Chinese digits is no part of this.)
#
# Who meets it: whoever takes Chinese workbooks to CSV: the capital looks like an amount in dollars, and an import that knows currencies
# converts it. Helps: take raw values (`rawNumbers: true`), or remove `[$-…]` from the cells' formats (`z`) first.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact @e965/xlsx@0.20.3 exceljs@4.4.0 numfmt@4.0.1
cat > formats.js <<'JS'
import XLSX from "@e965/xlsx";
import ExcelJS from "exceljs";
import { format } from "numfmt";

for (const [value, code] of [
  [120, '[$-804]0"人"'], [1200000, "[DBNum2][$-804]General"], [1200000, "[$-804]#,##0.00"], [1200000, "[$¥-804]#,##0.00"],
  [1200000, "[DBNum2]General"], [45413, '[$-804]yyyy"年"'],
]) {
  console.log(`${value} by ${code}  SheetJS ${XLSX.SSF.format(code, value)}  numfmt ${format(code, value)}`);
}
const book = new ExcelJS.Workbook();
const row = book.addWorksheet("firms").addRow(["武昌厂", 120, 1200000, 45413]);
["", '[$-804]0"人"', "[DBNum2][$-804]General", '[$-804]yyyy"年"'].forEach((code, i) => { if (code) row.getCell(i + 1).numFmt = code; });
const read = XLSX.read(await book.xlsx.writeBuffer());
const sheet = read.Sheets.firms;
console.log("CSV export ", XLSX.utils.sheet_to_csv(sheet).trim());
const raw = XLSX.utils.sheet_to_csv(sheet, { rawNumbers: true }).trim();
if (raw !== "武昌厂,120,1200000,45413") throw new Error(raw);
JS
cat > expected.txt <<'TEXT'
120 by [$-804]0"人"  SheetJS $120人  numfmt 120人
1200000 by [DBNum2][$-804]General  SheetJS $1200000  numfmt 1200000
1200000 by [$-804]#,##0.00  SheetJS $1,200,000.00  numfmt 1,200,000.00
1200000 by [$¥-804]#,##0.00  SheetJS ¥1,200,000.00  numfmt ¥1,200,000.00
1200000 by [DBNum2]General  SheetJS 1200000  numfmt 1200000
45413 by [$-804]yyyy"年"  SheetJS 2024年  numfmt 2024年
CSV export  武昌厂,$120人,$1200000,2024年
TEXT
node formats.js > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: @e965/xlsx 0.20.3"
