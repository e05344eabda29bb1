#!/usr/bin/env bash
# Packages: @apollo/composition==2.14.4 @theguild/federation-composition==0.27.0 graphql==17.1.0 graphql==16.15.0
#
# A field that two subgraphs share must have the same default for an argument. The Guild's composition compares the defaults as the text
# they print as, not as values of the argument's type: `1` and `1.0` of a Float are told to be incompatible, and so are the fields of an
# input object in another order. Apollo's composition takes both pairs as equal. A default that only one subgraph has is no mismatch for
# either, but they compose it into opposite contracts: the Guild's keeps it, Apollo's drops it, so an argument that one subgraph
# requires and the other gives a default may be left out by clients of the one supergraph and not of the other.
#
# Seen with @theguild/federation-composition 0.27.0 and @apollo/composition 2.14.4 (newest on 2026-11-27):
#   number: Guild refuses (default value 1 ... but default value 1.0)  Apollo share(of: Float = 1): Int
#   order: Guild refuses (default value {page: 1, size: 20} ... but default value {size: 20, page: 1})  Apollo firms(by: Page = {page: 1, size: 20}): Int
#   one side: Guild firms(first: Int! = 20): Int  Apollo firms(first: Int!): Int
# The Guild's reader keeps the printed syntax of a default and its rule for mismatches counts distinct texts.
#
# Who meets it: subgraphs in several languages. The printers differ though the values are one (graphql-js prints the Float one as `1`,
# async-graphql as `1.0`), so a supergraph that composes with one tool is refused by the other. Helps: export the SDL of all
# subgraphs through one printer, and give every subgraph the default or none.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir apollo guild
echo '{"private": true, "type": "module"}' > guild/package.json
echo '{"private": true, "type": "module"}' > apollo/package.json
(cd guild && npm install --silent --no-audit --no-fund --legacy-peer-deps --save-exact @theguild/federation-composition@0.27.0 graphql@17.1.0)
(cd apollo && npm install --silent --no-audit --no-fund --legacy-peer-deps --save-exact @apollo/composition@2.14.4 graphql@16.15.0)
cat > cases.json <<'JSON'
{
  "number": ["type Query { share(of: Float = 1): Int @shareable }", "type Query { share(of: Float = 1.0): Int @shareable }"],
  "order": [
    "type Query { firms(by: Page = {page: 1, size: 20}): Int @shareable } input Page { page: Int size: Int }",
    "type Query { firms(by: Page = {size: 20, page: 1}): Int @shareable } input Page { page: Int size: Int }"
  ],
  "one side": ["type Query { firms(first: Int!): Int @shareable }", "type Query { firms(first: Int = 20): Int @shareable }"]
}
JSON
cat > compose.js <<'JS'
import { readFileSync } from "node:fs";
import { parse } from "graphql";

const { composeServices } = await import(process.argv[2]);
const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@shareable"])\n';
for (const [name, subgraphs] of Object.entries(JSON.parse(readFileSync("../cases.json")))) {
  const composed = composeServices(subgraphs.map((sdl, i) => ({ name: `s${i}`, url: `http://s${i}`, typeDefs: parse(link + sdl) })));
  const field = composed.supergraphSdl?.match(/^ +((?:share|firms)\(.*\): Int\b)/m)[1];
  const values = composed.errors?.[0]?.message.match(/default value .+?(?= in subgraph)/g).join(" ... but ");
  console.log(`${name}: ${field ?? `refuses (${values})`}`);
}
JS
cp compose.js guild && cp compose.js apollo
cat > expected.txt <<'TEXT'
number: refuses (default value 1 ... but default value 1.0)
order: refuses (default value {page: 1, size: 20} ... but default value {size: 20, page: 1})
one side: firms(first: Int! = 20): Int
number: share(of: Float = 1): Int
order: firms(by: Page = {page: 1, size: 20}): Int
one side: firms(first: Int!): Int
TEXT
(cd guild && node compose.js @theguild/federation-composition) > seen.txt
(cd apollo && node compose.js @apollo/composition) >> seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: @theguild/federation-composition 0.27.0, @apollo/composition 2.14.4"
