#!/usr/bin/env python3
"""dlt into SQLite, from a CSV file and from JSON pages over HTTP, against `huitu bench pull`.

Both keep every row under its key, and note what they loaded; dlt compares no row with the one before (`replace`)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import lib

VERSION = "1.31.0"
NEEDS = [f"dlt[sqlalchemy]=={VERSION}", "pyarrow==26.0.1", "pandas==3.1.1"]
ROWS = lib.size("PULL", 100_000)
TOKEN = "simulated-token"


def inside(way, place, folder):
    # Its default for names makes one and the same column, "x", of every Chinese heading.
    os.environ.update(SCHEMA__NAMING="direct", RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="ERROR")
    import dlt
    from dlt.sources.filesystem import filesystem, read_csv
    from dlt.sources.rest_api import rest_api_resources

    store = Path(folder) / "store.db"
    pipeline = dlt.pipeline("rival", destination=dlt.destinations.sqlalchemy(f"sqlite:///{store}"), dataset_name="main", pipelines_dir=folder)
    if way == "CSV":
        rows = (filesystem(Path(place).parent.as_uri(), file_glob=Path(place).name) | read_csv(dtype=str, chunksize=20_000)).with_name("commerce")
        rows.apply_hints(primary_key="记录号", write_disposition="replace")
    else:
        pages = {"type": "page_number", "base_page": 1, "page_param": "page", "total_path": None, "stop_after_empty_page": True}
        asked = {"path": "commerce/enterprises", "params": {"size": 1000}, "data_selector": "data.items", "paginator": pages}
        [rows] = rest_api_resources(
            {
                "client": {"base_url": place, "auth": {"type": "bearer", "token": TOKEN}},
                "resources": [{"name": "commerce", "primary_key": "记录号", "write_disposition": "replace", "endpoint": asked}],
            }
        )
    with lib.Spent() as spent:
        pipeline.run(rows)
    import sqlite3

    with sqlite3.connect(store) as database:
        [(count,)] = database.execute("SELECT count(*) FROM commerce").fetchall()
    print(json.dumps({"cpu_s": spent.cpu, "wall_s": spent.wall, "rows": count}))


def compare():
    import tempfile

    case, interpreter = lib.city(ROWS), lib.python("dlt", NEEDS)
    csv = case / "commerce.csv"
    rows = sum(1 for _ in open(csv, encoding="utf-8")) - 1
    port = lib.free_port()
    for way in ["CSV", "HTTP JSON"]:
        with tempfile.TemporaryDirectory() as folder:
            if way == "CSV":
                rival = lib.rival(__file__, interpreter, way, str(csv), folder)
            else:
                served = [lib.program(), "simulate", "--served", "-n", str(ROWS), "--seed", "7", "--at", f"127.0.0.1:{port}", "--rate", "0"]
                server = subprocess.Popen([*served, "--out", folder + "/served"], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
                try:
                    lib.until_open(port, server)
                    rival = lib.rival(__file__, interpreter, way, f"http://127.0.0.1:{port}", folder)
                finally:
                    server.terminate()
                    server.wait()
        landed = rival.pop("rows")
        if abs(landed - rows) > rows / 100:
            raise RuntimeError(f"dlt has {landed} rows of {rows}")
        only = [csv.name, "--file", csv] if way == "CSV" else [way]
        said, *_ = lib.run([lib.program(), "bench", "pull", "--rows", 2000 if way == "CSV" else rows, "--only", *only, "--json"])
        first = json.loads(said)[0]
        huitu = {"cpu_s": first["cpu_seconds"], "wall_s": first["seconds"], "peak_mb": first["peak_megabytes"]}
        # Of as many rows: the two ways to a city differ by a few.
        huitu["cpu_s"] *= landed / first["rows"]
        lib.line("dlt", VERSION, f"pulling {way} into SQLite", landed, rival, huitu)


if __name__ == "__main__":
    if "--inside" in sys.argv:
        inside(*sys.argv[2:])
    else:
        compare()
