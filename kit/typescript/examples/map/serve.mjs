// Serves the first map on this machine and hands its questions for areas and tiles on to a hub, so that no origin needs to be allowed and
// no token reaches the browser: node serve.mjs [--port 8081] [--hub http://127.0.0.1:8080]; HUITU_TOKEN says who asks, where the hub wants
// to know. It asks for maps and nothing else, and only for pages of its own address.
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { request as secure } from 'node:https';
import { parseArgs } from 'node:util';
import { brotliCompressSync } from 'node:zlib';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8081' }, hub: { type: 'string', default: 'http://127.0.0.1:8080' } } });
const hub = new URL(values.hub);
const base = hub.pathname.replace(/\/$/, '');
const here = new URL('.', import.meta.url).pathname;
const kit = `${here}../../../`;
const types = { html: 'text/html; charset=utf-8', mjs: 'text/javascript', css: 'text/css', json: 'application/json', png: 'image/png' };

/** Which file an address is; null: the hub's. */
function fileOf(path) {
  if (path === '/') return `${here}index.html`;
  if (path === '/map.mjs') return `${here}map.mjs`;
  const [, image] = /^\/map\/(sprite(?:@2x)?\.(?:json|png))$/.exec(path) ?? [];
  if (image) return `${kit}maplibre/${image}`;
  const [, library] = /^\/maplibre\/([\w-]+\.(?:mjs|css))$/.exec(path) ?? [];
  return library ? `${kit}typescript/node_modules/maplibre-gl/dist/${library}` : null;
}

/** The style with this page's address, language and measure. */
function style(url) {
  const template = readFileSync(`${kit}maplibre/style.json`, 'utf8');
  const { measure, measures } = JSON.parse(template).metadata.huitu;
  const [lang, asked] = [url.searchParams.get('lang') === 'en' ? 'en' : 'zh', url.searchParams.get('measure') ?? measure];
  if (!(asked in measures)) return null;
  const painted = template.replaceAll(`["get", "${measure}"]`, `["get", "${asked}"]`).replace(`"measure": "${measure}"`, `"measure": "${asked}"`);
  return painted.replaceAll('http://127.0.0.1:8080', url.origin).replaceAll('lang=zh', `lang=${lang}`);
}

const server = createServer((asked, answer) => {
  const url = new URL(asked.url, `http://${asked.headers.host}`);
  // A name of somebody else's that leads here is not this page.
  if (!['127.0.0.1', 'localhost'].includes(url.hostname)) return answer.writeHead(403).end();
  if (url.pathname === '/map/style.json') {
    const text = style(url);
    if (text === null) return answer.writeHead(400).end();
    answer.writeHead(200, { 'content-type': types.json, 'content-encoding': 'br' });
    return answer.end(brotliCompressSync(text));
  }
  const file = fileOf(url.pathname);
  if (file !== null) {
    if (!existsSync(file)) return answer.writeHead(404).end();
    answer.writeHead(200, { 'content-type': types[file.split('.').at(-1)], 'content-length': statSync(file).size });
    return createReadStream(file).pipe(answer);
  }
  if (asked.method !== 'GET' || !/^\/(geo|tiles)\//.test(url.pathname)) return answer.writeHead(404).end();
  const { host, cookie, ...headers } = asked.headers;
  const token = process.env.HUITU_TOKEN;
  const on = (hub.protocol === 'https:' ? secure : request)(
    { host: hub.hostname, port: hub.port, path: base + asked.url, headers: { ...headers, host: hub.host, ...(token ? { authorization: `Bearer ${token}` } : {}) } },
    (told) => {
      answer.writeHead(told.statusCode, told.headers);
      told.pipe(answer);
    },
  );
  on.on('error', () => answer.headersSent || answer.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' }).end(`no hub at ${hub.href}: start one with make demo\n`));
  asked.pipe(on);
  answer.on('close', () => on.destroy());
});
server.listen(Number(values.port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/ shows the map of ${hub.href}`));
