#!/usr/bin/env bash
# Packages: xxhash==4.1.0 mmh3==5.3.1
#
# A seed makes of one hash function many; (row, unit of the row) is then hashed as the row's number under the unit's as seed. XXH3 with 64
# bits does not keep these apart where the number has three or seven digits: seed and text meet by exclusive or before anything is mixed, in
# the same low bits. Row 104 under seed 4 is row 100 under seed 0. Of 900 rows of 64 units each, 57,600, only 7,020 hashes are left; with
# one, two, four, five, six, eight and nine digits none is lost, so that a roll is whole, loses units from its hundredth row on and gains
# them back at its thousandth. XXH64, the same library's older function, loses none, nor does MurmurHash3.
#
# Seen with xxhash 4.1.0 for Python (XXH3 of xxHash 0.8.4; newest on 2026-11-28); the crate xxhash-rust computes the same.
#   lost of xxh3_64 at 1 to 9 digits: 0 0 50580 0 0 0 205200 0 0
#   lost of xxh64 at 1 to 9 digits: 0 0 0 0 0 0 0 0 0
#   lost of mmh3 at 1 to 9 digits: 0 0 0 0 0 0 0 0 0
#   row 104 under seed 4 is row 100 under seed 0: True
# Short texts have paths of their own in XXH3, one to three bytes and four to eight: their bytes are put into one number, and the seed goes
# into the secret that this is combined with. (Rows are taken evenly from all of a length, 9,000 at most.)
#
# Who meets it: whoever keys a record by its short number and a seed that is small itself: parts of a row, partitions, the hash functions of a
# sketch. Helps: hash first, then mix the second number into what came out; or write both into the text.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check xxhash==4.1.0 mmh3==5.3.1
cat > units.py <<'PY'
import mmh3
import xxhash

FUNCTIONS = {
    "xxh3_64": lambda text, seed: xxhash.xxh3_64_intdigest(text, seed=seed),
    "xxh64": lambda text, seed: xxhash.xxh64_intdigest(text, seed=seed),
    "mmh3": lambda text, seed: mmh3.hash128(text, seed),
}
UNITS = range(64)
lost = {}
for name, hashed in FUNCTIONS.items():
    for digits in range(1, 10):
        first, end = 10 ** (digits - 1), 10**digits
        rows = [str(row).encode() for row in range(first, end, max(1, (end - first) // 9000))]
        seen = {hashed(row, unit) for row in rows for unit in UNITS}
        lost.setdefault(name, []).append(len(rows) * len(UNITS) - len(seen))
for name, found in lost.items():
    print(f"lost of {name} at 1 to 9 digits:", *found)
h = FUNCTIONS["xxh3_64"]
print("row 104 under seed 4 is row 100 under seed 0:", h(b"104", 4) == h(b"100", 0))
# What helps: the second number is mixed in afterwards.
mixed = {(h(str(row).encode(), 0) ^ (unit * 0x9E3779B97F4A7C15)) & (2**64 - 1) for row in range(100, 1000) for unit in UNITS}
assert len(mixed) == 900 * len(UNITS)
PY
cat > expected.txt <<'TEXT'
lost of xxh3_64 at 1 to 9 digits: 0 0 50580 0 0 0 205200 0 0
lost of xxh64 at 1 to 9 digits: 0 0 0 0 0 0 0 0 0
lost of mmh3 at 1 to 9 digits: 0 0 0 0 0 0 0 0 0
row 104 under seed 4 is row 100 under seed 0: True
TEXT
env/bin/python units.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: xxhash 4.1.0"
