"""Compares the entities of a cluster with a hub's crosswalk, row by row, and the verdicts of its segments with those of the hub's edition."""

import csv
import glob
import sys

import pyarrow as pa
import pyarrow.parquet as pq

with open(sys.argv[1], encoding="utf-8-sig", newline="") as file:
    one = {(row["registry"], row["record_id"]): row["entity_id"] for row in csv.DictReader(file)}
shared = {}
for row in pq.read_table(sys.argv[2]).to_pylist():
    if row["part"] == 0 and row["entity"]:
        key = (row["registry"], row["key"])
        assert key not in shared, f"{key} is told twice"
        shared[key] = row["entity"]
assert len(one) > 1000, f"too few rows to tell anything: {len(one)}"
differ = [(key, one.get(key), shared.get(key)) for key in one.keys() | shared.keys() if one.get(key) != shared.get(key)]
if differ:
    raise SystemExit(f"{len(differ)} of {len(one)} differ: {differ[:5]}")
print(f"{sys.argv[2]}: {len(one)} records, all as on one machine")

SAID = ["id", "name", "credit_code", "district", "size", "union", "gap", "fund", "priority", "employees", "in_gap"]


def edition(root):
    """What the newest edition says of everybody, whatever its parts."""
    newest = sorted(glob.glob(f"{root}/0*"))[-1]
    files = sorted(glob.glob(f"{newest}/enterprises.arrow") + glob.glob(f"{newest}/*/enterprises.arrow"))
    rows = {}
    for file in files:
        for row in pa.ipc.open_file(file).read_all().select(SAID).to_pylist():
            assert row["id"] not in rows, f"{row['id']} stands in two segments"
            rows[row["id"]] = row
    return rows


if len(sys.argv) > 4:
    hub, shared = edition(sys.argv[3]), edition(sys.argv[4])
    assert hub.keys() == shared.keys(), f"other enterprises: {list(hub.keys() ^ shared.keys())[:5]}"
    differ = [(hub[id], shared[id]) for id in hub if hub[id] != shared[id]]
    # Heads, groups and pairs for a person are not told to a cluster: whom they decide about is judged otherwise there.
    tied = {"PARENT", "POSSIBLE"}
    unexplained = [(a, b) for a, b in differ if a["union"] not in tied and a["gap"] != "OUT_OF_SCOPE"]
    assert not unexplained, f"{len(unexplained)} judged otherwise: {unexplained[:3]}"
    print(f"{sys.argv[4]}: {len(hub)} enterprises, {len(differ)} of them judged otherwise, as heads, groups and pairs are not told")
