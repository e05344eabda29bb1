#!/usr/bin/env bash
# Packages: graphql==17.1.0 graphql-scalars==2.0.0
#
# The stricter a whole number's type sounds in graphql-scalars, the less it refuses: `PositiveInt` and `NonNegativeInt` take 12.9 for 12
# and the text "1e3", a thousand, for 1, where GraphQL's own Int and the library's SafeInt and BigInt refuse the value. It happens to
# variables and to what a resolver returns, so an average of 12.9 leaves the server as 12; the same 12.9 written into the document is
# refused, and so nobody sees it who tries a query out by hand. `LocalDateTime` takes 30 February, which `LocalDate` refuses, and a
# `Timestamp` that the database hands out as digits in a text becomes null without an error.
#
# Seen with graphql-scalars 2.0.0 and graphql 17.1.0 (newest on 2026-11-28); variable, literal, returned by a resolver:
#   Int 12.9: refused, refused, refused
#   SafeInt 12.9: refused, refused, refused
#   PositiveInt 12.9: 12, refused, 12
#   NonNegativeInt 12.9: 12, refused, 12
#   BigInt "1e3": refused, refused, refused
#   NonNegativeFloat "1e3": 1000, refused, 1000
#   PositiveInt "1e3": 1, refused, 1
#   PositiveInt "5 人": refused, refused, refused
#   LocalDate "2024-02-30": refused, refused, refused
#   LocalDateTime "2024-02-30T10:00:00": 2024-02-30T10:00:00, 2024-02-30T10:00:00, 2024-02-30T10:00:00
#   Timestamp "1714521600000" returned: null, errors 0
# The family that checks a sign shares one helper, which takes `parseInt` of what is some number; literals are refused by their kind before.
#
# Who meets it: schemas that declare a count of workers as PositiveInt to keep nonsense out. Helps: Int or SafeInt and a rule of one's own
# for the sign.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact graphql@17.1.0 graphql-scalars@2.0.0
cat > scalars.js <<'JS'
import { graphql, GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import * as scalars from "graphql-scalars";

async function told(name, value) {
  const type = name === "Int" ? GraphQLInt : scalars[`GraphQL${name}`];
  const given = { type: GraphQLString, args: { value: { type } }, resolve: (_, args) => String(args.value) };
  const query = new GraphQLObjectType({ name: "Query", fields: { given, returned: { type, resolve: () => value } } });
  const schema = new GraphQLSchema({ query });
  const shown = ({ data, errors }, field) => (errors ? "refused" : String(data[field]));
  const variable = await graphql({ schema, source: `query ($value: ${name}) { given(value: $value) }`, variableValues: { value } });
  const literal = await graphql({ schema, source: `{ given(value: ${JSON.stringify(value)}) }` });
  const returned = await graphql({ schema, source: "{ returned }" });
  return [shown(variable, "given"), shown(literal, "given"), shown(returned, "returned"), returned];
}

for (const [name, value] of [
  ["Int", 12.9], ["SafeInt", 12.9], ["PositiveInt", 12.9], ["NonNegativeInt", 12.9], ["BigInt", "1e3"], ["NonNegativeFloat", "1e3"],
  ["PositiveInt", "1e3"], ["PositiveInt", "5 人"], ["LocalDate", "2024-02-30"], ["LocalDateTime", "2024-02-30T10:00:00"],
]) {
  console.log(`${name} ${JSON.stringify(value)}: ${(await told(name, value)).slice(0, 3).join(", ")}`);
}
const [, , , answer] = await told("Timestamp", "1714521600000");
console.log(`Timestamp "1714521600000" returned: ${JSON.parse(JSON.stringify(answer.data)).returned}, errors ${(answer.errors ?? []).length}`);
JS
cat > expected.txt <<'TEXT'
Int 12.9: refused, refused, refused
SafeInt 12.9: refused, refused, refused
PositiveInt 12.9: 12, refused, 12
NonNegativeInt 12.9: 12, refused, 12
BigInt "1e3": refused, refused, refused
NonNegativeFloat "1e3": 1000, refused, 1000
PositiveInt "1e3": 1, refused, 1
PositiveInt "5 人": refused, refused, refused
LocalDate "2024-02-30": refused, refused, refused
LocalDateTime "2024-02-30T10:00:00": 2024-02-30T10:00:00, 2024-02-30T10:00:00, 2024-02-30T10:00:00
Timestamp "1714521600000" returned: null, errors 0
TEXT
node scalars.js > seen.txt 2> warnings.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: graphql-scalars 2.0.0"
