#!/usr/bin/env bash
# Packages: formualizer==0.13.0 hyperformula==3.5.0 ironcalc==0.9.1
#
# A month after 31 January 2024 is 28 February by HyperFormula's `EDATE`, though that year has a 29th; a year of twenty that began on 29
# February 2004 ends on 28 February 2024. Whoever lands in the February of a leap year from a day of 29 to 31, forwards or backwards, is a day
# short, and nobody else is: 30 of the 14,610 days of forty years. `EOMONTH` of the same library knows the 29th. The last days of December
# that belong to week 1 of the next year are in week 53 by `ISOWEEKNUM`, in a year that may have had 52 (34 days of the forty years), so that
# Monday and Wednesday of one week are counted in two. IronCalc and formualizer, two younger engines, have all of them right.
#
# Seen with hyperformula 3.5.0, ironcalc 0.9.1, formualizer 0.13.0 (newest on 2026-11-28):
#   EDATE(DATE(2024,1,31),1): hyperformula 2024-02-28, ironcalc 2024-02-29, formualizer 2024-02-29
#   EDATE(DATE(2024,3,31),-1): hyperformula 2024-02-28, ironcalc 2024-02-29, formualizer 2024-02-29
#   EDATE(DATE(2004,2,29),240): hyperformula 2024-02-28, ironcalc 2024-02-29, formualizer 2024-02-29
#   EDATE(DATE(2023,1,31),1): hyperformula 2023-02-28, ironcalc 2023-02-28, formualizer 2023-02-28
#   EOMONTH(DATE(2024,1,31),1): hyperformula 2024-02-29, ironcalc 2024-02-29, formualizer 2024-02-29
#   ISOWEEKNUM(DATE(2024,12,30)): hyperformula 53, ironcalc 1, formualizer 1
#   ISOWEEKNUM(DATE(2025,1,1)): hyperformula 1, ironcalc 1, formualizer 1
#   days of 2000 to 2039 wrong in hyperformula: EDATE by a month 30, ISOWEEKNUM 34 of 14610
# It cuts the day to the length that the month has in a common year.
#
# Who meets it: sheets of terms and deadlines computed in a web page or on a server without Excel: a licence of twenty years ends a day early,
# and a weekly count of the turn of the year is in two rows. Helps: for the days of January, `MIN(EOMONTH(d,1),d+31)`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check formualizer==0.13.0 ironcalc==0.9.1
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact hyperformula@3.5.0
cat > sheet.js <<'JS'
import fs from "fs";
import { HyperFormula } from "hyperformula";

const values = (rows) => HyperFormula.buildFromArray(rows, { licenseKey: "gpl-v3", maxRows: 20000 }).getSheetValues(0);
const formulas = JSON.parse(fs.readFileSync("formulas.json", "utf8"));
const days = [];
for (let day = 36526; day < 36526 + 14610; day++) {
  days.push([day, `=EDATE(A${days.length + 1},1)`, `=ISOWEEKNUM(A${days.length + 1})`]);
}
fs.writeFileSync("hyperformula.json", JSON.stringify({ told: values(formulas.map((text) => ["=" + text])).map((row) => row[0]), days: values(days) }));
JS
cat > sheet.py <<'PY'
import calendar
import datetime
import json
import subprocess

import formualizer
import ironcalc

FORMULAS = [
    "EDATE(DATE(2024,1,31),1)", "EDATE(DATE(2024,3,31),-1)", "EDATE(DATE(2004,2,29),240)", "EDATE(DATE(2023,1,31),1)",
    "EOMONTH(DATE(2024,1,31),1)", "ISOWEEKNUM(DATE(2024,12,30))", "ISOWEEKNUM(DATE(2025,1,1))",
]
DAY_ZERO = datetime.date(1899, 12, 30)


def by_ironcalc(text):
    model = ironcalc.create("firms", "en", "UTC")
    model.set_user_input(0, 1, 1, f"=0+{text}")
    model.evaluate()
    return float(model.get_formatted_cell_value(0, 1, 1))


def by_formualizer(text):
    book = formualizer.Workbook()
    book.sheet("firms")
    book.set_formula("firms", 1, 1, f"=0+{text}")
    return book.evaluate_cell("firms", 1, 1)


def shown(text, number):
    if not isinstance(number, (int, float)):
        return str(number)
    return str(int(number)) if text.startswith("ISO") else str(DAY_ZERO + datetime.timedelta(int(number)))


def month_later(day):
    year, month = day.year + day.month // 12, day.month % 12 + 1
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


with open("formulas.json", "w") as file:
    json.dump(FORMULAS, file)
subprocess.run(["node", "sheet.js"], check=True)
with open("hyperformula.json") as file:
    hyperformula = json.load(file)
for text, number in zip(FORMULAS, hyperformula["told"], strict=True):
    print(f"{text}: hyperformula {shown(text, number)}, ironcalc {shown(text, by_ironcalc(text))}, formualizer {shown(text, by_formualizer(text))}")
months = weeks = 0
for serial, later, week in hyperformula["days"]:
    day = DAY_ZERO + datetime.timedelta(serial)
    months += DAY_ZERO + datetime.timedelta(later) != month_later(day)
    weeks += week != day.isocalendar().week
print(f"days of 2000 to 2039 wrong in hyperformula: EDATE by a month {months}, ISOWEEKNUM {weeks} of {len(hyperformula['days'])}")
PY
cat > expected.txt <<'TEXT'
EDATE(DATE(2024,1,31),1): hyperformula 2024-02-28, ironcalc 2024-02-29, formualizer 2024-02-29
EDATE(DATE(2024,3,31),-1): hyperformula 2024-02-28, ironcalc 2024-02-29, formualizer 2024-02-29
EDATE(DATE(2004,2,29),240): hyperformula 2024-02-28, ironcalc 2024-02-29, formualizer 2024-02-29
EDATE(DATE(2023,1,31),1): hyperformula 2023-02-28, ironcalc 2023-02-28, formualizer 2023-02-28
EOMONTH(DATE(2024,1,31),1): hyperformula 2024-02-29, ironcalc 2024-02-29, formualizer 2024-02-29
ISOWEEKNUM(DATE(2024,12,30)): hyperformula 53, ironcalc 1, formualizer 1
ISOWEEKNUM(DATE(2025,1,1)): hyperformula 1, ironcalc 1, formualizer 1
days of 2000 to 2039 wrong in hyperformula: EDATE by a month 30, ISOWEEKNUM 34 of 14610
TEXT
env/bin/python sheet.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: hyperformula 3.5.0"
