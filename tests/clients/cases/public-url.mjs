// Client: plain HTTP
// Tried: behind a proxy that puts a path before the hub (`public_url`): every address that an answer holds has it
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, copied, end, exported, folder, started, token } from '../lib.mjs';

const PUBLIC = 'https://hub.example/huitu';
const connectors = folder();
mkdirSync(join(connectors, 'cases'));
writeFileSync(
  join(connectors, 'cases/connector.toml'),
  'title = { zh = "仲裁案件", en = "Arbitration cases" }\nowner = { zh = "仲裁院", en = "Court" }\nkind = "dispute"\ncomplete = false\n[source]\ntransport = "push"\nformat = "ndjson"\n' +
    '[key]\ncolumns = ["案号"]\n[columns]\n"被申请人" = "name"\n"立案日期" = "on"\n[constants]\nevent_kind = "arbitration"\n',
);
const data = copied();
const secret = token(data, '--name', 'desk', '--role', 'admin');
const pushes = token(data, '--ingest', 'cases', '--connectors', connectors);
const { url } = await started(data, '--public-url', PUBLIC, '--connectors', connectors);
const headers = { authorization: `Bearer ${secret}` };
const json = async (path) => (await fetch(url + path, { headers })).json();

/** Addresses anywhere inside of an answer. */
const addresses = (value) => (typeof value === 'string' ? (/^https?:|^\//.test(value) ? [value] : []) : value && typeof value === 'object' ? Object.values(value).flatMap(addresses) : []);
for (const path of ['/tiles/gap.json', '/tiles/coverage.json', '/reconcile', '/reconcile/1.0-draft']) {
  const found = addresses(await json(path)).filter((address) => !/^\/reconcile\//.test(address));
  check(`${path}: ${found.length} addresses`, found.length > 0 && found.every((address) => address.startsWith(PUBLIC)), found.filter((address) => !address.startsWith(PUBLIC)));
}
const file = await exported({ list: 'GAP', format: 'CSV' }, url, headers);
check('the file of an export', file.url?.startsWith(`${PUBLIC}/export/jobs/`), file.url);
const pushed = await fetch(`${url}/ingest/cases`, { method: 'POST', headers: { authorization: `Bearer ${pushes}`, 'idempotency-key': 'first', 'content-type': 'application/x-ndjson' }, body: '{"案号": "示例-1", "被申请人": "北京示例印务有限公司", "立案日期": "2026-11-20"}\n' });
check('the receipt of a push', pushed.status === 200 && pushed.headers.get('location')?.startsWith(`${PUBLIC}/receipts/`), `${pushed.status} ${pushed.headers.get('location')}`);
end();
