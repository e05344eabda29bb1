"""A PostgreSQL of its own for a rival, with the enterprises of an edition in one table."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import lib


@contextlib.contextmanager
def server():
    """A server on a free port, with room in memory for all of it; its process and its address. Ends with the block."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]))
    if not found:
        raise FileNotFoundError("PostgreSQL is missing: apt-get install postgresql")
    tools = found[-1].parent
    folder = tempfile.mkdtemp(prefix="huitu-rival-")
    # Servers refuse to run as root.
    who = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if who:
        shutil.chown(folder, "postgres", "postgres")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    subprocess.run([tools / "initdb", "-D", folder + "/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"], check=True, **quiet, **who)
    port = lib.free_port()
    settings = ["listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}", "shared_buffers=1GB", "jit=off", "fsync=off"]
    options = [word for setting in settings for word in ("-c", setting)]
    one = subprocess.Popen([tools / "postgres", "-D", folder + "/data", *options], **quiet, **who)
    try:
        lib.until_open(port, one)
        yield one, f"postgres://postgres@127.0.0.1:{port}/postgres", tools.parent.name
    finally:
        one.terminate()
        one.wait()
        shutil.rmtree(folder, ignore_errors=True)


def psql(address, sql, **more):
    return subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", address, "-c", sql], check=True, text=True, **more)


COLUMNS = ["id", "name", "credit_code", "employees", "status", "address", "in_gap", "priority", "town", "longitude", "latitude"]


def fill(address, folder):
    """The enterprises of an edition in the table `enterprise`, with the indexes that the questions call for."""
    csv = lib.KEPT / "data" / "enterprises.csv"
    made = (
        "import pyarrow as pa, pyarrow.csv as out, sys\n"
        "sys.path.insert(0, sys.argv[4])\n"
        "import counting\n"
        "rows = counting.table(sys.argv[1]).select(sys.argv[3].split(','))\n"
        "words = [i for i, f in enumerate(rows.schema) if pa.types.is_dictionary(f.type)]\n"
        "for i in words: rows = rows.set_column(i, rows.schema.field(i).name, rows.column(i).cast(pa.string()))\n"
        "out.write_csv(rows, sys.argv[2])\n"
    )
    python = lib.python("counting", ["duckdb==2.0.1", "polars==2.1.0", "pyarrow==26.0.1"])
    lib.run([python, "-c", made, folder, csv, ",".join(COLUMNS), lib.HERE])
    psql(
        address,
        "CREATE TABLE enterprise (id text PRIMARY KEY, name text NOT NULL, credit_code text, employees int, status text, address text, "
        "in_gap boolean NOT NULL, priority real NOT NULL, town int, longitude float8, latitude float8)",
    )
    with open(csv, encoding="utf-8") as rows:
        psql(address, "COPY enterprise FROM STDIN (FORMAT csv, HEADER)", stdin=rows)
    psql(address, "CREATE INDEX ON enterprise (priority DESC, id) WHERE in_gap; CREATE INDEX ON enterprise (in_gap, employees); CREATE INDEX ON enterprise (employees)")
    psql(address, "VACUUM (ANALYZE, FREEZE) enterprise")
    csv.unlink()
