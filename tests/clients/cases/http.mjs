// Client: plain HTTP
// Tried: what CDNs and everyday clients send: unknown and repeated parameters, compression, immutable editions, ETags, ranges, odd bodies, origins that no browser can send
import { gzipSync } from 'node:zlib';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, copied, end, exported, folder, hub, huitu, same, started } from '../lib.mjs';

const get = (path, headers = {}) => fetch(hub + path, { headers: { 'accept-language': 'en', ...headers } });
const rows = async (query) => {
  const response = await get(`/export/gap.csv?${query}`);
  await response.body.cancel();
  return response.ok ? Number(response.headers.get('x-huitu-rows')) : response.status;
};

// What is asked and not understood is refused by name.
for (const [query, meant] of [['areas=110108', 'area'], ['district=110108', 'area'], ['area[]=110108', 'area'], ['colums=id', 'columns'], ['asof=2026-01-01', 'asOf']]) {
  for (const path of ['/export/gap.csv', '/tiles/gap.json', '/tiles/gap/8/210/96.mvt', '/geo/districts.geojson']) {
    if (meant === 'columns' && !path.startsWith('/export')) continue;
    const response = await get(`${path}?${query}`);
    const { error } = await response.json().catch(() => ({}));
    check(`${path}?${query} is refused`, response.status === 400 && error.hint.includes(meant), error?.message ?? response.status);
  }
}
const twice = (await rows('area=110108&area=110105'));
same('a repeated parameter counts with both values', twice, await rows('area=110108,110105'));
check('and both are more than one', twice > (await rows('area=110108')) && twice < (await rows('')), twice);
for (const query of ['filter={"area":["110108"],"areas":["x"]}', 'filter={"bbox":{"west":40,"south":116,"east":41,"north":117}}', 'hasFinding=nonsense', 'investorCountry=Atlantis', 'asOf=2001-01-01', 'edition=99']) {
  const response = await get(`/export/gap.csv?${query.replace(/=(.*)/, (_, value) => `=${encodeURIComponent(value)}`)}`);
  const { error } = await response.json().catch(() => ({}));
  check(`${query} is refused`, response.status >= 400 && response.status < 500, error?.message ?? `${response.status} ${response.headers.get('x-huitu-rows')} rows`);
}

// As a CDN expects it.
for (const path of ['/geo/streets.geojson', '/geo/districts.geojson', '/schema.graphql']) {
  for (const coding of ['br', 'gzip', 'zstd']) same(`${path} in ${coding}`, (await get(path, { 'accept-encoding': coding })).headers.get('content-encoding'), coding);
}
const pinned = await get('/tiles/gap/12/3372/1552.mvt?edition=1');
check('what an edition pins is immutable', /immutable/.test(pinned.headers.get('cache-control')) && /private/.test(pinned.headers.get('cache-control')), pinned.headers.get('cache-control'));
const etag = (await get('/geo/districts.geojson')).headers.get('etag');
same('unchanged', (await get('/geo/districts.geojson', { 'if-none-match': etag })).status, 304);
const head = await fetch(`${hub}/geo/districts.geojson`, { method: 'HEAD' });
check('HEAD', head.status === 200 && head.headers.get('etag') !== null, head.status);

// A download that broke goes on where it was.
const file = await exported({ list: 'ENTERPRISES', format: 'CSV' });
same('the job is done', file.state, 'DONE');
const at = new URL(file.url, hub).href;
const whole = Buffer.from(await (await fetch(at)).arrayBuffer());
const tag = (await fetch(at, { method: 'HEAD' })).headers.get('etag');
const rest = await fetch(at, { headers: { range: 'bytes=1000-', 'if-range': tag } });
check('a range goes on', rest.status === 206 && Buffer.from(await rest.arrayBuffer()).equals(whole.subarray(1000)) && rest.headers.get('content-range') === `bytes 1000-${whole.length - 1}/${whole.length}`, rest.headers.get('content-range'));

// Bodies as PHP, R and older tools send them.
const body = '{"query":"{gap(first:1){totalCount}}"';
const odd = {
  'variables []': [`${body},"variables":[]}`],
  'variables ""': [`${body},"variables":""}`],
  'variables "{}"': [`${body},"variables":"{}"}`],
  'a byte order mark': [`\ufeff${body}}`],
  gzip: [gzipSync(`${body}}`), { 'content-encoding': 'gzip' }],
};
for (const [name, [data, headers]] of Object.entries(odd)) {
  const response = await fetch(`${hub}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', 'accept-language': 'en', ...headers }, body: data });
  const text = await response.text();
  check(name, /totalCount/.test(text) || /variables|byte order|Content-Encoding/.test(text), text.slice(0, 120));
}
const json = async (query, variables) => (await fetch(`${hub}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) })).json();
same('the default of a variable counts in @include', Object.keys((await json('query($w: Boolean = true) { gap(first: 1) { totalCount edition @include(if: $w) { number } } }', {})).data.gap), ['totalCount', 'edition']);
same('and in @skip', Object.keys((await json('query($w: Boolean = true) { gap(first: 1) { totalCount edition @skip(if: $w) { number } } }', {})).data.gap), ['totalCount']);
same('1.0 is an Int', (await json('query($n: Int!) { gap(first: $n) { nodes { id } } }', { n: 1.0 })).data.gap.nodes.length, 1);

// Origins that no browser can send are refused at start, with the right one.
const data = copied();
for (const origin of ['*', 'http://127.0.0.1:27051/', '127.0.0.1:27051', 'https://*.example.org']) {
  const config = join(folder(), 'huitu.toml');
  writeFileSync(config, `origins = ["${origin}"]\n`);
  const outcome = await started(data, '--demo', '--config', config).then(({ stop }) => (stop(), 'served'), (error) => error.message);
  check(`origins = ["${origin}"] is refused`, outcome !== 'served' && outcome.includes('origins'), outcome.split('\n').find((line) => line.includes('origin')) ?? outcome);
}
const documents = folder();
writeFileSync(join(documents, 'wrong.graphql'), '{ nothing }');
same('huitu trust names a document that the schema cannot answer', huitu('trust', documents).status, 1);
end();
