#!/usr/bin/env bash
# Packages: formualizer==0.13.0 ironcalc==0.9.1
#
# `SUMPRODUCT(MID(code,{1,2,3},1)*weights)` is how a sheet checks the digits of a code. formualizer, a young engine in Rust, takes the first
# digit for all of them, so that a code's sum is its first digit times all weights and no error tells. `LEN` and `LEFT` over several
# cells are of the first cell as well: texts of 18 and 3 characters have 18 in sum, and of texts of three characters there is none.
# Comparisons and arithmetic over the same cells are right, so a sheet holds right and wrong counts side by side. IronCalc, another one
# in Rust, has those texts right; but how many of five cells are numbers, by `ISNUMBER`, is 0 with both.
#
# Seen with formualizer 0.13.0 and ironcalc 0.9.1 (newest on 2026-11-28), A1 to A5 the code 91420103300000001X, 武昌厂, 120, 8, 300:
#   SUMPRODUCT(MID(A1,{1,2,3},1)*1): formualizer 9, ironcalc 14
#   SUMPRODUCT(MID(A1,{1,2,3},1)*{1,3,9}): formualizer 117, ironcalc 48
#   SUMPRODUCT(LEN(A1:A2)): formualizer 18, ironcalc 21
#   SUMPRODUCT(--(LEN(A1:A2)=3)): formualizer 0, ironcalc 1
#   SUMPRODUCT(LEFT(A3:A5,1)*1): formualizer 1, ironcalc 12
#   SUMPRODUCT((A3:A5>50)*A3:A5): formualizer 420, ironcalc 420
#   SUMPRODUCT(ISNUMBER(A1:A5)*1): formualizer 0, ironcalc 0
#   COUNT(A1:A5): formualizer 3, ironcalc 3
# A function that takes one text is given the first of several instead of being asked once for each; Excel has asked for each within
# SUMPRODUCT since long before its dynamic arrays.
#
# Who meets it: workbooks with rules in them (check digits, lengths of codes, counts of filled cells) computed on a server: every code
# fails its check, or none is found too short. Helps: one column a digit, a cell each, and SUMPRODUCT over the cells.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check formualizer==0.13.0 ironcalc==0.9.1
cat > count.py <<'PY'
import formualizer
import ironcalc

CELLS = ["91420103300000001X", "武昌厂", 120, 8, 300]


def by_formualizer(text):
    book = formualizer.Workbook()
    book.sheet("firms")
    for row, value in enumerate(CELLS, 1):
        book.set_value("firms", row, 1, value)
    book.set_formula("firms", 9, 9, f"={text}")
    return f"{book.evaluate_cell('firms', 9, 9):g}"


def by_ironcalc(text):
    model = ironcalc.create("firms", "en", "UTC")
    for row, value in enumerate(CELLS, 1):
        model.set_user_input(0, row, 1, str(value))
    model.set_user_input(0, 9, 9, f"={text}")
    model.evaluate()
    return model.get_formatted_cell_value(0, 9, 9)


for text in (
    "SUMPRODUCT(MID(A1,{1,2,3},1)*1)", "SUMPRODUCT(MID(A1,{1,2,3},1)*{1,3,9})", "SUMPRODUCT(LEN(A1:A2))", "SUMPRODUCT(--(LEN(A1:A2)=3))",
    "SUMPRODUCT(LEFT(A3:A5,1)*1)", "SUMPRODUCT((A3:A5>50)*A3:A5)", "SUMPRODUCT(ISNUMBER(A1:A5)*1)", "COUNT(A1:A5)",
):
    print(f"{text}: formualizer {by_formualizer(text)}, ironcalc {by_ironcalc(text)}")
PY
cat > expected.txt <<'TEXT'
SUMPRODUCT(MID(A1,{1,2,3},1)*1): formualizer 9, ironcalc 14
SUMPRODUCT(MID(A1,{1,2,3},1)*{1,3,9}): formualizer 117, ironcalc 48
SUMPRODUCT(LEN(A1:A2)): formualizer 18, ironcalc 21
SUMPRODUCT(--(LEN(A1:A2)=3)): formualizer 0, ironcalc 1
SUMPRODUCT(LEFT(A3:A5,1)*1): formualizer 1, ironcalc 12
SUMPRODUCT((A3:A5>50)*A3:A5): formualizer 420, ironcalc 420
SUMPRODUCT(ISNUMBER(A1:A5)*1): formualizer 0, ironcalc 0
COUNT(A1:A5): formualizer 3, ironcalc 3
TEXT
env/bin/python count.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: formualizer 0.13.0, ironcalc 0.9.1"
