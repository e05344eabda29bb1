#!/usr/bin/env python3
"""An independent recount of an edition: coverage and gap of every enterprise, from its own columns and the list of unions.

    python3 tests/recount.py DATA/editions/000001 [GRACE_MONTHS]

Written from the decision tables, not from the program; reads the Arrow files with pyarrow. Prints what was compared and every
enterprise on which it differs; exit code 0 where all agree, 1 where some differ, 2 where pyarrow is missing.
Covers what an edition holds: findings that cover (already unionised, parent's union) are read from its `findings` column.
"""
import collections
import datetime
import json
import sys

try:
    import pyarrow as pa
    import pyarrow.ipc as ipc
except ImportError:
    print("recount: pyarrow is missing; `pip install pyarrow` in a virtual environment", file=sys.stderr)
    sys.exit(2)

ORDER = ["INDEPENDENT", "PARENT", "JOINT", "FEDERATION", "PREPARING", "POSSIBLE", "NONE"]
OUT = {"not_exist", "closed", "moved", "no_staff", "below", "branch", "individual_business", "grace_period"}
COVERS = {"done_independent": "INDEPENDENT", "already": "INDEPENDENT", "parent_union": "PARENT", "done_joint": "JOINT",
          "done_umbrella": "FEDERATION", "association_union": "FEDERATION"}


def table(folder, name):
    return ipc.open_file(pa.memory_map(f"{folder}/{name}.arrow")).read_all().to_pydict()


def months_later(day, months):
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    last = (datetime.date(year + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1)).day
    return datetime.date(year, month, min(day.day, last))


def recount(folder, grace):
    e, u = table(folder, "enterprises"), table(folder, "unions")
    details = [json.loads(v) for v in table(folder, "details")["verdicts"]]
    as_of = datetime.date.fromisoformat(json.load(open(f"{folder}/manifest.json"))["as_of"])
    number = {id_: row for row, id_ in enumerate(e["id"])}

    # Who is covered by which kind: `covers` are rows, the host first. What says JOINT of its host says JOINT of its list too;
    # a group's union (PARENT) is its host's own; a union of one enterprise that lists others is joint for those.
    links = collections.defaultdict(set)
    for union, (kind, covers) in enumerate(zip(u["kind"], u["covers"])):
        hosted = {link["union"] for row in covers[:1] for link in details[row]["union"]["unions"]}
        has_host = u["id"][union] in hosted and covers and own(details[covers[0]], u["id"][union], kind)
        for place, row in enumerate(covers):
            if place == 0 and has_host:
                links[row].add("INDEPENDENT" if kind == "PARENT" else kind)
            else:
                links[row].add("JOINT" if kind == "INDEPENDENT" else kind)

    differing = []
    for row, id_ in enumerate(e["id"]):
        found = set(links[row])
        head = number.get(e["branch_of"][row])
        steps = 0
        while head is not None and steps < 5:
            if "INDEPENDENT" in links[head]:
                found.add("PARENT")
                break
            head, steps = number.get(e["branch_of"][head]), steps + 1
        found |= {COVERS[f] for f in e["findings"][row] or [] if f in COVERS}
        if details[row]["union"]["possible"]:
            found.add("POSSIBLE")
        union = min(found, key=ORDER.index, default="NONE")

        heads = [n for n in (e["employees"][row], e["insured"][row]) if n is not None]
        founded, kind, name = e["established_on"][row], e["registration_type"][row] or "", e["name"][row]
        branch = any(w in kind for w in ("分公司", "分支机构", "代表处", "代表机构", "办事处")) or name.endswith("分公司")
        if (e["status"][row] in ("DEREGISTERED", "MOVED_OUT") or e["branch_of"][row] or branch
                or e["ownership"][row] == "INDIVIDUAL" or (heads and not any(heads))
                or (founded and as_of < months_later(founded, grace)) or OUT & set(e["findings"][row] or [])):
            gap = "OUT_OF_SCOPE"
        elif union in ("INDEPENDENT", "PARENT"):
            gap = "COVERED"
        elif union in ("JOINT", "FEDERATION"):
            gap = {"ABOVE": "LACKING_INDEPENDENT", "BELOW": "COVERED"}.get(e["size"][row], "UNDECIDED")
        else:
            gap = "UNDECIDED" if union == "POSSIBLE" else "LACKING"
        in_gap = e["size"][row] == "ABOVE" and gap in ("LACKING", "LACKING_INDEPENDENT")
        mine, theirs = (union, gap, in_gap), (e["union"][row], e["gap"][row], e["in_gap"][row])
        if mine != theirs:
            differing.append((id_, name, mine, theirs))
    print(f"edition of {as_of}: {len(e['id'])} enterprises, {len(u['id'])} unions, {sum(e['in_gap'])} on the gap list; "
          f"{len(differing)} differ")
    for id_, name, mine, theirs in differing[:50]:
        print(f"  {id_} {name}: recounted {mine}, edition {theirs}")
    return differing


def own(details, union, kind):
    """Whether a union is the enterprise's own rather than one that lists it first because no host is known."""
    want = "INDEPENDENT" if kind == "PARENT" else kind
    return any(link["union"] == union and link["kind"] == want for link in details["union"]["unions"])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(1 if recount(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 6) else 0)
