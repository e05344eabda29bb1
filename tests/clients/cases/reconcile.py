# Client: csv-reconcile
# Tried: the same spreadsheet against csv-reconcile and /reconcile: who is found; a blank, numeric or broken query and an unknown property spoil only themselves; whole batches; a credit code as the query; kinds; 1.0 draft; OpenRefine's page
import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from lib import HUB, ask, check, end, folder, get, same

rows = ask("{ enterprises(first: 400) { nodes { id name creditCode address area { name } } } }")["enterprises"]["nodes"]


def post(queries, at=HUB):
    body = urllib.parse.urlencode({"queries": json.dumps(queries)}).encode()
    request = urllib.request.Request(at + "/reconcile", body, {"accept-language": "en"})
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        return {"status": refused.code, **json.load(refused)}
    except (urllib.error.URLError, ConnectionError) as closed:
        return {"closed": str(closed)}


# A spreadsheet as somebody typed it: a character lost, 有限公司 shortened, brackets in the other width, spaces.
chance = random.Random(5)


def typed(name):
    way = chance.randrange(4)
    if way == 0:
        return name.replace("有限责任公司", "有限公司").replace("股份有限公司", "公司").replace("有限公司", "公司")
    if way == 1:
        return name.replace("（", "(").replace("）", ")").replace("(", "（").replace(")", "）")
    if way == 2:
        at = chance.randrange(2, len(name) - 4)
        return name[:at] + name[at + 1 :]
    return f" {name[:4]} {name[4:]} "


asked = {f"q{i}": {"query": typed(row["name"]), "limit": 3, "properties": [{"pid": "district", "v": row["area"] and row["area"]["name"]}]} for i, row in enumerate(rows[:200])}

# csv-reconcile over the same names, in a server of its own.
place = folder()
with open(os.path.join(place, "list.tsv"), "w", encoding="utf8") as file:
    file.write("id\tname\n" + "".join(f"{row['id']}\t{row['name']}\n" for row in rows))
program = os.path.join(os.path.dirname(sys.executable), "csv-reconcile")
made = subprocess.run([program, "init", "list.tsv", "id", "name"], cwd=place, capture_output=True, text=True)
check("csv-reconcile reads the list", made.returncode == 0, made.stderr[-300:] if made.returncode else "")
os.chdir(place)
from csv_reconcile import create_app  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


server = make_server("127.0.0.1", 0, create_app(instance_path=os.path.join(place, "instance")), request_handler=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
theirs = f"http://127.0.0.1:{server.server_port}"


def right(answers):
    return sum(bool(answers[f"q{i}"]["result"]) and answers[f"q{i}"]["result"][0]["id"] == row["id"] for i, row in enumerate(rows[:200]))


def timed(at):
    best = None
    for _ in range(3):
        started = time.perf_counter()
        answers = post(asked, at)
        best = min(best or 9e9, time.perf_counter() - started)
    return answers, best


our_answers, our_secs = timed(HUB)
their_answers, their_secs = timed(theirs)
check("200 queries in one batch", len(our_answers) == 200, len(our_answers))
ours_right, theirs_right = right(our_answers), right(their_answers)
check("no fewer are found than by csv-reconcile", ours_right >= theirs_right and ours_right >= 190, f"{ours_right} of 200 beside {theirs_right}")
said = f"{200 / our_secs:.0f} names/s beside {200 / their_secs:.0f} of csv-reconcile over {len(rows)} names"
# Of a program that was built to be fast.
if "/release/" in os.environ["HUITU_BIN"]:
    check("ten times as many names a second", their_secs >= 10 * our_secs, said)
print(f"      {said}")

# A thousand names, in as many batches as the manifest's size asks for.
thousand = {f"q{i}": {"query": typed(rows[i % len(rows)]["name"]), "limit": 3} for i in range(1000)}
names = list(thousand)
started = time.perf_counter()
found_of = {}
for at in range(0, 1000, 200):
    found_of.update(post({name: thousand[name] for name in names[at : at + 200]}))
spent = time.perf_counter() - started
check("five batches of a thousand names", len(found_of) == 1000 and sum(bool(one["result"]) for one in found_of.values()) >= 950, len(found_of))
if "/release/" in os.environ["HUITU_BIN"]:
    check("a thousand names in a second", spent <= 1, f"{spent:.2f} s")
print(f"      1,000 names in {spent:.2f} s")

# What is wrong with one query is its own affair.
answers = post({"a": {"query": rows[0]["name"]}, "b": {"query": ""}, "c": {"query": None}, "d": {"query": 42}, "e": {"query": ["x"]}, "f": {"query": rows[0]["name"], "properties": [{"pid": "colour", "v": "red"}]}, "g": {}, "h": 7, "i": {"query": rows[0]["name"], "properties": [{"pid": "address"}]}})
found = lambda key: answers[key]["result"][0]["id"] if answers[key]["result"] else None  # noqa: E731
same("the others are answered", [found(key) for key in "afi"], [rows[0]["id"]] * 3)
same("blank ones have no result", [answers[key]["result"] for key in "bcg"], [[]] * 3)
check("broken ones say why", all("error" in answers[key] for key in "eh") and "warning" in answers["f"], [answers[key].get("error") for key in "eh"])
for written in (rows[0]["creditCode"], f'="{rows[0]["creditCode"]}"'):
    same(f"a credit code as the query: {written}", [(r["id"], r["score"], r["match"]) for r in post({"q": {"query": written}})["q"]["result"][:1]], [(rows[0]["id"], 100.0, True)])
same("another kind has no result", post({"q": {"query": rows[0]["name"], "type": "Person"}})["q"]["result"], [])
answers = post({"a": {"query": rows[0]["name"], "type": [5]}, "b": {"query": rows[0]["name"], "type": {"name": "Person"}}, "c": {"query": rows[0]["name"], "typ": "Person"}, "d": {"query": rows[0]["name"]}})
check("a kind that is none, a misspelt key: errors of that query alone", all("error" in answers[key] and not answers[key]["result"] for key in "abc") and answers["d"]["result"], answers)
same("another kind is not suggested", json.loads(get("/reconcile/suggest/entity?type=Person&prefix=" + urllib.parse.quote(rows[2]["name"][2:6]))[2])["result"], [])
form = urllib.parse.urlencode({"queries": json.dumps({"q": {"query": rows[0]["name"]}}), "asof": "edition:1"}).encode()
try:
    urllib.request.urlopen(HUB + "/reconcile", form)
    check("a misspelt field of the form is refused", False)
except urllib.error.HTTPError as refused:
    same("a misspelt field of the form is refused", refused.code, 400)
manifest = json.loads(get("/reconcile")[2])
same("as many as the manifest promises", (manifest["batchSize"], len(post({f"q{i}": {"query": "公司"} for i in range(manifest["batchSize"])}))), (200, 200))
refused = post({f"q{i}": {"query": "公司"} for i in range(201)})
check("one more is refused", refused.get("status") == 400 and "200" in refused["error"]["message"], refused.get("error"))
long = post({f"q{i}": {"query": rows[i]["name"], "properties": [{"pid": "address", "v": (rows[i]["address"] or "") * 20}]} for i in range(200)})
check("a batch of long addresses", len(long) == 200 and "status" not in long)
# Who writes all of it before they read may find the line closed instead of the answer: large-bodies.py.
huge = [post({"q": {"query": "x" * (10 << 20)}}) for _ in range(3)]
check("ten megabytes are refused with what may be sent", all("closed" in one or (one.get("status") == 413 and one["error"]["hint"] == "200") for one in huge), huge)
check("the others are answered meanwhile", len(post(asked)) == 200)

# The 1.0 draft beside it.
draft = json.loads(get("/reconcile/1.0-draft")[2])
body = json.dumps({"queries": [{"conditions": [{"matchType": "name", "propertyValue": rows[1]["name"]}]}, {"conditions": []}]}).encode()
answer = json.load(urllib.request.urlopen(urllib.request.Request(HUB + "/reconcile/1.0-draft/match", body, {"content-type": "application/json"})))
same("the draft finds the same", (draft["versions"], answer["results"][0]["candidates"][0]["id"], answer["results"][1]["candidates"]), (["1.0-draft"], rows[1]["id"], []))

# Data extension and suggestions, as OpenRefine asks them.
extend = urllib.parse.urlencode({"extend": json.dumps({"ids": [rows[0]["id"], None, 7], "properties": [{"id": "creditCode"}, {"id": "salary"}]})}).encode()
extended = json.load(urllib.request.urlopen(HUB + "/reconcile", extend))
same("columns are added", extended["rows"][rows[0]["id"]], {"creditCode": [{"str": rows[0]["creditCode"]}], "salary": []})
check("what is no id and no column is told, and spoils nothing else", all(word in extended["warning"] for word in ("salary", "null", "7")), extended)
# Somebody whose four glyphs nobody else of those rows has: a word that very many have leads to the most urgent ten of them.
alone = next(row for row in rows if sum(row["name"][2:6] in other["name"] for other in rows) == 1)
hits = json.loads(get("/reconcile/suggest/entity?prefix=" + urllib.parse.quote(alone["name"][2:6]))[2])["result"]
check("suggestions", any(hit["id"] == alone["id"] for hit in hits), (alone["name"], [hit["name"] for hit in hits]))

# OpenRefine's page may read it without being configured, others may not; JSONP is refused in words.
same("OpenRefine's page", get("/reconcile", Origin="http://127.0.0.1:3333")[1]["access-control-allow-origin"], "http://127.0.0.1:3333")
same("another page", get("/reconcile", Origin="http://127.0.0.1:4444")[1]["access-control-allow-origin"], None)
status, _, text = get("/reconcile?callback=jQuery1")
check("JSONP is refused with the remedy", status == 400 and b"origins" in text, text[:200])
end()
