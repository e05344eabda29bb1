#!/usr/bin/env bash
# Packages: hucre==1.0.0 numfmt==4.0.1
#
# A number format may show a class instead of a number, `[<60]"小";[<300]"中";"大"` for small, medium and large. hucre, a young library for
# workbooks, shows a firm of 1,000 workers as medium: the third section, for the rest, is passed over. A cell for yes and no,
# `[=1]"是";[=0]"否";General`, shows "no" for 5 and the word `Gnralee` for 0, for `General` beside anything else is read as a format with an
# exponent. A percent sign that is plain text multiplies by a hundred, a currency in brackets vanishes, ten thousands are tenfold, and of a
# time of day in Chinese no digit is left.
#
# Seen with hucre 1.0.0 (`formatValue`) and numfmt 4.0.1 (newest on 2026-11-28):
#   10 100 1000 by [<60]"小";[<300]"中";"大"  hucre 小 中 中  numfmt 小 中 大
#   1 0 5 by [=1]"是";[=0]"否";General  hucre 是 Gnralee 否  numfmt 是 否 5
#   120 by General"人"  hucre Gnral人ee  numfmt 120人
#   0.25 by 0.00"%"  hucre 25.00%  numfmt 0.25%
#   1200000 by [$¥-804]#,##0.00  hucre 1,200,000.00  numfmt ¥1,200,000.00
#   1200000 by [$US$-409]#,##0.00  hucre 1,200,000.00  numfmt US$1,200,000.00
#   12000 by 0\.0,"万"  hucre 12.0万  numfmt 1.2万
#   0.604 by h"时"mm"分"  hucre h时mm分  numfmt 14时29分
#   1234.5 by #,##0.00"元"  hucre 1,234.50元  numfmt 1,234.50元
#   45413 by yyyy"年"m"月"d"日"  hucre 2024年5月1日  numfmt 2024年5月1日
# (A percent sign in quotes is text to Excel, too; the last two lines show that plain formats are right.)
#
# Who meets it: whoever shows or exports a city's workbook as it looks; size classes and yes or no by format are common in
# statistical forms. Helps: take the values, and numfmt for their text.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact hucre@1.0.0 numfmt@4.0.1
cat > show.js <<'JS'
import { formatValue } from "hucre";
import { format } from "numfmt";

const cases = [
  ['[<60]"小";[<300]"中";"大"', 10, 100, 1000],
  ['[=1]"是";[=0]"否";General', 1, 0, 5],
  ['General"人"', 120],
  ['0.00"%"', 0.25],
  ["[$¥-804]#,##0.00", 1200000],
  ["[$US$-409]#,##0.00", 1200000],
  ['0\\.0,"万"', 12000],
  ['h"时"mm"分"', 0.604],
  ['#,##0.00"元"', 1234.5],
  ['yyyy"年"m"月"d"日"', 45413],
];
for (const [pattern, ...values] of cases) {
  const [first, second] = [(v) => formatValue(v, pattern), (v) => format(pattern, v)].map((show) => values.map(show).join(" "));
  console.log(`${values.join(" ")} by ${pattern}  hucre ${first}  numfmt ${second}`);
}
JS
cat > expected.txt <<'TEXT'
10 100 1000 by [<60]"小";[<300]"中";"大"  hucre 小 中 中  numfmt 小 中 大
1 0 5 by [=1]"是";[=0]"否";General  hucre 是 Gnralee 否  numfmt 是 否 5
120 by General"人"  hucre Gnral人ee  numfmt 120人
0.25 by 0.00"%"  hucre 25.00%  numfmt 0.25%
1200000 by [$¥-804]#,##0.00  hucre 1,200,000.00  numfmt ¥1,200,000.00
1200000 by [$US$-409]#,##0.00  hucre 1,200,000.00  numfmt US$1,200,000.00
12000 by 0\.0,"万"  hucre 12.0万  numfmt 1.2万
0.604 by h"时"mm"分"  hucre h时mm分  numfmt 14时29分
1234.5 by #,##0.00"元"  hucre 1,234.50元  numfmt 1,234.50元
45413 by yyyy"年"m"月"d"日"  hucre 2024年5月1日  numfmt 2024年5月1日
TEXT
node show.js > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: hucre 1.0.0"
