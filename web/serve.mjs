// Serves web/dist with the hub's policy and hands everything else on to a hub: for work on the pages without a Rust build.
// node serve.mjs [PORT] [HUB]
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';

const port = Number(process.argv[2] ?? 8090);
const hub = new URL(process.argv[3] ?? 'http://127.0.0.1:8080');
const dist = new URL('dist/', import.meta.url).pathname;
const pages = /^\/(|work|gaps|e\/[^/]+|cases(\/[^/]+)?|visits|duties|lists|units(\/[^/]+)?|places(\/[^/]+)?|posts|services|dispatch|funds|breakdown|appraisal|figures|review|sources|targets|bulletin|partner|administration|kit)$/;
const policy =
  "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const loose =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; " +
  "worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const types = { html: 'text/html; charset=utf-8', js: 'text/javascript', mjs: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', ttf: 'font/ttf', woff2: 'font/woff2' };

createServer({ maxHeaderSize: 1 << 20 }, (asked, answer) => {
  const path = new URL(asked.url, hub).pathname;
  const file = pages.test(path) ? 'index.html' : path === '/graphiql' ? 'graphiql.html' : path.startsWith('/assets/') ? path.slice(1) : null;
  if (file !== null && existsSync(dist + file)) {
    const packed = (asked.headers['accept-encoding'] ?? '').includes('br') && existsSync(`${dist}${file}.br`);
    const name = packed ? `${file}.br` : file;
    answer.writeHead(200, {
      'content-type': types[file.split('.').at(-1)] ?? 'application/octet-stream',
      'content-length': statSync(dist + name).size,
      'content-security-policy': file === 'graphiql.html' ? loose : policy,
      ...(packed ? { 'content-encoding': 'br' } : {}),
      ...(file.startsWith('assets/offline') ? { 'service-worker-allowed': '/' } : {}),
      ...(file.startsWith('assets/') ? { 'cache-control': 'public, max-age=31536000, immutable' } : {}),
    });
    createReadStream(dist + name).pipe(answer);
    return;
  }
  const on = request(
    { host: hub.hostname, port: hub.port, path: asked.url, method: asked.method, headers: { ...asked.headers, host: hub.host, ...(asked.headers.origin ? { origin: hub.origin } : {}) } },
    (told) => {
      answer.writeHead(told.statusCode, told.headers);
      // A stream of events is open before its first event.
      answer.flushHeaders();
      // What breaks off behind this breaks off before it.
      told.on('error', () => answer.destroy());
      told.pipe(answer);
    },
  );
  on.on('error', () => answer.writeHead(502).end());
  asked.pipe(on);
  answer.on('close', () => on.destroy());
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/`));
