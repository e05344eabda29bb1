"""The whole gap list of one district, page by page. Usage: client.py URL DISTRICT. Needs nothing beside Python 3.8."""
import json
import sys
import urllib.request

QUERY = """query($district: String!, $after: String) {
  gap(first: 100, after: $after, filter: { area: [$district] }) {
    totalCount
    nodes { id name employees }
    pageInfo { hasNextPage endCursor }
  }
}"""


def ask(url, variables):
    request = urllib.request.Request(
        url + "/graphql",
        data=json.dumps({"query": QUERY, "variables": variables}).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        answer = json.load(response)
    if "errors" in answer:
        raise SystemExit("\n".join(f"{e['extensions']['code']}: {e['message']}" for e in answer["errors"]))
    return answer["data"]


url, district = sys.argv[1:]
after, seen = None, 0
while True:
    gap = ask(url, {"district": district, "after": after})["gap"]
    seen += len(gap["nodes"])
    after = gap["pageInfo"]["endCursor"]
    if not gap["pageInfo"]["hasNextPage"]:
        print(f"{seen} of {gap['totalCount']}")
        break
