// Keeps the files of the pages for whoever took a visit list along, so that they open again without a network. Answers of the graph
// are never kept. Registered with the first list, removed with the last.

const KEPT = 'huitu.pages';
/** Any page of the workbench is this one document. */
const PAGE = '/visits';

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

addEventListener('message', (event) => {
  const [answer] = event.ports;
  const keep = async () => {
    const cache = await caches.open(KEPT);
    await cache.addAll([PAGE, ...event.data.files]);
    // Files of an earlier build are of no use any more.
    const wanted = new Set([PAGE, ...event.data.files]);
    for (const request of await cache.keys()) if (!wanted.has(new URL(request.url).pathname)) await cache.delete(request);
  };
  event.waitUntil(keep().then(() => answer?.postMessage(true), () => answer?.postMessage(false)));
});

addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  const kept = (what) => caches.match(what, { ignoreVary: true });
  // What has a full stop in its name is a copy to print or a file: no page.
  if (request.mode === 'navigate' && !pathname.includes('.')) event.respondWith(fetch(request).catch(async () => (await kept(PAGE)) ?? Response.error()));
  else if (pathname.startsWith('/assets/')) event.respondWith(kept(request).then((file) => file ?? fetch(request)));
});
