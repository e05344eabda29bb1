#!/usr/bin/env python3
"""An independent recount of an edition: union coverage, gap and people of every enterprise, and the counts by any dimension.

    python3 tests/recount.py DATA/editions/000001 [--grace MONTHS] [--store DATA/huitu.sqlite] [--coverage ANSWER.json]
        [--targets ANSWER.json [--before DATA/editions/000000]]

Written from the decision tables, not from the program; reads the Arrow files with pyarrow. With --store, the edition is first
compared with the embedded store's links: every record at its enterprise, every union at its host and its covered units. With
--coverage, the answer of `huitu query` to a question such as

    { coverage(by: [DISTRICT]) { rows { keys { dimension code } enterprises covered independent lacking lackingIndependent
      outOfScope undecided employees members employeesOfUnionised aboveDesignatedSize unions inGap sizeUnknown sizeUnknownLacking } } }

is counted again group by group, federation units among them (`by: [FEDERATION]`, and its streets by `within`). With --targets, the
answer of `huitu query` to

    { targets(year: 2026) { area { code } indicator value done attainment missing } }

is worked out again; net increases from the edition of --before, the last of the year before. Prints what was compared and everything that differs; exit code 0 where all agree, 1 where
something differs, 2 where pyarrow is missing. The default kinds of coverage are taken as counted.
"""
import argparse
import collections
import datetime
import json
import sqlite3
import sys

try:
    import pyarrow as pa
    import pyarrow.ipc as ipc
except ImportError:
    print("recount: pyarrow is missing; `pip install pyarrow` in a virtual environment", file=sys.stderr)
    sys.exit(2)

ORDER = ["INDEPENDENT", "PARENT", "JOINT", "FEDERATION", "PREPARING", "POSSIBLE", "NONE"]
COUNTED = {"INDEPENDENT", "PARENT", "JOINT", "FEDERATION"}
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


class Recount:
    def __init__(self, folder, grace):
        self.folder, self.grace, self.differing = folder, grace, 0
        self.e = table(folder, "enterprises") | table(folder, "particulars")
        self.u = table(folder, "unions") | table(folder, "union_particulars")
        self.dims = table(folder, "dims")
        self.details = [json.loads(v) for v in table(folder, "details")["reasons"]]
        manifest = json.load(open(f"{folder}/manifest.json"))
        self.as_of = datetime.date.fromisoformat(manifest["as_of"])
        # What the verdicts need and no registry brought: nobody in scope is decided without scope, size or coverage.
        self.lacks = {u["verdict"] for u in manifest.get("unmet", [])} & {"SCOPE", "SIZE", "COVERAGE"}
        self.rows = range(len(self.e["id"]))
        self.number = {id_: row for row, id_ in enumerate(self.e["id"])}

    def differs(self, what, mine, theirs):
        self.differing += 1
        if self.differing <= 50:
            print(f"  {what}: recounted {mine}, edition {theirs}")

    def coverage(self):
        """Per row the kinds of coverage, from the list of unions alone."""
        links = collections.defaultdict(set)
        for kind, host, covers in zip(self.u["kind"], self.u["host"], self.u["covers"]):
            # A group's union is its host's own; one enterprise's union that lists others is joint for those.
            if host is not None:
                links[host].add("INDEPENDENT" if kind == "PARENT" and self.own(host, covers) else kind)
            for row in covers:
                if row != host:
                    links[row].add("JOINT" if kind == "INDEPENDENT" else kind)
        return links

    def own(self, host, covers):
        return covers and covers[0] == host and any(link["kind"] == "INDEPENDENT" for link in self.details[host].get("l", []))

    def verdicts(self):
        e, links = self.e, self.coverage()
        for row in self.rows:
            found = set(links[row])
            head, steps = self.number.get(e["branch_of"][row]), 0
            while head is not None and steps < 5:
                if "INDEPENDENT" in links[head]:
                    found.add("PARENT")
                    break
                head, steps = self.number.get(e["branch_of"][head]), steps + 1
            found |= {COVERS[f] for f in e["findings"][row] or [] if f in COVERS}
            if self.details[row].get("p"):
                found.add("POSSIBLE")
            union = min(found, key=ORDER.index, default="NONE")
            heads = [n for n in (e["employees"][row], e["insured"][row]) if n is not None]
            founded, kind, name = e["established_on"][row], e["registration_type"][row] or "", e["name"][row]
            branch = any(w in kind for w in ("分公司", "分支机构", "代表处", "代表机构", "办事处")) or name.endswith("分公司")
            if (e["status"][row] in ("DEREGISTERED", "MOVED_OUT") or e["branch_of"][row] or branch
                    or e["ownership"][row] == "INDIVIDUAL" or (heads and not any(heads))
                    or (founded and self.as_of < months_later(founded, self.grace)) or OUT & set(e["findings"][row] or [])):
                gap = "OUT_OF_SCOPE"
            elif self.lacks:
                gap = "UNDECIDED"
            elif union in ("INDEPENDENT", "PARENT"):
                gap = "COVERED"
            elif union in ("JOINT", "FEDERATION"):
                gap = {"ABOVE": "LACKING_INDEPENDENT", "BELOW": "COVERED"}.get(e["size"][row], "UNDECIDED")
            else:
                gap = "UNDECIDED" if union == "POSSIBLE" else "LACKING"
            in_gap = e["size"][row] == "ABOVE" and gap in ("LACKING", "LACKING_INDEPENDENT")
            mine, theirs = (union, gap, in_gap), (e["union"][row], e["gap"][row], e["in_gap"][row])
            if mine != theirs:
                self.differs(f"{e['id'][row]} {name}", mine, theirs)
        unknown = [row for row in self.rows if e["size"][row] == "UNKNOWN"]
        if "SIZE" in self.lacks and len(unknown) != len(self.rows):
            self.differs("designated size without its sources", len(self.rows), len(unknown))
        may_be = sum(e["gap"][row] in ("LACKING", "LACKING_INDEPENDENT") and e["size"][row] == "UNKNOWN"
                     or e["gap"][row] == "UNDECIDED" and e["size"][row] != "BELOW" for row in self.rows)
        print(f"verdicts: {len(self.rows)} enterprises, {len(self.u['id'])} unions, {sum(e['in_gap'])} on the gap list; "
              f"{len(unknown)} of unknown size, {may_be} of whom it cannot be told")

    def people(self):
        """Members at one enterprise each: a union's are shared among the units it covers most strongly, by head counts."""
        units = collections.defaultdict(list)
        for row in self.rows:
            links = self.details[row].get("l", [])
            if links and links[0]["kind"] != "PREPARING" and not (links[0]["kind"] == "PARENT" and self.e["branch_of"][row]):
                units[links[0]["union"]].append(row)
        mine = collections.Counter()
        for id_, members in zip(self.u["id"], self.u["members"]):
            rows = sorted(units.get(id_, []), key=lambda row: self.e["id"][row])
            if members and rows:
                weights = [self.dims["employees"][row] for row in rows]
                if not any(weights):
                    weights = [1] * len(rows)
                whole = sum(weights)
                shares = [members * w // whole for w in weights]
                by_rest = sorted(range(len(rows)), key=lambda i: (-(members * weights[i] % whole), i))
                for i in by_rest[: members - sum(shares)]:
                    shares[i] += 1
                for row, share in zip(rows, shares):
                    mine[row] += share
        counted = collections.Counter(filter(lambda at: at is not None, map(self.union_at, range(len(self.u["id"])))))
        for row in self.rows:
            theirs = (self.dims["members"][row], self.dims["unions"][row])
            if (mine[row], min(counted[row], 255)) != theirs:
                self.differs(f"people of {self.e['id'][row]}", (mine[row], counted[row]), theirs)
        standing = sum(kind != "PREPARING" for kind in self.u["kind"])
        print(f"unions: {sum(counted.values())} stand, of {standing} on the roll; the rest ended with whom they covered")
        print(f"people: {sum(self.dims['members'])} members, {sum(self.dims['employees'])} employees, nobody twice")

    def union_at(self, number):
        """The row at which a union counts, None where it has ended: its host, else the first it covers, its own district first."""
        kind, host, district = self.u["kind"][number], self.u["host"][number], self.u["district"][number]
        if kind == "PREPARING":
            return None
        stands = [row for row in self.u["covers"][number] if self.e["status"][row] not in ("DEREGISTERED", "MOVED_OUT")]
        if host is not None and (host in stands or self.e["status"][host] not in ("DEREGISTERED", "MOVED_OUT")):
            return host
        if host is not None and kind in ("INDEPENDENT", "PARENT"):
            return None
        at_home = [row for row in stands if district is not None and self.e["district"][row] == district]
        return min(at_home or stands, key=lambda row: self.e["id"][row], default=None)

    def store(self, path):
        """Every link of the store in the edition, and the unions' hosts and units as the links say."""
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        link = {(record, part): entity for record, part, entity in db.execute("SELECT record_id, part, entity_id FROM link")}
        of_record = {}
        for record, registry, key in db.execute(
                "SELECT r.id, g.name, r.key FROM record r JOIN registry g ON g.id = r.registry_id WHERE r.gone = 0"):
            of_record[(registry, key)] = record
        seen = {}
        for id_, members in zip(self.e["id"], table(self.folder, "members")["members"]):
            for member in members:
                seen[(member["record_id"], member["part"])] = id_
        expected = {key: entity for key, entity in link.items() if entity in self.number}
        for key in expected.keys() | seen.keys():
            if expected.get(key) != seen.get(key):
                self.differs(f"record {key}", expected.get(key), seen.get(key))
        parts = collections.defaultdict(dict)
        for (record, part), entity in expected.items():
            parts[record][part] = self.number[entity]
        for id_, registry, key, host, covers in zip(*(self.u[c] for c in ("id", "registry", "record", "host", "covers"))):
            linked = parts.get(of_record.get((registry, key)), {})
            if linked.get(0) != host:
                self.differs(f"host of union {id_}", linked.get(0), host)
            if not {row for part, row in linked.items() if part} <= set(covers):
                self.differs(f"units of union {id_}", sorted(linked.values()), covers)
        print(f"store: {len(expected)} records at {len(self.number)} enterprises")

    def groups(self, answer):
        """The counts of a coverage answer, group by group."""
        e, dims = self.e, self.dims
        columns = {"DISTRICT": "district", "TOWN": "town", "FEDERATION": "federation", "OWNERSHIP": "ownership",
                   "SIZE_CLASS": "size_class", "GAP_STATUS": "gap", "UNION_STATUS": "union", "DESIGNATED_SIZE": "size"}
        names = json.load(open(f"{self.folder}/labels.json"))["dims"]
        numbered = {"INDUSTRY_SECTION": "section", "INDUSTRY_DIVISION": "division", "INVESTOR_COUNTRY": "country"}
        answer = answer.get("data", answer)["coverage"]["rows"]
        by = [key["dimension"] for key in answer[0]["keys"]]

        def code(dimension, row):
            if dimension in numbered:
                return names[numbered[dimension]][dims[numbered[dimension]][row]]
            value = e[columns[dimension]][row]
            return "" if value is None else str(value)

        mine = collections.defaultdict(collections.Counter)
        for row in self.rows:
            count = mine[tuple(code(d, row) for d in by)]
            gap, union, above = e["gap"][row], e["union"][row], e["size"][row] == "ABOVE"
            count["enterprises"] += 1
            count["unions"] += dims["unions"][row]
            count[{"LACKING": "lacking", "LACKING_INDEPENDENT": "lackingIndependent", "UNDECIDED": "undecided",
                   "OUT_OF_SCOPE": "outOfScope", "COVERED": "_covered"}[gap]] += 1
            if gap == "OUT_OF_SCOPE":
                continue
            count["inGap"] += e["in_gap"][row]
            count["aboveDesignatedSize"] += above
            unknown = e["size"][row] == "UNKNOWN"
            count["sizeUnknown"] += unknown
            count["sizeUnknownLacking"] += unknown and gap == "LACKING"
            count["independent"] += union == "INDEPENDENT"
            count["covered"] += union in COUNTED
            count["employees"] += dims["employees"][row]
            count["members"] += dims["members"][row]
            count["employeesOfUnionised"] += dims["employees"][row] if union in COUNTED else 0
        self.street_sums(mine, by)
        told = {tuple(key["code"] for key in row["keys"]): row for row in answer}
        for key in mine.keys() | told.keys():
            for name, value in (told.get(key) or {"enterprises": 0}).items():
                if name != "keys" and value != mine[key][name]:
                    self.differs(f"{'/'.join(key)} {name}", mine[key][name], value)
        print(f"coverage by {', '.join(by)}: {len(told)} groups")


    def street_sums(self, mine, by):
        """Streets of every federation unit add up to the unit."""
        if by != ["FEDERATION", "TOWN"]:
            return
        units = collections.Counter()
        for (unit, _), counts in mine.items():
            units[unit] += counts["enterprises"]
        for unit, count in units.items():
            whole = sum((self.e["federation"][row] or "") == unit for row in self.rows)
            if whole != count:
                self.differs(f"streets of {unit}", count, whole)

    def in_area(self, code):
        """The rows of a district, street or federation unit; everybody for the city and its own federation."""
        if code in ("110000", "BJ"):
            return self.rows
        column = "federation" if not code.isdigit() else "district" if len(code) == 6 else "town"
        return [row for row in self.rows if str(self.e[column][row] or "") == code]

    def figures(self, code):
        """The counts that targets rest on."""
        n = collections.Counter()
        for row in self.in_area(code):
            n["unions"] += self.dims["unions"][row]
            if self.e["gap"][row] == "OUT_OF_SCOPE":
                continue
            above, independent = self.e["size"][row] == "ABOVE", self.e["union"][row] == "INDEPENDENT"
            covered = self.e["union"][row] in COUNTED
            n["in_scope"] += 1
            n["above"] += above
            n["independent"] += independent
            n["above_independent"] += above and independent
            n["covered"] += covered
            n["members"] += self.dims["members"][row]
            n["members_covered"] += self.dims["members"][row] if covered else 0
            n["employees_covered"] += self.dims["employees"][row] if covered else 0
        return n

    def targets(self, answer, before):
        """What was reached of every target, and what is missing."""
        rates = {"coverage_rate": ("covered", "in_scope"), "union_rate_entity": ("covered", "in_scope"),
                 "independent_rate_above_size": ("above_independent", "above"),
                 "membership_rate": ("members_covered", "employees_covered")}
        changes = {"net_new_units": "unions", "net_new_covered": "covered", "net_new_members": "members"}
        listed, known = answer.get("data", answer)["targets"], 0
        for target in listed:
            code, indicator = target["area"]["code"], target["indicator"]
            now = self.figures(code)
            if indicator in rates:
                part, whole = (now[name] for name in rates[indicator])
                done = part / whole if whole and part <= whole else None
            elif indicator in changes and before is not None:
                done = now[changes[indicator]] - before.figures(code)[changes[indicator]]
            elif indicator in ("independent", "covered", "members"):
                done = now[indicator]
            else:
                continue
            known += 1
            value = target["value"]
            mine = (done, None if done is None or value <= 0 else done / value, None if done is None else max(value - done, 0))
            told = (target["done"], target["attainment"], target["missing"])
            if any((a is None) != (b is None) or a is not None and abs(a - b) > 1e-9 for a, b in zip(mine, told)):
                self.differs(f"target {indicator} of {code}", mine, told)
        print(f"targets: {known} of {len(listed)} worked out again")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(usage=__doc__)
    arguments.add_argument("folder")
    arguments.add_argument("--grace", type=int, default=6)
    arguments.add_argument("--store")
    arguments.add_argument("--coverage", action="append", default=[])
    arguments.add_argument("--targets")
    arguments.add_argument("--before")
    given = arguments.parse_args()
    recount = Recount(given.folder, given.grace)
    recount.verdicts()
    recount.people()
    if given.store:
        recount.store(given.store)
    for file in given.coverage:
        recount.groups(json.load(open(file)))
    if given.targets:
        before = Recount(given.before, given.grace) if given.before else None
        recount.targets(json.load(open(given.targets)), before)
    print(f"edition of {recount.as_of}: {recount.differing} differ")
    sys.exit(1 if recount.differing else 0)
