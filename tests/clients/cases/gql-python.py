# Client: gql, graphql-core, websockets, aiohttp
# Tried: every transport with its defaults: httpx, aiohttp, WebSocket by two libraries; a subscription; the schema, and answers checked against it, all the numbers among them
import asyncio
import glob
import os

from gql import Client, GraphQLRequest, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport
from gql.transport.websockets import WebsocketsTransport
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_list_type, is_object_type, is_scalar_type
from lib import HUB, check, copied, end, publish, same, started

URL, WS = HUB + "/graphql", HUB.replace("http", "ws") + "/graphql/ws"
COUNT = gql("{ gap(first: 1) { totalCount } }")


async def with_each():
    for kind, transport in (("aiohttp", AIOHTTPTransport(url=URL)), ("websockets", WebsocketsTransport(url=WS)), ("aiohttp's WebSocket", AIOHTTPWebsocketsTransport(url=WS))):
        async with Client(transport=transport) as session:
            answer = await session.execute(COUNT)
            check(f"a question over {kind}", answer["gap"]["totalCount"] > 0, answer)
            try:
                await session.execute(GraphQLRequest("query($a: [String!]) { gap(filter: { area: $a }) { totalCount } }", variable_values={"a": ["nowhere"]}))
                check(f"a refusal over {kind}", False)
            except TransportQueryError as refused:
                check(f"a refusal over {kind}", refused.errors[0]["extensions"]["code"] == "BAD_INPUT", refused.errors[0]["message"])
    data = copied()
    url = started(data, "--demo")
    async with Client(transport=WebsocketsTransport(url=url.replace("http", "ws") + "/graphql/ws")) as session:
        events = session.subscribe(GraphQLRequest('subscription { editionPublished(lastEventId: "edition:1") { number } }'))
        first = await anext(events)
        publish(data, 40)
        second = await anext(events)
        same("a subscription, missed editions first", [first["editionPublished"]["number"], second["editionPublished"]["number"]], [2, 3])


asyncio.run(with_each())
client = Client(transport=HTTPXTransport(url=URL, timeout=60), fetch_schema_from_transport=True)
with client as session:
    check("a question over httpx", session.execute(COUNT)["gap"]["totalCount"] > 0)
    schema = client.schema
    check("the schema by introspection", isinstance(schema.query_type, GraphQLObjectType), len(schema.type_map))

    # A strict client reads every value by its type: an Int of more than 32 bits, an unknown enum value or a null where none may be is an error.
    leaves = 0

    def strict(value, kind, path):
        global leaves
        if hasattr(kind, "of_type") and not is_list_type(kind):
            assert value is not None, path
            kind = kind.of_type
        if value is None:
            return
        if is_list_type(kind):
            for at, one in enumerate(value):
                strict(one, kind.of_type, f"{path}.{at}")
        elif is_leaf_type(kind):
            leaves += 1
            parsed = kind.parse_value(value)
            assert not is_scalar_type(kind) or kind.serialize(parsed) == value, (path, value)
        elif is_object_type(kind):
            for name, inner in value.items():
                strict(inner, kind.fields[name].type, f"{path}.{name}")

    def whole(kind, depth, seen=()):
        """Every field of a kind without arguments that must be given, lists of pages left out."""
        parts = []
        for name, field in kind.fields.items():
            of = get_named_type(field.type)
            if any(a.default_value is None or str(a.type).endswith("!") for a in field.args.values() if str(a.type).endswith("!")) or of.name.endswith("Connection"):
                continue
            if is_leaf_type(of):
                parts.append(name)
            elif is_object_type(of) and depth > 0 and of.name not in seen and name != "live":
                parts.append(f"{name} {{ {whole(of, depth - 1, (*seen, kind.name))} }}")
        return " ".join(parts) or "__typename"

    rows = whole(schema.type_map["CoverageRow"], 2)
    for by in ("[]", "[DISTRICT]", "[INDUSTRY_SECTION, SIZE_CLASS]", "[OWNERSHIP, GAP_STATUS]"):
        answer = session.execute(gql(f"{{ coverage(by: {by}) {{ total {{ {rows} }} rows {{ {rows} }} }} }}"))
        strict(answer["coverage"], schema.query_type.fields["coverage"].type, f"coverage({by})")
    enterprise = whole(schema.type_map["Enterprise"], 2)
    answer = session.execute(gql(f"{{ gap(first: 3) {{ nodes {{ {enterprise} }} }} }}"))
    strict(answer["gap"], schema.query_type.fields["gap"].type, "gap")
    for path in sorted(glob.glob(os.path.join(os.path.dirname(__file__), "../../../examples/*.graphql"))):
        answer = session.execute(gql(open(path, encoding="utf8").read()))
        check(os.path.basename(path), bool(answer))
    check("every value is of its type", leaves > 2000, leaves)

    code = session.execute(gql("{ gap(first: 1) { nodes { creditCode } } }"))["gap"]["nodes"][0]["creditCode"]
    for length in (8, 12, 17, 18):
        hits = session.execute(GraphQLRequest("query($t: String!) { search(text: $t, first: 5) { matched } }", variable_values={"t": code[:length]}))["search"]
        check(f"a credit code by its first {length} characters", len(hits) > 0, len(hits))
    counts = {}
    for country in ("US", "USA", "美国"):
        answer = session.execute(GraphQLRequest("query($c: [String!]) { enterprises(first: 0, filter: { investorCountry: $c }) { totalCount } }", variable_values={"c": [country]}))
        counts[country] = answer["enterprises"]["totalCount"]
    check("a country by code or name is the same", len(set(counts.values())) == 1, counts)
end()
