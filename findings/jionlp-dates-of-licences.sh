#!/usr/bin/env bash
# Packages: jionlp==1.5.31
#
# jionlp reads the dates of business licences as other dates, without an error. 9999年12月31日, which stands for "without end", is the year
# 999; a date in full-width digits is the year 24, all of it; a date with blanks between digits and signs, as word processors set it, is
# the whole year; "twenty years from 1 May 2024" ends in 2020, before it begins; the 38th year of the Republic (1949) is 1938. What
# comes back is an interval like any other. Chinese digits are read rightly.
#
# Seen with jionlp 1.5.31 (newest on 2026-11-27), `parse_time`, the days that the interval begins and ends with:
#   2024年5月1日 2024-05-01 2024-05-01
#   二〇二四年五月一日 2024-05-01 2024-05-01
#   2024 年 5 月 1 日 2024-01-01 2024-12-31
#   ２０２４年５月１日 24-01-01 24-12-31
#   1９９８年１２月３１日 1998-01-01 1998-12-31
#   9999年12月31日 999-12-31 999-12-31
#   2024年5月1日至9999年12月31日 2024-05-01 999-12-31
#   2024年5月1日起20年 2024-05-01 2020-12-31
#   民国38年10月1日 1938-10-01 1938-10-01
#
# Who meets it: whoever takes terms and founding dates from licences, statutes or old files. Helps: NFKC and taking out the blanks
# beforehand mend the blanks and the full-width digits.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check jionlp==1.5.31
cat > dates.py <<'PY'
import time
import unicodedata

import jionlp

now = time.mktime((2026, 11, 27, 0, 0, 0, 0, 0, -1))


def days(text):
    return [moment.split(" ")[0] for moment in jionlp.parse_time(text, time_base=now)["time"]]


for text in (
    "2024年5月1日", "二〇二四年五月一日", "2024 年 5 月 1 日", "２０２４年５月１日", "1９９８年１２月３１日", "9999年12月31日",
    "2024年5月1日至9999年12月31日", "2024年5月1日起20年", "民国38年10月1日",
):
    print(text, *days(text))
for text in ("2024 年 5 月 1 日", "２０２４年５月１日"):
    assert days(unicodedata.normalize("NFKC", text).replace(" ", "")) == ["2024-05-01", "2024-05-01"]
PY
cat > expected.txt <<'TEXT'
2024年5月1日 2024-05-01 2024-05-01
二〇二四年五月一日 2024-05-01 2024-05-01
2024 年 5 月 1 日 2024-01-01 2024-12-31
２０２４年５月１日 24-01-01 24-12-31
1９９８年１２月３１日 1998-01-01 1998-12-31
9999年12月31日 999-12-31 999-12-31
2024年5月1日至9999年12月31日 2024-05-01 999-12-31
2024年5月1日起20年 2024-05-01 2020-12-31
民国38年10月1日 1938-10-01 1938-10-01
TEXT
env/bin/python dates.py 2> log.txt | grep -v '^#' > seen.txt || { tail -3 log.txt; exit 1; }
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: jionlp 1.5.31"
