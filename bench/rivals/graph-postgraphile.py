#!/usr/bin/env python3
"""PostGraphile 5 on Node 22 over PostgreSQL against `huitu serve`: a page of fifty and its total, another filter every time.

huitu writes a row of its audit before each answer; PostGraphile has none."""

import http.client
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import lib
import postgres

VERSION = "5.1.5"
NEEDS = [f"postgraphile@{VERSION}", "node@22"]
ROWS = lib.size("ROWS", 500_000)
# Of PostGraphile without plugins: a condition is equality.
THEIRS = """query ($first: Int, $employees: Int) {
  allEnterprises(first: $first, condition: { inGap: true CONDITION }, orderBy: [PRIORITY_DESC, PRIMARY_KEY_ASC])
  { totalCount nodes { id name creditCode employees status address } } }"""
OURS = """query ($first: Int, $employees: Int) {
  gap(first: $first FILTER) { totalCount nodes { id name creditCode employees status address } } }"""
# No question twice: kept answers would be no measure. The first pages are of 1 to 100 enterprises, 50 on average.
WORK = [
    ("the gap page of 50 × 6 fields with its total, over HTTP", "", "", [{"first": n} for n in range(1, 101)]),
    (
        "the same of enterprises of one size",
        ", employees: $employees",
        ", filter: { employees: { gte: $employees, lte: $employees } }",
        [{"first": 50, "employees": n} for n in range(20, 120)],
    ),
]


def ask(port, question, variables):
    """Asks one question after another on one connection: the totals, and the seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    totals, began = [], time.monotonic()
    for of in variables:
        body = json.dumps({"query": question, "variables": of})
        connection.request("POST", "/graphql", body, {"content-type": "application/json", "accept": "application/json"})
        answer = json.loads(connection.getresponse().read())
        if answer.get("errors"):
            raise RuntimeError(answer["errors"])
        [found] = answer["data"].values()
        totals.append((found["totalCount"], len(found["nodes"])))
    return totals, time.monotonic() - began


def measured(port, question, variables, servers):
    """CPU and wall seconds of one question, and memory, of servers that have answered before."""
    ask(port, question, [{**of, "first": of["first"] + 101} for of in variables[:20]])
    before = sum(lib.cpu_of(server.pid) for server in servers)
    totals, wall = ask(port, question, variables)
    spent = sum(lib.cpu_of(server.pid) for server in servers) - before
    memory = sum(lib.memory_of(server.pid) for server in servers)
    return totals, {"cpu_s": spent / len(variables), "wall_s": wall / len(variables), "peak_mb": memory}


PRESET = """import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makeV4Preset } from "postgraphile/presets/v4";
import { makePgService } from "postgraphile/adaptors/pg";
export default {
  extends: [PostGraphileAmberPreset, makeV4Preset({ dynamicJson: true })],
  pgServices: [makePgService({ connectionString: process.env.DATABASE_URL, schemas: ["public"] })],
  grafast: { explain: false },
  grafserv: { port: Number(process.env.PORT), host: "127.0.0.1", graphqlPath: "/graphql", watch: false },
};
"""


def main():
    folder = lib.edition(ROWS)
    place = lib.node("postgraphile", NEEDS)
    (place / "preset.mjs").write_text(PRESET)
    node, served = place / "node_modules/node/bin/node", tempfile.mkdtemp(prefix="huitu-rival-")
    with postgres.server() as (database, address, release):
        postgres.fill(address, folder)
        port, ours = lib.free_port(), lib.free_port()
        environment = {**os.environ, "DATABASE_URL": address, "PORT": str(port), "NODE_ENV": "production", "GRAPHILE_ENV": "production"}
        command = [node, place / "node_modules/postgraphile/dist/cli-run.js", "-C", place / "preset.mjs", "-n", "127.0.0.1", "-p", str(port)]
        graph = subprocess.Popen(command, cwd=place, env=environment, stdout=subprocess.DEVNULL)
        # The edition alone, in a folder of its own: what is kept of answers and audit goes with it.
        Path(served, "editions").mkdir()
        shutil.copytree(folder, Path(served, "editions", folder.name), copy_function=os.link)
        hub = subprocess.Popen(
            [lib.program(), "serve", "--demo", "--data", served, "--listen", f"127.0.0.1:{ours}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            lib.until_open(port, graph)
            lib.until_open(ours, hub)
            for what, condition, narrower, variables in WORK:
                declared = "$first: Int, $employees: Int" if condition else "$first: Int"
                text = lambda question: question.replace("$first: Int, $employees: Int", declared)
                theirs, mine = text(THEIRS.replace(" CONDITION", condition)), text(OURS.replace(" FILTER", narrower))
                rival_totals, rival = measured(port, theirs, variables, [graph, database])
                huitu_totals, huitu = measured(ours, mine, variables, [hub])
                if rival_totals != huitu_totals:
                    raise RuntimeError(f"the answers differ: {rival_totals[:5]} {huitu_totals[:5]}")
                lib.line("PostGraphile", f"{VERSION}, PostgreSQL {release}", what, ROWS, rival, huitu)
        finally:
            for server in (graph, hub):
                server.terminate()
                server.wait()
            shutil.rmtree(served, ignore_errors=True)


if __name__ == "__main__":
    main()
