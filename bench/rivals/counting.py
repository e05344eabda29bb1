"""What the counting rivals share: the questions that `huitu bench serve` also asks, and the edition's files as Arrow."""

import json
import statistics

import lib

ROWS = lib.size("ROWS", 500_000)
# The figure of `huitu bench serve` of each question, by the question's name here.
QUESTIONS = {
    "the gap page of 50 × 6 fields with its total": "gap page of 50 × 6 fields with exact total",
    "coverage by street × section": "coverage by street × section, over GraphQL",
    "the same of half of the enterprises": "the same of half of them",
    "a range of employees over everything, 50 of them and their number": "a range of employees over everything",
}
TIMES = 15


def table(folder):
    """The enterprises of an edition, mapped, with their addresses, which lie packed in another file row by row."""
    import pyarrow as pa

    read = lambda name: pa.ipc.open_file(pa.memory_map(f"{folder}/{name}.arrow")).read_all()
    return read("enterprises").append_column("address", read("particulars").column("address"))


def state(asked):
    """Asks each question some times and states the median of its CPU seconds. `asked`: question → function that answers with a check."""
    told = {}
    for name, ask in asked.items():
        answer, spent = ask(), []
        for _ in range(TIMES):
            with lib.Spent() as one:
                ask()
            spent.append((one.cpu, one.wall))
        told[name] = {"cpu_s": statistics.median(c for c, _ in spent), "wall_s": statistics.median(w for _, w in spent), "answer": answer}
    print(json.dumps(told, ensure_ascii=False))


def compare(name, version, script, needs):
    folder, interpreter = lib.edition(ROWS), lib.python("counting", needs)
    said, _, _, peak = lib.run([interpreter, script, "--inside", folder])
    theirs, ours = json.loads(said.strip().splitlines()[-1]), lib.huitu_figures(ROWS)
    for question, figure in QUESTIONS.items():
        answer = theirs[question].pop("answer")
        huitu = {"cpu_s": ours["figures"][figure] / 1e3, "wall_s": None, "peak_mb": ours["peak_mb"]}
        lib.line(name, version, question, ROWS, {**theirs[question], "peak_mb": peak, "found": answer}, huitu)
