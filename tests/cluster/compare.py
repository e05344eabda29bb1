"""Compares the entities of a cluster with a hub's crosswalk, row by row."""

import csv
import sys

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
