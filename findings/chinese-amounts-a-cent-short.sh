#!/usr/bin/env bash
# Packages: cn2an==0.5.24 n2words==4.0.0 nzh==1.0.14
#
# Written out in Chinese for an invoice or a deed, three times 8.20 yuan is 24.59 by nzh and by n2words: they cut the number after two
# places, and in binary the product lies a trace below 24.60. Half of such products lose a cent, and 435 comes out as 434.99 if it
# was 4.35 times a hundred; every display that rounds shows the right figure beside it. In the other direction nzh does not know 两, as
# two is said before hundred, thousand and ten thousand, and takes it for nothing: two million is 0, twelve million 10 million. It
# neither raises nor returns NaN, and takes Arabic digits before 万 for nothing, too.
#
# Seen with nzh 1.0.14, n2words 4.0.0, cn2an 0.5.24 (newest on 2026-11-28):
#   3 * 8.2 nzh 贰拾肆元伍角玖分, n2words 贰拾肆圆伍角玖分, toFixed 24.60
#   4.35 * 100 nzh 肆佰叁拾肆元玖角玖分, n2words 肆佰叁拾肆圆玖角玖分, toFixed 435.00
#   1 to 1000 times 8.2, 19.9, 4.35, 1.15: a cent short nzh 2082, n2words 2082 of 4000
#   the same as text of toFixed: nzh 0
#   nzh reads 二百万 2000000, 两百万 0, 一千两百万 10000000, 两万五千 5000, 1200万 0
#   cn2an reads 二百万 2000000, 两百万 2000000, 一千两百万 12000000, 两万五千 25000, 1200万 12000000
#
# Who meets it: whoever fills in the capitals of an amount by quantity and price, and whoever reads capital from statutes with nzh. Helps:
# pass `amount.toFixed(2)` as text, and replace 两 by 二 before `decodeS`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check cn2an==0.5.24
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact n2words@4.0.0 nzh@1.0.14
cat > amounts.js <<'JS'
import { toCurrency } from "n2words/zh-Hans-CN";
import Nzh from "nzh";

const nzh = (amount) => Nzh.cn.toMoney(amount, { outSymbol: false });
const n2words = (amount) => toCurrency(amount, { currency: "CNY" });
const same = (left, right) => left.replace("整", "") === right.replace("整", "");
for (const [quantity, price] of [[3, 8.2], [4.35, 100]]) {
  const amount = quantity * price;
  const [left, right] = quantity === 3 ? ["3", "8.2"] : ["4.35", "100"];
  console.log(`${left} * ${right} nzh ${nzh(amount)}, n2words ${n2words(amount)}, toFixed ${amount.toFixed(2)}`);
}
const short = { nzh: 0, n2words: 0, text: 0 };
let total = 0;
for (const price of [8.2, 19.9, 4.35, 1.15]) {
  const cents = Math.round(price * 100);
  for (let quantity = 1; quantity <= 1000; quantity++, total++) {
    const [exact, less] = [quantity * cents, quantity * cents - 1].map(
      (number) => `${Math.floor(number / 100)}.${String(number % 100).padStart(2, "0")}`,
    );
    for (const [name, write, amount] of [
      ["nzh", nzh, quantity * price], ["n2words", n2words, quantity * price], ["text", nzh, (quantity * price).toFixed(2)],
    ]) {
      if (same(write(amount), write(exact))) continue;
      if (!same(write(amount), write(less))) throw new Error(`${amount} is not a cent short`);
      short[name]++;
    }
  }
}
console.log(`1 to 1000 times 8.2, 19.9, 4.35, 1.15: a cent short nzh ${short.nzh}, n2words ${short.n2words} of ${total}`);
console.log(`the same as text of toFixed: nzh ${short.text}`);
const texts = ["二百万", "两百万", "一千两百万", "两万五千", "1200万"];
console.log("nzh reads", texts.map((text) => `${text} ${Nzh.cn.decodeS(text)}`).join(", "));
JS
cat > amounts.py <<'PY'
import cn2an

texts = ["二百万", "两百万", "一千两百万", "两万五千", "1200万"]
print("cn2an reads", ", ".join(f"{text} {int(cn2an.cn2an(text, 'smart'))}" for text in texts))
PY
cat > expected.txt <<'TEXT'
3 * 8.2 nzh 贰拾肆元伍角玖分, n2words 贰拾肆圆伍角玖分, toFixed 24.60
4.35 * 100 nzh 肆佰叁拾肆元玖角玖分, n2words 肆佰叁拾肆圆玖角玖分, toFixed 435.00
1 to 1000 times 8.2, 19.9, 4.35, 1.15: a cent short nzh 2082, n2words 2082 of 4000
the same as text of toFixed: nzh 0
nzh reads 二百万 2000000, 两百万 0, 一千两百万 10000000, 两万五千 5000, 1200万 0
cn2an reads 二百万 2000000, 两百万 2000000, 一千两百万 12000000, 两万五千 25000, 1200万 12000000
TEXT
node amounts.js > seen.txt
env/bin/python amounts.py >> seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: nzh 1.0.14, n2words 4.0.0"
