#!/usr/bin/env bash
# Packages: china-division==2.7.0 pinyin-pro==3.29.4 pypinyin==0.55.0
#
# Behind their city, all 26 districts and counties of the country whose name begins with 长 are read "zhang" by pinyin-pro, the county of
# Changsha in the city of Changsha among them. Alone it reads 25 of them "chang", as they are called, and "zhang" only 长子, as it is called.
# Between a city and such a name the library finds an official: 市长 is a mayor, 区长 and 州长 have their words too. pypinyin errs with
# other names: it reads 15 as "zhang" even alone, having no entry for them, and 20 behind the city.
#
# Seen with pinyin-pro 3.29.4 and pypinyin 0.55.0 (newest on 2026-11-27), names of china-division 2.7.0:
#   26 districts beginning with 长
#   pypinyin: zhang alone 15, behind the city 20
#   pypinyin chang an qu | xi an shi zhang an qu
#   pypinyin chang sha xian | chang sha shi chang sha xian
#   pypinyin zhang feng xian | he fei shi zhang feng xian
#   pinyin-pro: zhang alone 1, behind the city 26
#   pinyin-pro chang an qu | xi an shi zhang an qu
#   pinyin-pro chang sha xian | chang sha shi zhang sha xian
#   pinyin-pro chang feng xian | he fei shi zhang feng xian
# Both take the official's word before the place's (pinyin-pro with each of the three ways of `segmentit`). Where a place is missing from
# the list its first sign falls back to its commonest reading, which pypinyin takes to be "zhang" and pinyin-pro "chang".
#
# Who meets it: whoever makes sort keys, search indices or blocking keys from whole addresses or from firms' names, which begin with the
# city: one place gets two spellings, by what stands before it and by the library on each side. Helps: split off the division first and
# read part by part.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check pypinyin==0.55.0
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact china-division@2.7.0 pinyin-pro@3.29.4
cat > districts.py <<'PY'
import json
import sys

from pypinyin import lazy_pinyin

read = {}
for level in ("cities", "areas"):
    with open(f"node_modules/china-division/dist/{level}.json", encoding="utf-8") as file:
        read[level] = json.load(file)
city = {c["code"]: c["name"] for c in read["cities"]}
districts = [(city[a["cityCode"]], a["name"]) for a in read["areas"] if a["name"].startswith("长")]
with open("districts.json", "w", encoding="utf-8") as file:
    json.dump(districts, file)


def zhang(pairs):
    return sum(syllables[at] == "zhang" for syllables, at in pairs)


alone = zhang((lazy_pinyin(name), 0) for _, name in districts)
behind = zhang((lazy_pinyin(city + name), len(city)) for city, name in districts)
print(f"{len(districts)} districts beginning with 长")
print(f"pypinyin: zhang alone {alone}, behind the city {behind}")
for pair in (("西安市", "长安区"), ("长沙市", "长沙县"), ("合肥市", "长丰县")):
    print("pypinyin", " ".join(lazy_pinyin(pair[1])), "|", " ".join(lazy_pinyin("".join(pair))))
PY
cat > districts.js <<'JS'
import { readFileSync } from "node:fs";
import { pinyin } from "pinyin-pro";

const read = (text) => pinyin(text, { toneType: "none", type: "array" });
const districts = JSON.parse(readFileSync("districts.json"));
const alone = districts.filter(([, name]) => read(name)[0] === "zhang").length;
const behind = districts.filter(([city, name]) => read(city + name)[city.length] === "zhang").length;
console.log(`pinyin-pro: zhang alone ${alone}, behind the city ${behind}`);
for (const [city, name] of [["西安市", "长安区"], ["长沙市", "长沙县"], ["合肥市", "长丰县"]]) {
  console.log("pinyin-pro", read(name).join(" "), "|", read(city + name).join(" "));
}
JS
cat > expected.txt <<'TEXT'
26 districts beginning with 长
pypinyin: zhang alone 15, behind the city 20
pypinyin chang an qu | xi an shi zhang an qu
pypinyin chang sha xian | chang sha shi chang sha xian
pypinyin zhang feng xian | he fei shi zhang feng xian
pinyin-pro: zhang alone 1, behind the city 26
pinyin-pro chang an qu | xi an shi zhang an qu
pinyin-pro chang sha xian | chang sha shi zhang sha xian
pinyin-pro chang feng xian | he fei shi zhang feng xian
TEXT
env/bin/python districts.py > seen.txt
node districts.js >> seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: pypinyin 0.55.0, pinyin-pro 3.29.4"
