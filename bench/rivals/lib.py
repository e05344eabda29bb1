"""What the scripts of this folder share: environments, data, measuring, and the line that each prints.

A script is started twice: by the system's Python, which makes the environment and the data and runs both sides in turn, and by the Python
of that environment, with --inside, as the rival. Only the standard library here."""

import csv
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
TREE = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or TREE / "target")
# Environments and data stay for the next run; `rm -r` is all that it takes to be rid of them.
KEPT = Path(os.environ.get("HUITU_RIVALS") or TARGET / "rivals").resolve()
REGISTRIES = ["commerce", "tax", "social_insurance", "statistics", "unions"]
# One connection, one question after another.
QUESTIONS = 200


def program():
    """The program: HUITU_BIN, else the release build."""
    found = Path(os.environ.get("HUITU_BIN") or TARGET / "release" / "huitu").resolve()
    if not found.exists():
        sys.exit(f"there is no program at {found}: make build, or name it in HUITU_BIN")
    return str(found)


def size(name, otherwise):
    """How large one kind of data is: HUITU_RIVALS_LINK, _PULL, _ROWS."""
    return int(os.environ.get(f"HUITU_RIVALS_{name}") or otherwise)


def note(text):
    print(text, file=sys.stderr, flush=True)


# --- environments


def python(name, needs):
    """The Python of an environment of its own with the packages of these versions."""
    folder = KEPT / "python" / name
    wanted = "\n".join(needs)
    told = folder / "needs.txt"
    if not told.exists() or told.read_text() != wanted:
        note(f"installing {' '.join(needs)}")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(folder / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", *needs], check=True)
        told.write_text(wanted)
    return str(folder / "bin/python")


def node(name, needs):
    """The folder of an environment of its own with the packages of npm."""
    folder = KEPT / "node" / name
    told = folder / "needs.txt"
    wanted = "\n".join(needs)
    if not told.exists() or told.read_text() != wanted:
        note(f"installing {' '.join(needs)}")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *needs], cwd=folder, check=True, stdout=sys.stderr)
        told.write_text(wanted)
    return folder


# --- measuring


class Spent:
    """CPU seconds (of this process and of its ended children) and wall seconds of a block."""

    def __enter__(self):
        self.began, self.before = time.monotonic(), self.cpu_now()
        return self

    def __exit__(self, *_):
        self.wall, self.cpu = time.monotonic() - self.began, self.cpu_now() - self.before

    @staticmethod
    def cpu_now():
        of = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(u.ru_utime + u.ru_stime for u in of)


def run(command, **more):
    """Runs a program to its end: what it printed, its CPU and wall seconds and the peak of its resident memory in MB."""
    began = time.monotonic()
    child = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True, **more)
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {child.returncode}: {said[-2000:]}")
    return said, used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1024


def rival(script, interpreter, *words):
    """The script itself as the rival, in its environment: what it states in its last line, with the peak of the process."""
    said, cpu, wall, peak = run([interpreter, script, "--inside", *words])
    stated = json.loads(said.strip().splitlines()[-1])
    return {"cpu_s": cpu, "wall_s": wall, **stated, "peak_mb": peak}


def processes(root):
    """A process and all below it."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, left = [], [root]
    while left:
        found.append(left.pop())
        left += children.get(found[-1], [])
    return found


def cpu_of(root):
    """CPU seconds of a server: its processes, and those of its own that have ended."""
    ticks = 0
    for process in processes(root):
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_of(root):
    """Proportional resident memory of a server in MB: pages that its processes share are counted once."""
    kilobytes = 0
    for process in processes(root):
        try:
            told = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        kilobytes += sum(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:"))
    return kilobytes / 1024


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def until_open(port, server):
    """Waits until a server accepts connections."""
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not open its port within a minute")


# --- data


def city(enterprises):
    """Five extracts of a simulated city, and their truth beside them where no program that links looks."""
    folder = KEPT / "data" / f"city-{enterprises}"
    if not (folder / "whole").exists():
        run([program(), "simulate", "-n", enterprises, "--seed", 7, "--format", "csv", "--out", folder])
        for name in folder.glob("*.csv"):
            if name.stem not in REGISTRIES:
                name.unlink()
        (folder / "whole").touch()
    return folder


def linkage_quality(case, crosswalk):
    """Pairwise F1 over all records, and over the pairs of which a side has no usable identifier."""
    place = {}
    with open(crosswalk, encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            place[row["registry"], row["record_id"]] = row["entity_id"]
    all_records, with_id = [], []
    with open(case / "truth" / "truth.csv", encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            if row["registry"] not in REGISTRIES:
                continue
            key = (row["registry"], row["record_id"])
            pair = (row["entity_id"], place.get(key, key))
            all_records.append(pair)
            if row["has_id"] == "1":
                with_id.append(pair)
    pairs = lambda counted: sum(n * (n - 1) // 2 for n in counted.values())
    counted = lambda items: tuple(pairs(Counter(which(i) for i in items)) for which in (lambda i: i, lambda i: i[0], lambda i: i[1]))
    f1 = lambda both, true, told: round(2 * both / max(1, true + told), 4)
    whole, easy = counted(all_records), counted(with_id)
    return {"f1": f1(*whole), "hard_f1": f1(*(a - b for a, b in zip(whole, easy)))}


def edition(rows):
    """The folder of an edition of generated facts, as `huitu bench serve` writes it."""
    data = KEPT / "data" / "serve"
    folder = data / f"bench-{rows}" / "editions" / "000001"
    if not (folder / "manifest.json").exists():
        note(f"writing an edition of {rows:,} enterprises")
        run([program(), "--data", data, "bench", "serve", "--rows", rows])
    return folder


def huitu_figures(rows):
    """Milliseconds of CPU by question, of a process that only opened the edition. Kept for all scripts of one run."""
    told = KEPT / "data" / f"figures-{rows}.json"
    run_id = os.environ.get("HUITU_RIVALS_RUN")
    if run_id and told.exists():
        kept = json.loads(told.read_text())
        if kept["run"] == run_id:
            return kept
    edition(rows)
    said, _, _, peak = run([program(), "--data", KEPT / "data" / "serve", "bench", "serve", "--rows", rows, "--json"])
    kept = {"run": run_id, "peak_mb": peak, "figures": {f["what"]: f["value"] for f in json.loads(said)}}
    told.write_text(json.dumps(kept))
    return kept


# --- the line


def line(name, version, work, rows, rival, huitu):
    """Prints what was measured. Each side: cpu_s, wall_s and peak_mb, None where it has none, and what else there is to say of it."""
    rounded = lambda side: {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in side.items()}
    ratio = rival["cpu_s"] / max(huitu["cpu_s"], 1e-9)
    told = {"name": name, "version": version, "work": work, "rows": rows, "rival": rounded(rival), "huitu": rounded(huitu)}
    print(json.dumps({**told, "ratio": float(f"{ratio:.3g}")}, ensure_ascii=False), flush=True)


def left_out(name, version, work, reason):
    """Says that there was nothing to measure, and why."""
    print(json.dumps({"name": name, "version": version, "work": work, "left_out": reason}, ensure_ascii=False), flush=True)
