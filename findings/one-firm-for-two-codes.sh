#!/usr/bin/env bash
# Packages: @apollo/client==4.3.8 @urql/core==6.0.3 @urql/exchange-graphcache==9.0.2 graphql==17.1.0 rxjs==7.8.2 wonka==6.3.6
#
# GraphQL lets an ID be written as digits without quotes, `firm(id: 914201030000000012)`, and a server takes it digit for digit. Apollo
# Client and urql's Graphcache file the answer under the number that JavaScript makes of it, so a code of 18 digits shares its place with its
# neighbours: asked for firm ...012 after ...011 both give firm ...011, id and name, as a full hit of the cache, and the server is not asked.
# urql's plain document cache, the same digits in quotes and codes of 15 digits are right.
#
# Seen with @apollo/client 4.3.8, @urql/core 6.0.3 with @urql/exchange-graphcache 9.0.2, graphql 17.1.0 (newest on 2026-11-28), two firms each:
#   server alone: 914201030000000011 武昌厂, 914201030000000012 江汉厂
#   apollo: 914201030000000011 武昌厂, 914201030000000011 武昌厂, requests 1
#   graphcache: 914201030000000011 武昌厂, 914201030000000011 武昌厂, requests 1
#   document cache: 914201030000000011 武昌厂, 914201030000000012 江汉厂, requests 2
#   in quotes: apollo 2 firms, graphcache 2 firms; 15 digits: apollo 2 firms, graphcache 2 firms
# Both make the arguments of a field into JavaScript values for the key of the cache, without the schema, where an integer literal
# becomes a double. What goes over the wire is the document's own text, so the first request is right.
#
# Who meets it: documents put together by a program (a link, a report, `gql` with a code pasted in) for unified social credit codes that
# are all digits, snowflake ids, 18-digit licence numbers. Helps: pass them as variables of type ID, as text.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact @apollo/client@4.3.8 @urql/core@6.0.3 \
  @urql/exchange-graphcache@9.0.2 graphql@17.1.0 rxjs@7.8.2 wonka@6.3.6
cat > ask.cjs <<'JS'
const apollo = require("@apollo/client");
const { buildSchema, graphql, parse, print } = require("graphql");
const urql = require("@urql/core");
const { cacheExchange } = require("@urql/exchange-graphcache");
const { filter, fromPromise, mergeMap, pipe } = require("wonka");

const schema = buildSchema("type Firm { id: ID! name: String! } type Query { firm(id: ID!): Firm }");
const names = {
  "914201030000000011": "武昌厂",
  "914201030000000012": "江汉厂",
  "420103000000011": "汉阳厂",
  "420103000000012": "青山厂",
};
let requests = 0;
async function server(source) {
  requests += 1;
  const { data, errors } = await graphql({ schema, source, rootValue: { firm: ({ id }) => ({ id, name: names[id] }) } });
  if (errors) throw errors[0];
  return data;
}
const clients = {
  "server alone": () => server,
  apollo() {
    const link = new apollo.ApolloLink(
      ({ query }) =>
        new apollo.Observable((observer) => {
          server(print(query)).then((data) => {
            observer.next({ data });
            observer.complete();
          });
        }),
    );
    const client = new apollo.ApolloClient({ cache: new apollo.InMemoryCache(), link });
    return async (source) => (await client.query({ query: parse(source) })).data;
  },
  graphcache: () => urqlWith(cacheExchange({})),
  "document cache": () => urqlWith(urql.cacheExchange),
};
function urqlWith(cache) {
  const network = () => (operations) =>
    pipe(
      operations,
      filter(({ kind }) => kind === "query"),
      mergeMap((operation) =>
        fromPromise(server(print(operation.query)).then((data) => ({ operation, data, stale: false, hasNext: false }))),
      ),
    );
  const client = new urql.Client({ url: "http://127.0.0.1/", exchanges: [cache, network] });
  return async (source) => (await client.query(parse(source), {}).toPromise()).data;
}
async function ask(name, literals) {
  requests = 0;
  const query = clients[name]();
  const firms = [];
  for (const literal of literals) firms.push((await query(`{ firm(id: ${literal}) { id name } }`)).firm);
  return firms.map(({ id, name }) => `${id} ${name}`);
}
async function main() {
  const codes = ["914201030000000011", "914201030000000012"];
  for (const name of Object.keys(clients)) {
    const firms = await ask(name, codes);
    console.log(`${name}: ${firms.join(", ")}${name === "server alone" ? "" : `, requests ${requests}`}`);
  }
  const right = [];
  for (const [what, literals] of [
    ["in quotes", codes.map((code) => `"${code}"`)],
    ["15 digits", ["420103000000011", "420103000000012"]],
  ]) {
    const counts = [];
    for (const name of ["apollo", "graphcache"]) counts.push(`${name} ${new Set(await ask(name, literals)).size} firms`);
    right.push(`${what}: ${counts.join(", ")}`);
  }
  console.log(right.join("; "));
}
main();
JS
cat > expected.txt <<'TEXT'
server alone: 914201030000000011 武昌厂, 914201030000000012 江汉厂
apollo: 914201030000000011 武昌厂, 914201030000000011 武昌厂, requests 1
graphcache: 914201030000000011 武昌厂, 914201030000000011 武昌厂, requests 1
document cache: 914201030000000011 武昌厂, 914201030000000012 江汉厂, requests 2
in quotes: apollo 2 firms, graphcache 2 firms; 15 digits: apollo 2 firms, graphcache 2 firms
TEXT
node ask.cjs > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: @apollo/client 4.3.8, @urql/exchange-graphcache 9.0.2"
