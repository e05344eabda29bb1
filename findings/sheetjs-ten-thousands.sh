#!/usr/bin/env bash
# Packages: @e965/xlsx==0.20.3 numfmt==4.0.1
#
# Chinese workbooks show numbers in ten thousands (万) by a format that divides by a thousand and writes a point of its own before the
# last digit, `0\.0,"万"`; Excel has no divisor of ten thousand. SheetJS formats 12000 by it as `.12万`, a tenth of the right 1.2万, and
# 345678 as `3.46万` for 34.6万. This text is what its CSV and HTML export write; the number itself is read rightly. Numbers under 1000
# come out as `.00`. The format without the division, `0\.0000"万"`, is right, so a sheet may mix right and wrong columns.
#
# Seen with SheetJS 0.20.3 (as @e965/xlsx, newest on 2026-11-27; xlsx 0.18.5 does the same), beside numfmt 4.0.1:
#   12000 by 0\.0,"万"  SheetJS .12万  numfmt 1.2万
#   345678 by 0"."0,"万"  SheetJS 3.46万  numfmt 34.6万
#   1234567890 by 0\.00,,"亿"  SheetJS .1235亿  numfmt 12.35亿
#   12345 by 0\.0000"万"  SheetJS 1.2345万  numfmt 1.2345万
#   CSV export  武昌厂,.12万
# SheetJS joins the digit places and the literal point into one piece and reads the literal as the decimal point, yet its commas still
# divide by a thousand: it shows twelve hundredths of a hundred thousand.
#
# Who meets it: whoever takes a city's workbook through SheetJS to CSV (turnover and workers in 万 decide who is above size). The wrong
# text still looks like a plausible amount. Helps: export raw values (`rawNumbers: true`) and format them oneself.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact @e965/xlsx@0.20.3 numfmt@4.0.1
cat > formats.js <<'JS'
import * as XLSX from "@e965/xlsx";
import { format } from "numfmt";

const cases = [
  ["0\\.0,\"万\"", 12000],
  ["0\".\"0,\"万\"", 345678],
  ["0\\.00,,\"亿\"", 1234567890],
  ["0\\.0000\"万\"", 12345],
];
for (const [pattern, value] of cases) {
  console.log(`${value} by ${pattern}  SheetJS ${XLSX.SSF.format(pattern, value)}  numfmt ${format(pattern, value)}`);
}
const sheet = { "!ref": "A1:B1", A1: { t: "s", v: "武昌厂" }, B1: { t: "n", v: 12000, z: "0\\.0,\"万\"" } };
const written = XLSX.write({ SheetNames: ["一"], Sheets: { 一: sheet } }, { type: "buffer", bookType: "xlsx" });
console.log(`CSV export  ${XLSX.utils.sheet_to_csv(XLSX.read(written).Sheets["一"])}`);
JS
cat > expected.txt <<'TEXT'
12000 by 0\.0,"万"  SheetJS .12万  numfmt 1.2万
345678 by 0"."0,"万"  SheetJS 3.46万  numfmt 34.6万
1234567890 by 0\.00,,"亿"  SheetJS .1235亿  numfmt 12.35亿
12345 by 0\.0000"万"  SheetJS 1.2345万  numfmt 1.2345万
CSV export  武昌厂,.12万
TEXT
node formats.js > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: SheetJS 0.20.3"
