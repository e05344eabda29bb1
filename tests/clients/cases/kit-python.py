# Client: kit/python, httpx
# Tried: installed as a package; questions, pages, errors, frames of lists, coverage and editions, live events, none missed over a break
import asyncio
import datetime
import os
import subprocess
import sys

import pyarrow
from huitu import Hub, HubError
from huitu import live
from lib import EARLIER, HUB, check, copied, end, folder, publish, same, started, token

# As a package of its own, in a folder of its own.
kit = os.path.join(os.path.dirname(__file__), "../../../kit/python")
place = folder()
built = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--target", place, kit], capture_output=True, text=True)
check("installs with pip", built.returncode == 0 and os.path.exists(os.path.join(place, "huitu", "client.py")), built.stderr.strip())

hub = Hub(HUB + "/", lang="en", purpose="试用 of the kit")
total = hub.ask("{ gap(first: 0) { totalCount } }")["gap"]["totalCount"]
LIST = "query($after: String, $first: Int!) { gap(first: $first, after: $after) { nodes { id name } pageInfo { hasNextPage endCursor } } }"
ids = [e["id"] for e in hub.rows(LIST, first=7)]
same("each enterprise once over all pages", (len(ids), len(set(ids))), (total, total))
same("pages", len(list(hub.pages(LIST, first=7))), -(-total // 7))
try:
    hub.ask("query($area: [String!]) { gap(filter: { area: $area }) { totalCount } }", area=["nowhere"])
    check("a refusal is raised", False)
except HubError as refused:
    same("a refusal has a code", (refused.code, refused.retryable, bool(refused.request_id)), ("BAD_INPUT", False, True))
try:
    Hub("http://127.0.0.1:1").ask("{ viewer { name } }")
except HubError as nobody:
    same("nobody answers", (nobody.code, nobody.retryable), ("UNREACHABLE", True))

gap = hub.gap(columns=["id", "name", "creditCode", "employees", "establishedOn", "area.code"])
same("the list as a frame", [gap.num_rows, gap.column("id").to_pylist()], [total, ids])
kinds = {field.name: field.type for field in gap.schema}
codes = [name for name, kind in kinds.items() if pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)]
check("codes are text, counts integers, days days", len(codes) == 4 and pyarrow.types.is_integer(kinds[list(kinds)[3]]) and pyarrow.types.is_date(kinds[list(kinds)[4]]), kinds)
check("the frame names its edition", gap.schema.metadata[b"huitu.edition"] == b"2", gap.schema.metadata)
earlier = hub.enterprises(columns="id", as_of=EARLIER, filter={"employees": {"gte": 100}})
check("a frame of an earlier edition, filtered", earlier.schema.metadata[b"huitu.edition"] == b"1" and 0 < earlier.num_rows < 600, earlier.num_rows)
try:
    hub.gap(columns=["nonsense"])
    check("a column that is not there is refused", False)
except HubError as refused:
    same("a column that is not there is refused", refused.code, "BAD_INPUT")

coverage = hub.coverage(["DISTRICT"])
same("coverage adds up", sum(coverage.column("inGap").to_pylist()), total)
frame = coverage.to_pandas()
check("codes stay text in pandas", all(isinstance(code, str) and len(code) == 6 for code in frame["district_code"]), list(frame["district_code"])[:3])
both = hub.coverage(["OWNERSHIP", "SIZE_CLASS"], within="110108")
check("two dimensions inside of one area", both.column_names[:4] == ["ownership_code", "ownership_name", "size_class_code", "size_class_name"] and both.num_rows > 3)
editions = hub.editions()
same("editions", (editions.column("number").to_pylist(), [type(day) for day in editions.column("asOf").to_pylist()]), ([2, 1], [datetime.date] * 2))

# Live: the line breaks after the first event, and an edition is published meanwhile.
data = copied()
url = started(data, "--demo")
mine = Hub(url, lang="en")
asked = []


async def listen():
    heard = []

    class Breaking:
        """A transport whose line breaks after one event."""

        def __new__(cls, hub):
            transport = live.transport(hub)
            subscribe, first = transport.subscribe, len(asked) == 0

            async def watched(request, **more):
                asked.append(request.variable_values["lastEventId"])
                async for event in subscribe(request, **more):
                    yield event
                    if first:
                        raise ConnectionError("the line broke")

            transport.subscribe = watched
            return transport

    async def wait(_attempt):
        publish(data, 40)

    async for edition in live.editions(mine, after="edition:1", wait=wait, connect=Breaking):
        heard.append(edition["number"])
        if len(heard) == 2:
            return heard


same("editions, one published while the line was broken", (asyncio.run(asyncio.wait_for(listen(), 60)), asked), ([2, 3], ["edition:1", "edition:2"]))

# Behind tokens.
data = copied()
secret = token(data, "--name", "notebook", "--role", "client")
closed = started(data)
same("a token", Hub(closed, token=secret).ask("{ viewer { name } }")["viewer"]["name"], "notebook")
try:
    Hub(closed, token="nonsense").ask("{ viewer { name } }")
except HubError as refused:
    same("a wrong one", refused.code, "UNAUTHENTICATED")
try:
    Hub(closed, token=secret).gap()
except HubError as refused:
    same("a scope that is missing", (refused.code, refused.hint), ("FORBIDDEN", "export"))


async def stranger():
    async for edition in live.editions(Hub(closed, token="nonsense")):
        return edition


try:
    asyncio.run(asyncio.wait_for(stranger(), 30))
    check("a wrong token over the WebSocket", False)
except HubError as refused:
    same("a wrong token over the WebSocket", refused.code, "UNAUTHENTICATED")
end()
