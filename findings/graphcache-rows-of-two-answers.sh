#!/usr/bin/env bash
# Packages: @urql/core==6.0.3 @urql/exchange-graphcache==9.0.2 graphql==17.1.0
#
# urql's Graphcache answers a query from its cache, as a full hit, with a row that no answer of the server ever held: the score of one
# firm beside the reason and the node of another. Edges have no key, so the library embeds them in their parent, as its guide says; what
# it does not say is that an embedded list is kept item by item under its position. A later answer to the same field with other
# sub-fields overwrites what it brings at that position and leaves the rest standing, though the list has moved meanwhile. The third
# query, which asks for the fields of both, is then complete in the cache and never reaches the server.
#
# Seen with @urql/exchange-graphcache 9.0.2 and @urql/core 6.0.3 (newest on 2026-11-27), the connection and its edges declared keyless:
#   miss {"firms":{"edges":[{"score":98,"node":{"id":"1"}},{"score":61,"node":{"id":"2"}}]}}
#   miss {"firms":{"edges":[{"reason":"address","node":{"id":"2"}}]}}
#   hit {"firms":{"edges":[{"score":98,"reason":"address","node":{"id":"2"}}]}}
# Firm 2 was scored 61; 98 was firm 1's, which had left the list by the second answer. Neither `stale` nor a warning tells. Apollo's
# cache replaces the list as a whole in the same place and asks the server again.
#
# Who meets it: whoever shows fields of an edge or of a candidate (score, evidence) in two views whose queries select differently, while
# the list changes. Helps: give such types a key of their data (`keys: {FirmEdge: (edge) => edge.cursor}`, selected everywhere), or
# share one fragment so that all queries select the same fields.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --legacy-peer-deps --save-exact @urql/core@6.0.3 @urql/exchange-graphcache@9.0.2 graphql@17.1.0
cat > edges.js <<'JS'
import { Client, fetchExchange, gql } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";

const edge = (id, fields) => ({ __typename: "FirmEdge", ...fields, node: { __typename: "Firm", id } });
const answers = [
  [edge("1", { score: 98 }), edge("2", { score: 61 })],
  [edge("2", { reason: "address" })],
];
const client = new Client({
  url: "http://127.0.0.1/graphql",
  preferGetMethod: false,
  exchanges: [cacheExchange({ keys: { FirmConnection: () => null, FirmEdge: () => null } }), fetchExchange],
  fetch: async () => {
    const data = { firms: { __typename: "FirmConnection", edges: answers.shift() } };
    return new Response(JSON.stringify({ data }), { headers: { "content-type": "application/json" } });
  },
});
for (const fields of ["score", "reason", "score reason"]) {
  const answer = await client.query(gql(`{ firms { edges { ${fields} node { id } } } }`), {}).toPromise();
  console.log(answer.operation.context.meta.cacheOutcome, JSON.stringify(answer.data), answer.stale || answer.error || "");
}
JS
cat > expected.txt <<'TEXT'
miss {"firms":{"edges":[{"score":98,"node":{"id":"1"}},{"score":61,"node":{"id":"2"}}]}}
miss {"firms":{"edges":[{"reason":"address","node":{"id":"2"}}]}}
hit {"firms":{"edges":[{"score":98,"reason":"address","node":{"id":"2"}}]}}
TEXT
node edges.js 2> warnings.txt | sed 's/ *$//' > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
test ! -s warnings.txt || { echo "there is a warning now"; cat warnings.txt; exit 1; }
echo "as described: @urql/exchange-graphcache 9.0.2"
