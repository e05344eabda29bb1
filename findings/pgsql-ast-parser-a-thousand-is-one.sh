#!/usr/bin/env bash
# Packages: @electric-sql/pglite==0.5.14 pg-mem==3.0.14 pgsql-ast-parser==12.0.2
#
# `select 1e3` is 1 to pgsql-ast-parser: it reads the digits as the number and `e3` as the column's name, for SQL lets a name follow without
# AS. So 100_000, as PostgreSQL writes large numbers since version 16, is 100, and 0x1F is 0; `interval '30' day` is 30 seconds of
# the name day. Printed again the query runs and answers something else, and pg-mem, the in-memory database for tests that is built on it,
# answers the same. In a condition the same numbers raise. A code of 18 digits without quotes loses its end, and 12.50 its scale.
#
# Seen with pgsql-ast-parser 12.0.2 and pg-mem 3.0.14 (newest on 2026-11-28), the query parsed, printed and run by PostgreSQL 18 (PGlite 0.5.14):
#   select 1e3: postgresql 1000, printed again 1, pg-mem 1
#   select 100_000: postgresql 100000, printed again 100, pg-mem 100
#   select 0x1F: postgresql 31, printed again 0, pg-mem 0
#   select sum(workers) * 1e3 from firms: postgresql 120000, printed again 120, pg-mem 120
#   select interval '30' day: postgresql 30 days, printed again 00:00:30, pg-mem raises
#   select 12.50::text: postgresql 12.50, printed again 12.5, pg-mem 12.5
#   select count(*) from firms where code = 914201030000000011: postgresql 1, printed again 0, pg-mem 2
#   select name from firms where workers < 1e3: postgresql 武昌厂, printed again raises, pg-mem raises
# Numbers are JavaScript's, which also makes the firms ...011 and ...012 one in pg-mem; exponents, digit groups and other bases are not in
# its grammar.
#
# Who meets it: tools that rewrite queries with it (adding a tenant's condition, a limit) and tests on pg-mem: amounts in thousands and
# shares per thousand come out too small by it. Helps: write numbers out, codes as quoted text with a cast.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact @electric-sql/pglite@0.5.14 pg-mem@3.0.14 pgsql-ast-parser@12.0.2
cat > numbers.js <<'JS'
import { PGlite } from "@electric-sql/pglite";
import { newDb } from "pg-mem";
import { parse, toSql } from "pgsql-ast-parser";

const SETUP = `create table firms (code bigint, name text, workers int);
  insert into firms values ('914201030000000011', '武昌厂', 120), ('914201030000000012', '汉口店', null);`;
const postgresql = new PGlite();
await postgresql.exec(SETUP);
const memory = newDb().public;
memory.none(SETUP);

async function told(ask) {
  try {
    return String(await ask());
  } catch {
    return "raises";
  }
}

const first = (rows) => Object.values(rows[0])[0];
const run = async (text) => first((await postgresql.query(text)).rows);
for (const text of [
  "select 1e3", "select 100_000", "select 0x1F", "select sum(workers) * 1e3 from firms", "select interval '30' day", "select 12.50::text",
  "select count(*) from firms where code = 914201030000000011", "select name from firms where workers < 1e3",
]) {
  const again = await told(() => run(parse(text).map((statement) => toSql.statement(statement)).join(";")));
  console.log(`${text}: postgresql ${await told(() => run(text))}, printed again ${again}, pg-mem ${await told(() => first(memory.many(text)))}`);
}
// What helps.
const written = "select count(*) from firms where code = '914201030000000011'::bigint and workers < 1000";
if (await run(parse(written).map((statement) => toSql.statement(statement)).join(";")) !== 1) throw new Error("does not help");
JS
cat > expected.txt <<'TEXT'
select 1e3: postgresql 1000, printed again 1, pg-mem 1
select 100_000: postgresql 100000, printed again 100, pg-mem 100
select 0x1F: postgresql 31, printed again 0, pg-mem 0
select sum(workers) * 1e3 from firms: postgresql 120000, printed again 120, pg-mem 120
select interval '30' day: postgresql 30 days, printed again 00:00:30, pg-mem raises
select 12.50::text: postgresql 12.50, printed again 12.5, pg-mem 12.5
select count(*) from firms where code = 914201030000000011: postgresql 1, printed again 0, pg-mem 2
select name from firms where workers < 1e3: postgresql 武昌厂, printed again raises, pg-mem raises
TEXT
node numbers.js > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: pgsql-ast-parser 12.0.2, pg-mem 3.0.14"
