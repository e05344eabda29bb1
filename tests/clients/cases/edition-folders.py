# Client: pyarrow, duckdb, polars
# Tried: the folder of an edition that says only what changed, read without a server: every part by each, put together by the kit, equal to a whole one
import os
import subprocess
import tempfile

import duckdb
import polars
import pyarrow
from huitu import editions
from lib import check, end, same

PROGRAM = os.environ["HUITU_BIN"]
data = tempfile.mkdtemp()
city = os.path.join(data, "city")


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments, "--data", os.path.join(data, "hub")], capture_output=True, text=True)
    check(" ".join(arguments[:3]), done.returncode == 0, done.stderr[-300:])
    return done.stdout


registries = ["commerce", "tax", "social_insurance", "statistics", "unions", "payments"]
sources = [word for name in registries for word in ("--source", f"{name}={city}/{name}.csv")]
run("simulate", "-n", "6000", "--format", "csv", "-o", city)
run("sync", *sources)
whole = os.path.join(data, "hub", "editions", "000001")
before = editions.read(whole)
visited = before.filter(pyarrow.compute.field("in_gap"))["id"].to_pylist()[:2]
for enterprise in visited:
    run("finding", "add", enterprise, "--reason", "refused")
run("simulate", "-n", "6000", "--format", "csv", "--day", "1", "-o", city)
run("sync", *sources)
folder = os.path.join(data, "hub", "editions", "000004")
parts = editions.manifest(folder)["parts"]
check("the edition has parts", len(parts) >= 2, parts)

rows = editions.read(folder)
same("every enterprise once", (rows.num_rows, len(set(rows["id"].to_pylist()))), (editions.manifest(folder)["enterprises"],) * 2)
scores = rows["priority"].to_pylist()
check("by falling priority", scores == sorted(scores, reverse=True))
findings = dict(zip(rows["id"].to_pylist(), rows["findings"].to_pylist()))
same("what a visit found", [findings.get(enterprise) for enterprise in visited], [["refused"], ["refused"]])
check("addresses beside the rows", rows["address"].null_count < rows.num_rows and rows["credit_code_raw"].null_count <= rows["credit_code"].null_count)
details = editions.read(folder, "details", ["reasons"])
check("reasons beside the rows", details.num_rows == rows.num_rows and '"c":"' in details["reasons"][0].as_py(), details["reasons"][0].as_py()[:80])
members = editions.read(folder, "members")
check("records beside the rows", members.num_rows == rows.num_rows and members["members"][0].as_py()[0]["registry"] in registries)
same("unions", editions.read(folder, "unions").num_rows, editions.manifest(folder)["unions"])

# The same rows through DuckDB and Polars, put together in one line each.
gap = rows.filter(pyarrow.compute.field("in_gap")).num_rows
same("duckdb: who is on the list", duckdb.sql("SELECT count(*) FROM rows WHERE in_gap").fetchall()[0][0], gap)
same("polars: who is on the list", polars.from_arrow(rows).filter(polars.col("in_gap")).height, gap)
told = {tuple(row) for row in duckdb.sql("SELECT district, count(*) FROM rows WHERE in_gap GROUP BY ALL").fetchall()}
mine = polars.from_arrow(rows).filter(polars.col("in_gap")).group_by("district").len().rows()
same("duckdb and polars: by district", told == set(mine), True)
# What is packed is read by each too, in one block in a small part and in several in a base.
for part in (parts[0], parts[-1]):
    for name in ("particulars", "details", "members"):
        packed = os.path.join(folder, part, f"{name}.arrow")
        read = pyarrow.ipc.open_file(packed).read_all()
        same(f"polars: {part}/{name}", polars.read_ipc(packed).height, read.num_rows)
        same(f"duckdb: {part}/{name}", duckdb.sql("SELECT count(*) FROM read").fetchall()[0][0], read.num_rows)
blocks = pyarrow.ipc.open_file(os.path.join(folder, parts[0], "details.arrow")).num_record_batches
check("a base lies in blocks", blocks > 1, blocks)
end()
