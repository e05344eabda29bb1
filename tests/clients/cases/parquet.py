# Client: pyarrow, duckdb, polars
# Tried: `huitu export edition` and /export/gap.parquet: one row for each enterprise, typed columns, reasons, edition and question in the file's metadata; a query over the file; a part of the city
import datetime
import decimal
import io
import json
import os

import duckdb
import polars
import pyarrow.parquet
from lib import ask, check, copied, end, folder, get, huitu, same

data, place = copied(), folder()
path = os.path.join(place, "edition.parquet")
done = huitu("export", "edition", "--data", data, "-o", path)
same("it is written", (done.returncode, done.stderr.strip().split(":")[-1].strip()), (0, f"{ask('{ enterprises(first: 0) { totalCount } }')['enterprises']['totalCount']} enterprises"))
file = pyarrow.parquet.ParquetFile(path)
table = file.read()
kinds = {field.name: str(field.type) for field in table.schema}
same("pyarrow: types", [kinds[name] for name in ("creditCode", "establishedOn", "employees", "revenueYuan", "longitude", "membersExceedStaff", "gapSince")], ["string", "date32[day]", "int64", "decimal128(18, 2)", "double", "bool", "date32[day]"])
plain = {key.decode(): value.decode() for key, value in file.metadata.metadata.items()}
check("pyarrow: edition, day and question in the file", plain["huitu.edition"] == "2" and plain["huitu.asOf"] and plain["huitu.query"].startswith("enterprises.parquet?"), plain["huitu.query"][:80])
same("pyarrow: and in the schema", table.schema.metadata[b"huitu.edition"], b"2")
same("packed with Zstandard", file.metadata.row_group(0).column(0).compression, "ZSTD")
truth = ask("{ enterprises(first: 500) { totalCount nodes { id creditCode creditCodeRaw employees revenueYuan establishedOn gap { status reasons { code } } designatedSize { reasons { code } } } } }")["enterprises"]
rows = {row["id"]: row for row in table.to_pylist()}
same("every enterprise once", (table.num_rows, len(rows)), (truth["totalCount"],) * 2)


def told(e):
    return (e["creditCode"] or e["creditCodeRaw"], e["employees"], e["revenueYuan"] and decimal.Decimal(e["revenueYuan"]), e["establishedOn"] and datetime.date.fromisoformat(e["establishedOn"]), [r["code"] for r in (e["gap"]["reasons"] + e["designatedSize"]["reasons"])])


def kept(row):
    return (row["creditCode"], row["employees"], row["revenueYuan"], row["establishedOn"], row["reasonCodes"].split("; ") if row["reasonCodes"] else [])


wrong = [(kept(rows[e["id"]]), told(e)) for e in truth["nodes"] if kept(rows[e["id"]]) != told(e)]
same("the graph's values, with the codes of their reasons", wrong[:2], [])
check("reasons as texts", sum(bool(row["reasons"]) for row in rows.values()) > 100)

db = duckdb.connect()
same("duckdb: rows", db.execute("select count(*), count(distinct id) from read_parquet(?)", [path]).fetchone(), (len(rows), len(rows)))
same("duckdb: types", [kind for _, kind in db.execute("select column_name, column_type from (describe select establishedOn, employees, revenueYuan from read_parquet(?))", [path]).fetchall()], ["DATE", "BIGINT", "DECIMAL(18,2)"])
metadata = {bytes(key).decode(): bytes(value).decode() for key, value in db.execute("select key, value from parquet_kv_metadata(?)", [path]).fetchall()}
same("duckdb: the edition", metadata["huitu.edition"], "2")
codes = db.execute("select code, count(*) from (select unnest(string_split(reasonCodes, '; ')) as code from read_parquet(?) where gap is not null) group by code order by 2 desc", [path]).fetchall()
check("duckdb: reasons are counted", len(codes) > 3, codes[:4])
frame = polars.read_parquet(path)
same("polars: types", [str(frame.schema[name]) for name in ("creditCode", "establishedOn", "revenueYuan")], ["String", "Date", "Decimal(precision=18, scale=2)"])

narrow = os.path.join(place, "haidian.parquet")
same("a part of the city", huitu("export", "edition", "--data", data, "--area", "110108", "--as-of", "edition:1", "--columns", "id,name,district", "-o", narrow).returncode, 0)
part = pyarrow.parquet.read_table(narrow)
same("its columns and district", (part.column_names, set(part["district"].to_pylist())), (["id", "name", "district"], {"110108"}))
same("its edition", part.schema.metadata[b"huitu.edition"], b"1")
status, headers, body = get("/export/gap.parquet?columns=name,employees")
read = pyarrow.parquet.read_table(io.BytesIO(body))
same("/export/gap.parquet", (status, headers["content-type"], read.num_rows), (200, "application/vnd.apache.parquet", int(headers["x-huitu-rows"])))
empty = pyarrow.parquet.read_table(io.BytesIO(get("/export/gap.parquet?columns=name,employees&text=%E6%B2%A1%E6%9C%89%E8%BF%99%E5%AE%B6")[2]))
same("an empty list has its columns", (empty.num_rows, empty.column_names), (0, ["name", "employees"]))
refused = huitu("export", "edition", "--data", data)
check("without a file it says how", refused.returncode == 1 and "-o edition.parquet" in refused.stderr, refused.stderr.strip())
seen = json.loads(huitu("audit", "search", "--data", data, "--json").stdout)
check("who took it is noted", any(row["way"] == "export" and row["enterprises"] for row in seen), len(seen))
end()
