"""Five first questions to huitu, for a program of your own. Usage: client.py URL DISTRICT [next]

The ten most urgent enterprises of a district, why the first is there, the whole list page by page, coverage by district
for a map, and, with `next`, what changed when the next edition comes. Needs nothing beside Python 3.8. The chapter
"First queries" of docs/ goes through it step by step.
"""
import json
import os
import sys
import urllib.error
import urllib.request


# ANCHOR: ask
def open_request(url, path, query, variables, accept):
    headers = {"Content-Type": "application/json", "Accept": accept, "Accept-Language": "en", "X-Purpose": "walk-through"}
    if "HUITU_TOKEN" in os.environ:
        headers["Authorization"] = "Bearer " + os.environ["HUITU_TOKEN"]
    body = json.dumps({"query": query, "variables": variables}).encode()
    try:
        return urllib.request.urlopen(urllib.request.Request(url + path, data=body, headers=headers), timeout=120)
    except urllib.error.HTTPError as refused:
        return refused  # a response too, with the problem in its body


def checked(answer):
    """The data of an answer; every error has a stable code and a text in the language asked for."""
    for e in answer.get("errors", []):
        print(f"{e['extensions']['code']}: {e['message']}", file=sys.stderr)
    if answer.get("data") is None:
        raise SystemExit(1)
    return answer["data"]


def ask(url, query, **variables):
    with open_request(url, "/graphql", query, variables, "application/graphql-response+json") as response:
        return checked(json.load(response))
# ANCHOR_END: ask


# ANCHOR: urgent
URGENT = """query($district: String!) {
  gap(first: 10, filter: { area: [$district] }) {
    totalCount
    nodes { id name gap { status priority { score } } }
  }
}"""


def most_urgent(url, district):
    gap = ask(url, URGENT, district=district)["gap"]
    print(f"most urgent of {district}, {gap['totalCount']} in all:")
    for e in gap["nodes"]:
        print(f"  {e['gap']['priority']['score']:.1f}  {e['name']}  {e['gap']['status']}")
    return gap["nodes"]
# ANCHOR_END: urgent


# ANCHOR: why
WHY = """query($id: ID!) {
  enterprise(by: { id: $id }) {
    name
    designatedSize { reasons { message inputs { name value registry { name } } } }
    unionCoverage { reasons { message } }
    gap { reasons { message } priority { factors { message points } } }
  }
}"""


def why(url, enterprise_id):
    e = ask(url, WHY, id=enterprise_id)["enterprise"]
    print(f"why {e['name']}:")
    for verdict in (e["designatedSize"], e["unionCoverage"], e["gap"]):
        for reason in verdict["reasons"]:
            print(f"  {reason['message']}")
            for given in reason.get("inputs", []):
                if given["registry"]:
                    print(f"    {given['name']} = {given['value']}, says {given['registry']['name']}")
    for factor in e["gap"]["priority"]["factors"]:
        print(f"  {factor['points']:+.1f}  {factor['message']}")
# ANCHOR_END: why


# ANCHOR: pages
PAGE = """query($district: String!, $after: String) {
  gap(first: 100, after: $after, filter: { area: [$district] }) {
    totalCount
    edition { number }
    nodes { id }
    pageInfo { hasNextPage endCursor }
  }
}"""


def all_pages(url, district):
    """Ids of the whole list, and the edition they come from: all pages come from the edition of the first one."""
    after, ids = None, []
    while True:
        gap = ask(url, PAGE, district=district, after=after)["gap"]
        ids += [e["id"] for e in gap["nodes"]]
        after = gap["pageInfo"]["endCursor"]
        if not gap["pageInfo"]["hasNextPage"]:
            print(f"read {len(ids)} of {gap['totalCount']}")
            return ids, gap["edition"]["number"]
# ANCHOR_END: pages


# ANCHOR: map
MAP = """{
  coverage(by: [DISTRICT]) { rows { keys { code name } suppressed inGap coverageRate { numerator denominator } } }
  areas(level: DISTRICT) { code labelPoint { longitude latitude } }
}"""


def coverage_for_a_map(url):
    data = ask(url, MAP)
    points = {area["code"]: area["labelPoint"] for area in data["areas"]}
    print("coverage by district:")
    for row in data["coverage"]["rows"]:
        key, rate = row["keys"][0], row["coverageRate"]
        if row["suppressed"]:
            print(f"  {key['name']}: too few enterprises to be told to this caller")
            continue
        point = points.get(key["code"])  # None for enterprises of no known district
        place = f"{point['longitude']:.2f},{point['latitude']:.2f}" if point else "no place"
        print(f"  {key['name']} at {place}: {row['inGap']} in the gap, {rate['numerator']} of {rate['denominator']} covered")
# ANCHOR_END: map


# ANCHOR: next
def next_edition(url, district, ids, number):
    with open_request(
        url, "/graphql/sse", "subscription { editionPublished { number } }", {}, "text/event-stream"
    ) as events:
        # Listen first, then look: an edition that was published in between is not missed.
        latest = ask(url, "{ editions(first: 1) { nodes { number } } }")["editions"]["nodes"][0]["number"]
        if latest == number:
            print(f"waiting for the edition after {number}", flush=True)
            for line in events:
                if line.startswith(b"data: {"):
                    latest = checked(json.loads(line[6:]))["editionPublished"]["number"]
                    break
            else:
                raise SystemExit("the stream ended; connect again")
    print(f"edition {latest}:")
    now, _ = all_pages(url, district)
    print(f"  {len(set(now) - set(ids))} came, {len(set(ids) - set(now))} went")
# ANCHOR_END: next


url, district, *further = sys.argv[1:]
first = most_urgent(url, district)
if first:
    why(url, first[0]["id"])
ids, number = all_pages(url, district)
coverage_for_a_map(url)
if further == ["next"]:
    next_edition(url, district, ids, number)
