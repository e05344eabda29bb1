#!/usr/bin/env bash
# Packages: @graphql-inspector/core==8.0.0 graphql==17.1.0 graphql==16.15.0 graphql-core==3.3.2
#
# A required argument that has a default may be left out; once the default is gone it may not, and every client that left it out is
# refused. None of the usual comparers of schemas calls this breaking: graphql-js and its Python port list it among the merely dangerous
# changes, where a default of 20 becoming 50 stands too, and GraphQL Inspector lets it pass. Of a required field of an input graphql-js 16
# reports no change at all. Nor does graphql-js, 16 or 17, when an input is made `@oneOf`, which refuses whoever gave two fields.
#
# Seen with graphql 17.1.0, @graphql-inspector/core 8.0.0, graphql-core 3.3.2 (newest on 2026-11-28), graphql 16.15.0; last what
# validation says of a client's document that was valid before:
#   argument added: graphql16 BREAKING, graphql17 BREAKING, graphql-core BREAKING, inspector BREAKING; client refused
#   argument's default gone: graphql16 DANGEROUS, graphql17 DANGEROUS, graphql-core DANGEROUS, inspector DANGEROUS; client refused
#   argument's default changed: graphql16 DANGEROUS, graphql17 DANGEROUS, graphql-core DANGEROUS, inspector DANGEROUS; client served
#   input field's default gone: graphql16 nothing, graphql17 DANGEROUS, graphql-core DANGEROUS, inspector DANGEROUS; client refused
#   input made oneOf: graphql16 nothing, graphql17 nothing, graphql-core nothing, inspector BREAKING; client refused
# They compare the values of defaults and look only at arguments newly added for whether they are required.
#
# Who meets it: a registry's check in CI that stops at breaking changes. Helps: validate the clients' known documents against the new
# schema, or treat a default that goes from a type with `!` as breaking.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check graphql-core==3.3.2
for version in 16 17; do mkdir "$version" && echo '{"private": true, "type": "module"}' > "$version/package.json"; done
(cd 16 && npm install --silent --no-audit --no-fund --save-exact graphql@16.15.0)
(cd 17 && npm install --silent --no-audit --no-fund --legacy-peer-deps --save-exact graphql@17.1.0 @graphql-inspector/core@8.0.0)
cat > cases.json <<'JSON'
[
  ["argument added", "type Query { firms(town: Int): Int }", "type Query { firms(town: Int, first: Int!): Int }", "{ firms }"],
  ["argument's default gone", "type Query { firms(first: Int! = 20): Int }", "type Query { firms(first: Int!): Int }", "{ firms }"],
  ["argument's default changed", "type Query { firms(first: Int! = 20): Int }", "type Query { firms(first: Int! = 50): Int }", "{ firms }"],
  ["input field's default gone", "type Query { firms(by: By): Int } input By { town: Int, size: Int! = 20 }",
    "type Query { firms(by: By): Int } input By { town: Int, size: Int! }", "{ firms(by: {town: 1}) }"],
  ["input made oneOf", "type Query { firms(by: By): Int } input By { town: Int, size: Int }",
    "type Query { firms(by: By): Int } input By @oneOf { town: Int, size: Int }", "{ firms(by: {town: 1, size: 2}) }"]
]
JSON
cat > compare.js <<'JS'
import { readFileSync, writeFileSync } from "node:fs";
import { buildSchema, findBreakingChanges, findDangerousChanges, parse, validate, versionInfo } from "graphql";

const [inspector, refused] = [{}, {}];
const own = {};
for (const [name, old, next, document] of JSON.parse(readFileSync("../cases.json", "utf8"))) {
  const [before, after] = [buildSchema(old), buildSchema(next)];
  if (validate(before, parse(document)).length > 0) throw new Error("the client was refused before");
  refused[name] = validate(after, parse(document)).length > 0;
  own[name] = findBreakingChanges(before, after).length ? "BREAKING" : findDangerousChanges(before, after).length ? "DANGEROUS" : "nothing";
  if (versionInfo.major === 17) {
    const { diff } = await import("@graphql-inspector/core");
    const levels = (await diff(before, after)).map((change) => change.criticality.level);
    inspector[name] = ["BREAKING", "DANGEROUS"].find((level) => levels.includes(level)) ?? "nothing";
  }
}
writeFileSync("seen.json", JSON.stringify({ [`graphql${versionInfo.major}`]: own, inspector, refused }));
JS
for version in 16 17; do cp compare.js "$version/" && (cd "$version" && node compare.js); done
cat > compare.py <<'PY'
import json

from graphql import build_schema, find_breaking_changes, find_dangerous_changes, parse, validate

sixteen, seventeen = (json.load(open(f"{version}/seen.json", encoding="utf-8")) for version in (16, 17))
for name, old, new, document in json.load(open("cases.json", encoding="utf-8")):
    before, after = build_schema(old), build_schema(new)
    own = "BREAKING" if find_breaking_changes(before, after) else "DANGEROUS" if find_dangerous_changes(before, after) else "nothing"
    refused = {bool(validate(after, parse(document))), sixteen["refused"][name], seventeen["refused"][name]}
    assert len(refused) == 1
    print(
        f"{name}: graphql16 {sixteen['graphql16'][name]}, graphql17 {seventeen['graphql17'][name]}, graphql-core {own},",
        f"inspector {seventeen['inspector'][name]}; client {'refused' if refused.pop() else 'served'}",
    )
PY
cat > expected.txt <<'TEXT'
argument added: graphql16 BREAKING, graphql17 BREAKING, graphql-core BREAKING, inspector BREAKING; client refused
argument's default gone: graphql16 DANGEROUS, graphql17 DANGEROUS, graphql-core DANGEROUS, inspector DANGEROUS; client refused
argument's default changed: graphql16 DANGEROUS, graphql17 DANGEROUS, graphql-core DANGEROUS, inspector DANGEROUS; client served
input field's default gone: graphql16 nothing, graphql17 DANGEROUS, graphql-core DANGEROUS, inspector DANGEROUS; client refused
input made oneOf: graphql16 nothing, graphql17 nothing, graphql-core nothing, inspector BREAKING; client refused
TEXT
env/bin/python compare.py > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: graphql 17.1.0 and 16.15.0, @graphql-inspector/core 8.0.0"
