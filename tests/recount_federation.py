#!/usr/bin/env python3
"""An independent recount of the federation: units down to streets, places and the nearest one, services, dispatch, funds, targets and the
appraisal, from what a hub exports.

    python3 tests/recount_federation.py FOLDER ANSWERS.json [--on 2026-09-30]

Written from the rules, not from the program; needs nothing but Python. FOLDER holds the exports `units`, `places`, `listings`, `posts`,
`dispatch`, `collections`, `services`, `targets` as `.ndjson`, `enterprises.ndjson` with `columns=id,name,creditCode,district,town,federation,
address,section,industry,industry.edition,longitude,latitude`, `verdicts.ndjson` with `columns={ id gap { status } }`, sheets of work as `*work*.csv` and rules as
`*appraisal*.toml`. ANSWERS.json holds what the
hub answered:

    { "units": unionUnits { nodes { code counts { enterprises covered lacking undecided } own: counts(own: true) { enterprises }
        pace { done toDo late } staffing { approved filled vacant } arrears { fresh withinYear older }
        servicesGiven(year, kind: CARD) { count } target(year, indicator: "net_new_units") { value parts units left }
        dispatch { agreements withoutClause workers membersAtAgencies membersAtHosts careMembers agenciesLacking hostsLacking } } },
      "streets": the same of streets and towns,
      "collections": unionCollections { unit { code } period due arrears refund taxDifference },
      "nearest": { id of an enterprise: { metres place { code } } or null },
      "places": unionPlaces { nodes { code enterprisesThere { listed unknown counts { enterprises covered lacking } } } },
      "appraisal": unionAppraisal { rank score unit { code } lines { rule value points } } }

Prints what was compared and everything that differs; exit code 0 where all agree, 1 where something differs.
"""
import argparse
import collections
import csv
import datetime
import glob
import json
import math
import os
import sys
import tomllib

LACKING = {"LACKING", "LACKING_INDEPENDENT"}


def lines(folder, name):
    with open(os.path.join(folder, f"{name}.ndjson"), encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def parts(cell):
    return [part.strip() for part in (cell or "").split(";") if part.strip()]


class Federation:
    def __init__(self, folder, answers, on):
        self.folder, self.answers, self.on, self.differing = folder, answers, on, 0
        self.units = {unit["code"]: unit for unit in lines(folder, "units")}
        self.enterprises = lines(folder, "enterprises")
        self.status = {verdict["id"]: verdict["gap"]["status"] for verdict in lines(folder, "verdicts")}
        self.root = next(code for code, unit in self.units.items() if unit["parent"] is None)

    def differs(self, what, mine, theirs):
        if mine != theirs:
            self.differing += 1
            if self.differing <= 50:
                print(f"  {what}: recounted {mine}, told {theirs}")

    def told(self):
        return self.answers["units"]["nodes"] + self.answers["streets"]["nodes"]

    def above(self, code):
        """A unit and those above it."""
        seen = []
        while code is not None and code not in seen:
            seen.append(code)
            code = self.units[code]["parent"]
        return seen

    def is_industrial(self, code):
        return self.units[code]["level"] == "INDUSTRIAL"

    def homes(self):
        """The home of every enterprise in the area tree, and among the industries where it has one."""
        by_area, by_industry, by_place = {}, {}, []
        for code, unit in self.units.items():
            by_area.update({area: code for area in parts(unit["areas"])})
            by_industry.update({industry: code for industry in parts(unit["industries"])})
            by_place += [(place, code) for place in parts(unit["places"])]
        for enterprise in self.enterprises:
            town, district = (str(enterprise.get(name) or "") for name in ("town", "district"))
            federation = enterprise.get("federation") or None
            known = federation if federation in self.units else None
            by_federation = known if known and not self.is_industrial(known) and known != self.root else None
            area = by_area.get(town) or by_federation or by_area.get(district) or self.root
            address = enterprise.get("address") or ""
            named = [(-len(place), place, code) for place, code in by_place if place in address and self.reachable(area, code)]
            year = str(enterprise.get("industryEdition") or "2017")
            division = (enterprise.get("industry") or "").lstrip("ABCDEFGHIJKLMNOPQRST")[:2] if year == "2017" else ""
            section = "" if year == "2002" else enterprise.get("section") or ""
            own = known if known and self.is_industrial(known) else by_industry.get(division) or by_industry.get(section)
            yield enterprise, min(named)[2] if named else area, own

    def reachable(self, area, place):
        """Whether a park or building may be the home of somebody in an area: both lie below the same unit that is for one."""
        host = next((code for code in self.above(place) if parts(self.units[code]["areas"])), None)
        if host is None:
            return False
        return host in self.above(area) or (self.units[area]["level"] == "DISTRICT" and area in self.above(host))

    def check_units(self):
        sums, own = collections.defaultdict(collections.Counter), collections.Counter()
        for enterprise, area, industry in self.homes():
            status = self.status[enterprise["id"]]
            kind = {"COVERED": "covered", "UNDECIDED": "undecided", "OUT_OF_SCOPE": "out"}.get(status, "lacking" if status in LACKING else "undecided")
            for home in filter(None, (area, industry)):
                own[home] += 1
                for code in self.above(home):
                    # Industrial unions add up to each other and to nothing else: everybody is in the area tree already.
                    if self.is_industrial(code) != self.is_industrial(home):
                        break
                    sums[code]["enterprises"] += 1
                    sums[code][kind] += 1
        setup, staff = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
        for code, unit in self.units.items():
            is_done = unit["founded_on"] is not None and unit["founded_on"] <= self.on
            is_late = not is_done and unit["due_on"] is not None and unit["due_on"] < self.on
            for up in self.above(code)[1:]:
                setup[up]["done" if is_done else "toDo"] += 1
                setup[up]["late"] += is_late
        latest = {}
        for post in lines(self.folder, "posts"):
            key = (post["unit"], post["kind"])
            if post["as_of"] <= self.on and (key not in latest or latest[key]["as_of"] < post["as_of"]):
                latest[key] = post
        for post in latest.values():
            for code in self.above(post["unit"]):
                staff[code]["approved"] += post["approved"]
                staff[code]["filled"] += post["filled"]
                staff[code]["vacant"] += max(post["approved"] - post["filled"], 0)
        for told in self.told():
            code = told["code"]
            for name in ("enterprises", "covered", "lacking", "undecided"):
                self.differs(f"{code} {name}", sums[code][name], told["counts"][name])
            self.differs(f"{code} at home itself", own[code], told["own"]["enterprises"])
            for name in ("done", "toDo", "late"):
                self.differs(f"{code} {name}", setup[code][name], told["pace"][name])
            for name in ("approved", "filled", "vacant"):
                self.differs(f"{code} posts {name}", staff[code][name], told["staffing"][name])
        whole = sums[self.root]["enterprises"]
        self.differs("everybody is at home once", whole, len(self.enterprises))
        print(f"streets: {len(self.answers['streets']['nodes'])} streets and towns")
        print(f"units: {len(self.answers['units']['nodes'])} units, {whole} enterprises at home, {sum(len(p) for p in setup.values())} paces")

    def check_places(self):
        places = {place["code"]: place for place in lines(self.folder, "places")}
        listed = collections.defaultdict(list)
        for listing in lines(self.folder, "listings"):
            listed[listing["place"]].append(listing["enterprise"])
        by_code, by_name = collections.Counter(), collections.Counter()
        for enterprise in self.enterprises:
            by_code[enterprise.get("creditCode") or ""] += 1
            by_name[enterprise["name"]] += 1
        for told in self.answers["places"]["nodes"]:
            place, there = places[told["code"]], told["enterprisesThere"]
            areas = {area for area in parts(place["areas"]) if not area.endswith("0000")}
            counts, anywhere = collections.Counter(), not areas or any(a.endswith("0000") for a in parts(place["areas"]))
            for enterprise in self.enterprises:
                lies = anywhere or areas & {str(enterprise.get("district") or ""), str(enterprise.get("town") or "")}
                if lies and place["name"] in (enterprise.get("address") or ""):
                    status = self.status[enterprise["id"]]
                    counts["enterprises"] += 1
                    counts["covered"] += status == "COVERED"
                    counts["lacking"] += status in LACKING
            for name in ("enterprises", "covered", "lacking"):
                self.differs(f"{told['code']} {name}", counts[name], there["counts"][name])
            nobody = [text for text in listed[told["code"]] if by_code[text] != 1 and by_name[text] != 1]
            self.differs(f"{told['code']} lines that name nobody", sorted(nobody), sorted(there["unknown"]))
            self.differs(f"{told['code']} lines that name somebody", len(set(listed[told["code"]])) - len(set(nobody)), there["listed"])
        print(f"places: {len(self.answers['places']['nodes'])} buildings and parks, {sum(map(len, listed.values()))} lines of their lists")

    def check_nearest(self):
        """By the law of cosines, where the program has the haversine."""
        serving = [
            place
            for place in lines(self.folder, "places")
            if place["longitude"] is not None and (place["kind"] in ("CENTRE", "STATION") or place["union_station"])
        ]
        by_id = {enterprise["id"]: enterprise for enterprise in self.enterprises}
        compared = 0
        for id, told in self.answers["nearest"].items():
            enterprise = by_id[id]
            if told is None:
                continue  # It has no point of its own: what is exported is where its street is.
            compared += 1
            east, north = math.radians(float(enterprise["longitude"])), math.radians(float(enterprise["latitude"]))

            def metres(place):
                to_east, to_north = math.radians(place["longitude"]), math.radians(place["latitude"])
                cosine = math.sin(north) * math.sin(to_north) + math.cos(north) * math.cos(to_north) * math.cos(to_east - east)
                return 6_371_008.8 * math.acos(min(cosine, 1.0))

            least = min(map(metres, serving))
            near = {place["code"] for place in serving if metres(place) <= least + 1.0}
            self.differs(f"{id} nearest place", True, told is not None and told["place"]["code"] in near)
            self.differs(f"{id} metres", True, told is not None and abs(told["metres"] - least) < 1.0)
        print(f"nearest: {compared} enterprises to {len(serving)} places")

    def check_services(self):
        sums, statements = collections.Counter(), lines(self.folder, "services")
        by_month = {(s["unit"], s["kind"], s["period"][:4]) for s in statements if len(s["period"]) == 7}
        for statement in statements:
            year = statement["period"][:4]
            # A year that stands beside months of it says them again.
            again = len(statement["period"]) == 4 and (statement["unit"], statement["kind"], year) in by_month
            if statement["kind"] == "CARD" and year == self.on[:4] and not again:
                for code in self.above(statement["unit"]):
                    sums[code] += statement["count"]
        for told in self.told():
            self.differs(f"{told['code']} cards", sums[told["code"]], sum(s["count"] for s in told["servicesGiven"]))
        print(f"services: {len(statements)} statements, {sums[self.root]} cards")

    def check_targets(self):
        targets = {
            target["unit"]: target["value"]
            for target in lines(self.folder, "targets")
            if target["indicator"] == "net_new_units" and target["year"] == int(self.on[:4])
        }
        parts_of = collections.defaultdict(list)
        for code, value in targets.items():
            above = [up for up in self.above(code)[1:] if up in targets and self.is_industrial(up) == self.is_industrial(code)]
            if above:
                parts_of[above[0]].append(value)
        for told in self.told():
            code = told["code"]
            mine = None
            if code in targets:
                parts_, value = sum(parts_of[code]), targets[code]
                mine = {"value": value, "parts": parts_, "units": len(parts_of[code]), "left": value - parts_}
            self.differs(f"{code} target", mine, told["target"])
        print(f"targets: {len(targets)} of net_new_units")

    def named(self, text):
        """Whom a text means: a credit code, or a name that one enterprise bears."""
        of = lambda key: [enterprise for enterprise in self.enterprises if (enterprise.get(key) or "") == text]
        for found in (of("creditCode"), of("name")):
            if len(found) == 1:
                return found[0]["id"]
        return None

    def check_dispatch(self):
        sums, care = collections.defaultdict(collections.Counter), collections.Counter()
        lacking = collections.defaultdict(lambda: {"agency": set(), "host": set()})
        agreements = lines(self.folder, "dispatch")
        for agreement in agreements:
            for code in self.above(agreement["unit"]):
                sums[code]["agreements"] += 1
                sums[code]["withoutClause"] += not agreement["clause"]
                sums[code]["workers"] += agreement["workers"]
                # Members are counted where they joined, once.
                joined = {"AGENCY": "membersAtAgencies", "HOST": "membersAtHosts"}[agreement["joined_at"]]
                sums[code][joined] += agreement["members"]
                sums[code]["careMembers"] += agreement["members"] if agreement["care_rule"] else 0
            for side in ("agency", "host"):
                meant = self.named(agreement[side])
                if meant is not None and self.status[meant] in LACKING:
                    for code in self.above(agreement["unit"]):
                        lacking[code][side].add(meant)
        for told in self.told():
            for side, name in (("agency", "agenciesLacking"), ("host", "hostsLacking")):
                self.differs(f"{told['code']} {name}", len(lacking[told["code"]][side]), told["dispatch"][name])
            for name in ("agreements", "withoutClause", "workers", "membersAtAgencies", "membersAtHosts", "careMembers"):
                self.differs(f"{told['code']} {name}", sums[told["code"]][name], told["dispatch"][name])
        whole = lacking[self.root]
        print(f"dispatch: {len(agreements)} agreements, {len(whole['agency'])} agencies and {len(whole['host'])} hosts lack a union")

    def check_funds(self):
        def fen(yuan):
            whole, _, rest = str(yuan).partition(".")
            return int(whole) * 100 + int((rest + "00")[:2])

        ages = collections.defaultdict(collections.Counter)
        today = datetime.date.fromisoformat(self.on)
        collections_ = lines(self.folder, "collections")
        for one in collections_:
            year, quarter = map(int, one["period"].split("Q"))
            old = (today.year * 4 + (today.month - 1) // 3) - (year * 4 + quarter - 1) - 1
            if old < 0:
                continue
            # 2 % of the payroll is due.
            owed = max((fen(one["payroll_yuan"]) + 25) // 50 - fen(one["dues_yuan"]) - fen(one["preparatory_yuan"]), 0)
            for code in self.above(one["unit"]):
                ages[code]["fresh" if old == 0 else "withinYear" if old <= 3 else "older"] += owed
        by_key = {(one["unit"], one["period"]): one for one in collections_}
        for told in self.answers["collections"]["nodes"]:
            one = by_key[(told["unit"]["code"], told["period"])]
            due, paid = (fen(one["payroll_yuan"]) + 25) // 50, fen(one["dues_yuan"]) + fen(one["preparatory_yuan"])
            refund = None if one["refund_percent"] is None else math.floor(paid * one["refund_percent"] / 100 + 0.5)
            total = None if one["tax_total_yuan"] is None else fen(one["tax_total_yuan"]) - paid
            mine = {"due": due, "arrears": max(due - paid, 0), "refund": refund, "taxDifference": total}
            for name, value in mine.items():
                theirs = None if told[name] is None else round(float(told[name]) * 100)
                self.differs(f"{one['unit']} {one['period']} {name}", value, theirs)
        for told in self.told():
            for name in ("fresh", "withinYear", "older"):
                self.differs(f"{told['code']} arrears {name}", ages[told["code"]][name], fen(told["arrears"][name]))
        print(f"funds: {len(collections_)} quarters of pilot areas")

    def check_appraisal(self):
        told = self.answers["appraisal"]
        year = int(self.on[:4])
        rules = []
        for name in glob.glob(os.path.join(self.folder, "*appraisal*.toml")):
            with open(name, "rb") as file:
                read = tomllib.load(file)
                rules = read["rule"] if read["year"] == year else rules
        work = {}
        for name in glob.glob(os.path.join(self.folder, "*work*.csv")):
            with open(name, encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    if int(row["year"]) == year:
                        work[(row["unit"], row["indicator"])] = float(row["value"])
        scores = {}
        for standing in told:
            code, score = standing["unit"]["code"], 0.0
            for line, rule in zip(standing["lines"], rules, strict=True):
                value = work.get((code, rule["indicator"]))
                points = 0.0
                if value is not None:
                    points = min(max(value * rule["per"], 0.0), rule["cap"]) if value >= rule.get("from", 0) else 0.0
                    if "floor" in rule and value < rule["floor"]:
                        points = -rule["penalty"]
                self.differs(f"{code} {rule['id']}", (rule["id"], value, points), (line["rule"], line["value"], line["points"]))
                score += points
            scores[code] = score
            self.differs(f"{code} score", round(score, 6), round(standing["score"], 6))
        for standing in told:
            better = sum(score > scores[standing["unit"]["code"]] + 1e-9 for score in scores.values())
            self.differs(f"{standing['unit']['code']} rank", better + 1, standing["rank"])
        print(f"appraisal: {len(told)} units by {len(rules)} rules")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(usage=__doc__)
    arguments.add_argument("folder")
    arguments.add_argument("answers")
    arguments.add_argument("--on", default=datetime.date.today().isoformat())
    given = arguments.parse_args()
    with open(given.answers, encoding="utf-8") as file:
        federation = Federation(given.folder, json.load(file), given.on)
    federation.check_units()
    federation.check_places()
    federation.check_nearest()
    federation.check_services()
    federation.check_targets()
    federation.check_dispatch()
    federation.check_funds()
    federation.check_appraisal()
    print(f"federation on {given.on}: {federation.differing} differ")
    sys.exit(1 if federation.differing else 0)
