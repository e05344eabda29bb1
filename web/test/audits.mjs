// The audits of GraphQL over HTTP (npm graphql-http) against a running server: node audits.mjs URL
import { auditServer } from 'graphql-http';

const results = await auditServer({ url: `${process.argv[2]}/graphql`, fetchFn: fetch });
const failed = results.filter((r) => r.status !== 'ok');
for (const r of failed) {
  console.log(`${r.status} ${r.id} ${r.name}: ${r.reason}`);
  if (r.response) console.log('  ', r.response.status, await r.response.text().catch(() => ''));
}
console.log(`${results.length - failed.length}/${results.length} audits passed`);
process.exit(failed.length ? 1 : 0);
