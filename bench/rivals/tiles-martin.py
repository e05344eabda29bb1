#!/usr/bin/env python3
"""martin over PostGIS against `huitu serve`: tiles of the gap list, none of them twice.

martin is compiled by whoever wants to measure it (`cargo install martin --version 1.14.0 --locked --no-default-features --features postgres`:
some 400 crates and a C compiler); HUITU_MARTIN names the program. PostGIS: apt-get install postgresql-15-postgis-3."""

import http.client
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import lib
import postgres

VERSION = "1.14.0"
ROWS = lib.size("ROWS", 500_000)
WORK = "tiles of the gap list at zoom 13 and 14"
# Around the middle of the invented city: every tile once.
TILES = [(13, 6740 + x, 3100 + y) for x in range(8) for y in range(8)] + [(14, 13482 + x, 6200 + y) for x in range(12) for y in range(12)]


def ask(port, paths):
    """Fetches one tile after another on one connection: their sizes, and the seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    sizes, began = [], time.monotonic()
    for path in paths:
        connection.request("GET", path, headers={"accept-encoding": "identity"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status not in (200, 204):
            raise RuntimeError(f"{path}: {answer.status} {body[:200]}")
        sizes.append(len(body))
    return sizes, time.monotonic() - began


def measured(port, paths, servers):
    ask(port, paths[:4])
    before = sum(lib.cpu_of(server.pid) for server in servers)
    sizes, wall = ask(port, paths[4:])
    spent = sum(lib.cpu_of(server.pid) for server in servers) - before
    memory = sum(lib.memory_of(server.pid) for server in servers)
    count = len(paths) - 4
    return {"cpu_s": spent / count, "wall_s": wall / count, "peak_mb": memory, "bytes": sum(sizes) // count}


def main():
    martin = os.environ.get("HUITU_MARTIN") or shutil.which("martin")
    if not martin:
        lib.left_out("martin", VERSION, WORK, "no program here; it was not compiled (see tiles-martin.py)")
        return
    folder, served = lib.edition(ROWS), tempfile.mkdtemp(prefix="huitu-rival-")
    with postgres.server() as (database, address, release):
        try:
            postgres.psql(address, "CREATE EXTENSION postgis", stderr=subprocess.DEVNULL)
        except subprocess.CalledProcessError:
            lib.left_out("martin", VERSION, WORK, f"PostGIS is missing: apt-get install postgresql-{release}-postgis-3")
            return
        postgres.fill(address, folder)
        postgres.psql(
            address,
            "CREATE TABLE gap AS SELECT id, name, priority, employees, ST_Transform(ST_SetSRID(ST_MakePoint(longitude, latitude), 4326), 3857) "
            "AS place FROM enterprise WHERE in_gap AND longitude IS NOT NULL; "
            "ALTER TABLE gap ALTER place TYPE geometry(Point, 3857); CREATE INDEX ON gap USING gist (place); DROP TABLE enterprise; ANALYZE gap",
        )
        port, ours = lib.free_port(), lib.free_port()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        tiles = subprocess.Popen([martin, "--listen-addresses", f"127.0.0.1:{port}", "--cache-size", "0", address], **quiet)
        Path(served, "editions").mkdir()
        shutil.copytree(folder, Path(served, "editions", folder.name), copy_function=os.link)
        hub = subprocess.Popen([lib.program(), "serve", "--demo", "--data", served, "--listen", f"127.0.0.1:{ours}"], **quiet)
        try:
            lib.until_open(port, tiles)
            lib.until_open(ours, hub)
            rival = measured(port, [f"/gap/{z}/{x}/{y}" for z, x, y in TILES], [tiles, database])
            huitu = measured(ours, [f"/tiles/gap/{z}/{x}/{y}.mvt" for z, x, y in TILES], [hub])
            lib.line("martin", f"{VERSION}, PostgreSQL {release}", WORK, ROWS, rival, huitu)
        finally:
            for server in (tiles, hub):
                server.terminate()
                server.wait()
            shutil.rmtree(served, ignore_errors=True)


if __name__ == "__main__":
    main()
