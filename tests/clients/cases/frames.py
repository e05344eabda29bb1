# Client: pyarrow, duckdb, polars, pandas
# Tried: Arrow, CSV and NDJSON exports read and joined: types, codes as text, money as decimals, days as days, the edition in the metadata, the same rows in each
import datetime
import decimal
import io
import json
import os

import duckdb
import pandas
import polars
import pyarrow
from lib import HUB, ask, check, end, folder, get, same

COLUMNS = "id,name,creditCode,establishedOn,employees,revenueYuan,area.code,priority,membersExceedStaff"
_, headers, arrow = get(f"/export/enterprises.arrow?columns={COLUMNS}")
table = pyarrow.ipc.open_stream(io.BytesIO(arrow)).read_all()
same("pyarrow: every row", table.num_rows, int(headers["x-huitu-rows"]))
kinds = {field.name: str(field.type) for field in table.schema}
print("     ", kinds)
code, day, count, money = (list(kinds)[at] for at in (2, 3, 4, 5))
check("pyarrow: text, day, integer, decimal", kinds[code] in ("string", "large_string") and kinds[day].startswith("date32") and kinds[count].startswith("int") and kinds[money].startswith("decimal128"))
metadata = {k.decode(): v.decode() for k, v in table.schema.metadata.items()}
check("pyarrow: edition and question in the metadata", metadata["huitu.edition"] == "2" and "revenueYuan" in metadata["huitu.query"], metadata)
truth = ask("{ enterprises(first: 500) { totalCount nodes { id creditCode creditCodeRaw employees revenueYuan establishedOn } } }")["enterprises"]
rows = table.to_pylist()
same("pyarrow: the graph's values", [(r["id"], r[code], r[count]) for r in rows[:500]], [(e["id"], e["creditCode"] or e["creditCodeRaw"], e["employees"]) for e in truth["nodes"]])
same("pyarrow: money to the fen", [r[money] for r in rows[:500]], [e["revenueYuan"] and decimal.Decimal(e["revenueYuan"]) for e in truth["nodes"]])
same("pyarrow: days", [r[day] for r in rows[:500]], [e["establishedOn"] and datetime.date.fromisoformat(e["establishedOn"]) for e in truth["nodes"]])

digits = [r[code] for r in rows if r[code] and r[code].isdigit()]
check("codes of digits only are among them", len(digits) > 20, len(digits))

# Polars.
frame = polars.from_arrow(table)
same("polars: types", [str(frame.schema[name]) for name in (code, day, count)], ["String", "Date", "Int64"])
csv = get(f"/export/enterprises.csv?columns={COLUMNS}&lang=en&codes=plain")[2]
read = polars.read_csv(csv, infer_schema=False)
same("polars: the codes of a plain CSV as text", read.to_series(2).to_list(), [r[code] for r in rows])
lines = polars.read_ndjson(io.BytesIO(get("/export/enterprises.ndjson?columns=id,creditCode,employees")[2]))
same("polars: NDJSON has the same rows", lines["id"].to_list(), [r["id"] for r in rows])

# pandas.
frame = table.to_pandas()
check("pandas: codes stay text", all(isinstance(value, str) for value in frame[code].dropna()))
read = pandas.read_csv(io.BytesIO(csv), dtype=str, keep_default_na=False)
same("pandas: the plain CSV", list(read.iloc[:, 2]), [r[code] or "" for r in rows])
guessed = pandas.read_csv(io.BytesIO(csv))
same("pandas: codes survive guessing too, since some have letters", [value for value in guessed.iloc[:, 2].dropna() if not isinstance(value, str)], [])
lines = pandas.read_json(io.BytesIO(get("/export/gap.ndjson?columns=id,creditCode")[2]), lines=True, dtype=False)
check("pandas: codes in NDJSON stay text", all(isinstance(value, str) for value in lines["creditCode"].dropna()), len(lines))

# DuckDB, over files as an analyst has them.
place = folder()
for name, data in (("list.csv", csv), ("list.ndjson", get("/export/enterprises.ndjson?columns=id,creditCode,employees,area.code")[2]), ("coverage.json", get("/geo/districts.geojson")[2])):
    with open(os.path.join(place, name), "wb") as file:
        file.write(data)
db = duckdb.connect()
db.register("enterprises", table)
same("duckdb: counts an Arrow table", db.execute(f'select count(*), count(distinct "{code}") from enterprises').fetchone(), (len(rows), len({r[code] for r in rows if r[code]})))
types = {row[0]: row[1] for row in db.execute("describe enterprises").fetchall()}
check("duckdb: types", types[code] == "VARCHAR" and types[day] == "DATE" and types[count] == "BIGINT" and types[money].startswith("DECIMAL"), types)
sniffed = db.execute(f"select * from read_csv('{place}/list.csv')")
same("duckdb: codes of a plain CSV are whole by its own guess", [str(row[2]) for row in sniffed.fetchall()], [str(r[code]) for r in rows])
joined = db.execute(f"""
  with areas as (select unnest(features).properties as p from read_json('{place}/coverage.json', maximum_object_size = 50000000))
  select count(*), sum(p.inGap)::int from areas""").fetchone()
same("duckdb: GeoJSON adds up", joined[1], ask("{ gap(first: 0) { totalCount } }")["gap"]["totalCount"])
first = json.loads(open(os.path.join(place, "list.ndjson"), encoding="utf8").readline())
same("duckdb: NDJSON", db.execute(f"select count(*) from read_ndjson('{place}/list.ndjson')").fetchone()[0], len(rows))
check("NDJSON: numbers are numbers, codes are texts", isinstance(first["creditCode"], str) and (first["employees"] is None or isinstance(first["employees"], int)), first)
end()
