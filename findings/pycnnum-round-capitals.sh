#!/usr/bin/env bash
# Packages: cn2an==0.5.24 jionlp==1.5.31 pycnnum==2.1.1
#
# pycnnum reads 一百二十万, 1.2 million, as 10.2 million, and 一千二百万, 12 million, as 1,002 million. Just the round amounts are
# concerned: of the 9,999 whole numbers of ten thousands it reads all wrongly that end in 0 and have two digits that are not 0, and no
# other; 972 in all, the usual registered capitals among them. What it writes itself it reads the same wrong way. It writes short forms
# besides, 二万三 for 23,000, which jionlp's function for money takes for 20,003; of 999 amounts in whole thousands it so reads 891 wrongly.
#
# Seen with pycnnum 2.1.1, cn2an 0.5.24, jionlp 1.5.31 (newest on 2026-11-27):
#   一百二十万 10200000, 三百五十万 30500000, 一千零五十万 100500000, 一千二百万 1002000000
#   read wrongly of 10000 to 99990000: pycnnum 972, cn2an 0, jionlp 0
#   wrong ones are those ending in 0 with two digits not 0: True
#   pycnnum writes 1200000 as 一百二十万 and reads 10200000
#   pycnnum writes 23000 as 二万三; pycnnum 23000, cn2an 23000, jionlp 20003.00
#   of the thousands to 999000 in pycnnum's writing: pycnnum 81, cn2an 0, jionlp 891 read wrongly
#
# Who meets it: whoever reads capital from statutes, licences or scanned forms, where amounts are written out so that nobody can alter
# them. The results look like capitals. Helps: read with cn2an, whose strict mode refuses 二万三 besides.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check cn2an==0.5.24 jionlp==1.5.31 pycnnum==2.1.1
cat > amounts.py <<'PY'
import warnings

import cn2an
import jionlp
import pycnnum

warnings.simplefilter("ignore")


def money(text):
    return jionlp.parse_money(text)["num"]


readers = {"pycnnum": pycnnum.cn2num, "cn2an": lambda text: cn2an.cn2an(text, "smart"), "jionlp": lambda text: float(money(text))}


def wrong(name, amounts, write):
    return [amount for amount in amounts if readers[name](write(amount)) != amount]


print(", ".join(f"{text} {pycnnum.cn2num(text)}" for text in ("一百二十万", "三百五十万", "一千零五十万", "一千二百万")))
round_amounts = [count * 10_000 for count in range(1, 10_000)]
found = {name: wrong(name, round_amounts, cn2an.an2cn) for name in readers}
print("read wrongly of 10000 to 99990000:", ", ".join(f"{name} {len(amounts)}" for name, amounts in found.items()))
expected = [amount for amount in round_amounts if amount % 100_000 == 0 and len(str(amount).strip("0").replace("0", "")) > 1]
print("wrong ones are those ending in 0 with two digits not 0:", found["pycnnum"] == expected)
text = pycnnum.num2cn(1_200_000)
print(f"pycnnum writes 1200000 as {text} and reads {pycnnum.cn2num(text)}")
text = pycnnum.num2cn(23_000)
print(f"pycnnum writes 23000 as {text}; pycnnum {pycnnum.cn2num(text)}, cn2an {cn2an.cn2an(text, 'smart')}, jionlp {money(text)}")
thousands = [count * 1000 for count in range(1, 1000)]
counts = ", ".join(f"{name} {len(wrong(name, thousands, pycnnum.num2cn))}" for name in readers)
print(f"of the thousands to 999000 in pycnnum's writing: {counts} read wrongly")
try:
    cn2an.cn2an("二万三")
    print("cn2an's strict mode takes 二万三 now")
except ValueError:
    pass
PY
cat > expected.txt <<'TEXT'
一百二十万 10200000, 三百五十万 30500000, 一千零五十万 100500000, 一千二百万 1002000000
read wrongly of 10000 to 99990000: pycnnum 972, cn2an 0, jionlp 0
wrong ones are those ending in 0 with two digits not 0: True
pycnnum writes 1200000 as 一百二十万 and reads 10200000
pycnnum writes 23000 as 二万三; pycnnum 23000, cn2an 23000, jionlp 20003.00
of the thousands to 999000 in pycnnum's writing: pycnnum 81, cn2an 0, jionlp 891 read wrongly
TEXT
env/bin/python amounts.py 2> log.txt | grep -v '^#' > seen.txt || { tail -3 log.txt; exit 1; }
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: pycnnum 2.1.1"
