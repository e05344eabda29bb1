#!/usr/bin/env bash
# Packages: mapbox-vector-tile==2.2.0 numpy==2.4.6 pandas==3.1.1
#
# A district's properties computed with pandas lose their counts on the way into a vector tile, and keep their rates: the sum of a column
# of integers is a numpy integer, which mapbox-vector-tile leaves out without a word, while its mean is a numpy float64, which passes. A
# comparison (numpy's bool) and a float32 are left out as well, and so is a Decimal. What is left looks like a district without data in
# just those fields. `to_dict` and `itertuples` of a frame hand over Python's own numbers and are safe, so it depends on how a number
# was picked. A second surprise is in the values kept: 1.0 is written as the integer 1 if an integer 1 came before it in the layer.
#
# Seen with mapbox-vector-tile 2.2.0 (newest on 2026-11-27), pandas 3.1.1, numpy 2.4.6, each encoded and decoded again:
#   sum and mean {'rate': 0.75}
#   size of a group {}
#   cell by loc {'rate': 0.5}
#   comparison and float32 {}
#   Decimal {}
#   to_dict {'rate': 0.5, 'workers': 10}
#   itertuples {'rate': 0.5, 'workers': 10}
#   1 then 1.0: int int, 1.0 then 1: float float
# The encoder takes str, bool, int and float and skips what is none of them; numpy's float64 is a float to Python, its integers are not
# ints. Values are numbered in a dict, in which 1 and 1.0 are one key.
#
# Who meets it: whoever aggregates registries per district in pandas or geopandas and tiles the result. Helps: pass every value through
# `.item()`, or take the rows from `to_dict("records")`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check mapbox-vector-tile==2.2.0 numpy==2.4.6 pandas==3.1.1
cat > tiles.py <<'PY'
from decimal import Decimal

import mapbox_vector_tile
import numpy as np
import pandas as pd


def tiled(*rows):
    features = [{"geometry": "POINT (10 20)", "properties": row} for row in rows]
    tile = mapbox_vector_tile.decode(mapbox_vector_tile.encode([{"name": "districts", "features": features}]))
    return [feature["properties"] for feature in tile["districts"]["features"]]


def show(name, row):
    print(name, dict(sorted(tiled(row)[0].items())))


firms = pd.DataFrame({"district": ["江汉区", "江汉区"], "workers": [10, 20], "rate": [0.5, 1.0]})
show("sum and mean", {"workers": firms.workers.sum(), "rate": firms.rate.mean()})
show("size of a group", {"firms": firms.groupby("district").size()["江汉区"]})
show("cell by loc", {"workers": firms.loc[0, "workers"], "rate": firms.loc[0, "rate"]})
show("comparison and float32", {"large": (firms.workers > 15)[1], "rate": np.float32(0.5)})
show("Decimal", {"capital": Decimal("12.34")})
plain = firms[["workers", "rate"]]
show("to_dict", plain.to_dict("records")[0])
show("itertuples", next(plain.itertuples(index=False))._asdict())
kinds = [[type(row["v"]).__name__ for row in tiled(*({"v": v} for v in pair))] for pair in ((1, 1.0), (1.0, 1))]
print(f"1 then 1.0: {' '.join(kinds[0])}, 1.0 then 1: {' '.join(kinds[1])}")
assert tiled({"workers": firms.workers.sum().item()}) == [{"workers": 30}]
PY
cat > expected.txt <<'TEXT'
sum and mean {'rate': 0.75}
size of a group {}
cell by loc {'rate': 0.5}
comparison and float32 {}
Decimal {}
to_dict {'rate': 0.5, 'workers': 10}
itertuples {'rate': 0.5, 'workers': 10}
1 then 1.0: int int, 1.0 then 1: float float
TEXT
env/bin/python tiles.py > seen.txt 2> warnings.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
test ! -s warnings.txt || { echo "there is a warning now"; cat warnings.txt; exit 1; }
echo "as described: mapbox-vector-tile 2.2.0"
