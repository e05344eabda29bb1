#!/usr/bin/env bash
# Packages: @apollo/composition==2.14.4 @theguild/federation-composition==0.27.0 graphql==17.1.0 graphql==16.15.0
#
# Two subgraphs, each valid by itself, share an enum used for arguments; one of them has a value more and takes just this value as an
# argument's default. Composition keeps only the values both have. The Guild's composition then reports no error and hands out a
# supergraph whose argument has a default that its type no longer knows; graphql's own validation finds the schema the clients are
# given invalid. The same happens with an input object's field that only one subgraph has. Apollo's composition refuses both.
#
# Seen with @theguild/federation-composition 0.27.0, @apollo/composition 2.14.4, graphql 17.1.0 (each newest on 2026-11-27;
# Apollo's takes graphql 16):
#   enum: the Guild's errors 0, firms(size: Size = SMALL): Int
#     validateSchema: Query.firms(size:) has invalid default value: Value "SMALL" does not exist in "Size" enum.
#     Apollo's: Invalid default value (got: "SMALL") provided for argument Query.firms(size:) of type Size.
#   input: the Guild's errors 0, firms(by: Filter = {town: "A"}): Int
#     validateSchema: Query.firms(by:) has invalid default value: Expected value of type "Filter" not to include unknown field "town", found: { town: "A" }.
#     Apollo's: Invalid default value (got: {town: "A"}) provided for argument Query.firms(by:) of type Filter.
# The Guild's checks compare a default with its type within each subgraph, and across subgraphs with the other defaults and with values
# made inaccessible, but not with the type that is left after the intersection. graphql 16 does not validate defaults, so a gateway
# with it starts and the fault waits for the first request without the argument.
#
# Who meets it: a registry joined by several teams, where one adds a size class first. Helps: run `validateSchema` of graphql 17 on the
# composed public schema, or add a value to every subgraph before it becomes a default.
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
  "enum": [
    "type Query { firms(size: Size = SMALL): Int } enum Size { LARGE SMALL }",
    "type Query { unions(size: Size): Int } enum Size { LARGE }"
  ],
  "input": [
    "type Query { firms(by: Filter = {town: \"A\"}): Int } input Filter { code: Int town: String }",
    "type Query { unions(by: Filter): Int } input Filter { code: Int }"
  ]
}
JSON
cat > guild/compose.js <<'JS'
import { readFileSync } from "node:fs";
import { composeServices } from "@theguild/federation-composition";
import { buildSchema, parse, validateSchema } from "graphql";

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@shareable"])\n';
for (const [name, subgraphs] of Object.entries(JSON.parse(readFileSync("../cases.json")))) {
  const composed = composeServices(subgraphs.map((sdl, i) => ({ name: `s${i}`, url: `http://s${i}`, typeDefs: parse(link + sdl) })));
  const field = composed.publicSdl.split("\n").find((line) => line.includes("firms("));
  console.log(`${name}: the Guild's errors ${composed.errors?.length ?? 0}, ${field.trim()}`);
  for (const error of validateSchema(buildSchema(composed.publicSdl))) console.log(`  validateSchema: ${error.message}`);
}
JS
cat > apollo/compose.js <<'JS'
import { readFileSync } from "node:fs";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@shareable"])\n';
for (const [name, subgraphs] of Object.entries(JSON.parse(readFileSync("../cases.json")))) {
  const composed = composeServices(subgraphs.map((sdl, i) => ({ name: `s${i}`, url: `http://s${i}`, typeDefs: parse(link + sdl) })));
  for (const error of composed.errors) console.log(`${name}, Apollo's: ${error.message}`);
}
JS
cat > expected.txt <<'TEXT'
enum: the Guild's errors 0, firms(size: Size = SMALL): Int
  validateSchema: Query.firms(size:) has invalid default value: Value "SMALL" does not exist in "Size" enum.
input: the Guild's errors 0, firms(by: Filter = {town: "A"}): Int
  validateSchema: Query.firms(by:) has invalid default value: Expected value of type "Filter" not to include unknown field "town", found: { town: "A" }.
enum, Apollo's: Invalid default value (got: "SMALL") provided for argument Query.firms(size:) of type Size.
input, Apollo's: Invalid default value (got: {town: "A"}) provided for argument Query.firms(by:) of type Filter.
TEXT
(cd guild && node compose.js) > seen.txt
(cd apollo && node compose.js) >> seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: @theguild/federation-composition 0.27.0, @apollo/composition 2.14.4"
