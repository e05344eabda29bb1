// Client: eventsource
// Tried: an EventSource behind a proxy that cuts it off: it connects again by itself, says what it heard last, and misses no edition
import { connect, createServer } from 'node:net';
import { EventSource } from 'eventsource';
import { check, end, publish, same, serve } from '../lib.mjs';

const own = await serve();
// A proxy whose lines are cut from outside.
const lines = new Set();
const proxy = createServer((client) => {
  const server = connect(Number(new URL(own.url).port), '127.0.0.1');
  lines.add(client);
  const close = () => [client, server].forEach((socket) => socket.destroy());
  client.pipe(server).pipe(client);
  for (const socket of [client, server]) socket.on('error', close).on('close', close);
});
await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
const query = encodeURIComponent('subscription { editionPublished { id number } }');
const source = new EventSource(`http://127.0.0.1:${proxy.address().port}/graphql/sse?query=${query}&lastEventId=edition:1`);
const heard = [];
const ids = [];
let opened = 0;
source.addEventListener('open', () => (opened += 1));
await new Promise((resolve, reject) => {
  source.addEventListener('next', (event) => {
    heard.push(JSON.parse(event.data).data.editionPublished.number);
    ids.push(event.lastEventId);
    if (heard.length === 1) {
      for (const line of lines) line.destroy();
      publish(own.data, 40);
    }
    if (heard.length === 2) resolve();
  });
  setTimeout(() => reject(new Error(`heard ${heard} within 60 s`)), 60_000).unref();
}).catch((error) => check('both editions are heard', false, error.message));
same('editions, one published while it was cut off', [heard, ids], [[2, 3], ['edition:2', 'edition:3']]);
check('it connected again', opened >= 2, opened);
source.close();
end();
