// Client: playwright-core
// Tried: pages of a configured origin and of another one in Chromium: headers that Apollo, OpenTelemetry and fetch libraries add, readable headers of answers, EventSource, WebSocket; OpenRefine's page without any setting
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import { check, end, same, serve } from '../lib.mjs';

/** A page on this machine; null where the port is taken. */
const page = (port = 0) =>
  new Promise((resolve) => {
    const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><link rel="icon" href="data:,">'));
    server.on('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`));
  });
const [ours, strange, openRefine] = [await page(), await page(), await page(3333)];
const { url: hub } = await serve('--origins', ours);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

async function asked(origin) {
  const tab = await browser.newPage();
  await tab.goto(origin);
  const seen = await tab.evaluate(async (hub) => {
    const found = {};
    const body = JSON.stringify({ query: '{ gap(first: 1) { totalCount } }' });
    const json = { 'content-type': 'application/json' };
    const attempt = async (name, path, options) => {
      try {
        const response = await fetch(hub + path, options);
        found[name] = { status: response.status, headers: Object.fromEntries(response.headers) };
        await response.arrayBuffer();
      } catch (error) {
        found[name] = { blocked: String(error) };
      }
    };
    const post = (headers) => ({ method: 'POST', headers: { ...json, ...headers }, body });
    await attempt('plain', '/graphql', post({}));
    await attempt('apollo', '/graphql', post({ 'apollographql-client-name': 'map', 'apollographql-client-version': '1', 'apollo-require-preflight': 'true' }));
    await attempt('telemetry', '/graphql', post({ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b', baggage: 'a=b', 'x-b3-traceid': '0af7651916cd43dd', 'x-b3-sampled': '1', 'uber-trace-id': '1:2:0:1', 'graphql-client-name': 'map', 'graphql-client-version': '1' }));
    await attempt('fetch libraries', '/geo/districts.geojson', { headers: { 'x-requested-with': 'XMLHttpRequest', 'cache-control': 'no-cache', pragma: 'no-cache' } });
    await attempt('tile', '/tiles/gap/10/843/387.mvt', {});
    await attempt('a refusal', '/tiles/nope/10/843/387.mvt', {});
    await attempt('export', '/export/gap.csv?first=5', { headers: { range: 'bytes=0-99', 'idempotency-key': 'x' } });
    await attempt('reconcile', '/reconcile', {});
    found.events = await new Promise((resolve) => {
      const source = new EventSource(`${hub}/graphql/sse?query=${encodeURIComponent('subscription { editionPublished { number } }')}&lastEventId=edition:1`);
      source.addEventListener('next', (event) => (resolve(event.data), source.close()));
      source.onerror = () => (resolve('blocked'), source.close());
    });
    found.socket = await new Promise((resolve) => {
      const socket = new WebSocket(`${hub.replace('http', 'ws')}/graphql/ws`, 'graphql-transport-ws');
      socket.onopen = () => socket.send(JSON.stringify({ type: 'connection_init' }));
      socket.onmessage = ({ data }) => (resolve(data), socket.close());
      socket.onerror = () => resolve('blocked');
    });
    return found;
  }, hub);
  await tab.close();
  return seen;
}

const known = await asked(ours);
for (const [name, answer] of Object.entries(known)) if (answer?.status) check(`a configured page reads: ${name}`, answer.status === (name === 'a refusal' ? 404 : 200), answer.blocked ?? answer.status);
for (const [name, answer] of Object.entries(known)) if (answer?.blocked) check(`a configured page reads: ${name}`, false, answer.blocked);
check('it sees ETag, edition and request id', ['etag', 'x-huitu-edition', 'x-request-id'].every((name) => known.tile.headers[name]), known.tile.headers);
check('it sees how many rows come, and the file’s name', known.export.headers['x-huitu-rows'] === '5' && Boolean(known.export.headers['content-disposition']), known.export.headers);
check('it hears of editions by EventSource', known.events.includes('"number":2'), known.events);
check('it opens a WebSocket', known.socket.includes('connection_ack'), known.socket);
const other = await asked(strange);
for (const [name, answer] of Object.entries(other)) if (typeof answer === 'object') check(`another page does not read: ${name}`, Boolean(answer.blocked), answer.status);
same('nor hears it events, nor opens it a WebSocket', [other.events, other.socket], ['blocked', 'blocked']);
if (openRefine) {
  const refine = await asked(openRefine);
  same('OpenRefine’s page reads reconciliation and nothing else', [refine.reconcile.status, Boolean(refine.plain.blocked), Boolean(refine.export.blocked)], [200, true, true]);
} else console.log('      port 3333 is taken: OpenRefine’s page was not tried');
await browser.close();
end();
