// The clients of graphql-ws and graphql-sse against a running server: node live.mjs URL
// Prints "ready" once subscribed; whoever started it then publishes edition 2.
import { createClient as createWsClient } from 'graphql-ws';
import { createClient as createSseClient } from 'graphql-sse';
import WebSocket from 'ws';

const url = process.argv[2];
const wsUrl = `${url.replace('http', 'ws')}/graphql/ws`;
const fail = (why) => {
  console.log(`FAILED: ${why}`);
  process.exit(1);
};
setTimeout(() => fail('nothing came within 30 s'), 30_000).unref();

const first = (client, query) =>
  new Promise((resolve, reject) => {
    const stop = client.subscribe({ query }, {
      next: (value) => { resolve(value); setImmediate(() => stop()); },
      error: reject,
      complete: () => {},
    });
  });

const ws = createWsClient({ url: wsUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
const sse = createSseClient({ url: `${url}/graphql/sse`, retryAttempts: 0 });

// A query over either transport is answered once.
for (const client of [ws, sse]) {
  const answer = await first(client, '{ gap(first: 1) { totalCount } }');
  if (!(answer.data.gap.totalCount > 0)) fail(`query: ${JSON.stringify(answer)}`);
}
// What the schema does not have is an error, not silence.
for (const client of [ws, sse]) {
  const refused = await first(client, 'subscription { nothing }').then((v) => v.errors, (e) => e);
  if (!refused) fail('an unknown field was accepted');
}

// The protocol's codes.
const closed = (messages, protocol = 'graphql-transport-ws') =>
  new Promise((resolve) => {
    const socket = new WebSocket(wsUrl, protocol);
    socket.on('open', () => messages.forEach((m) => socket.send(typeof m === 'string' ? m : JSON.stringify(m))));
    socket.on('close', (code) => resolve(code));
    socket.on('error', () => resolve('refused'));
  });
const subscribe = { id: 'a', type: 'subscribe', payload: { query: 'subscription { editionPublished { number } }' } };
const init = { type: 'connection_init' };
for (const [expected, messages] of [
  [4401, [subscribe]],
  [4429, [init, init]],
  [4409, [init, subscribe, subscribe]],
  [4400, ['not json']],
  [4400, [{ type: 'nonsense' }]],
]) {
  const code = await closed(messages);
  if (code !== expected) fail(`${JSON.stringify(messages)} closed with ${code} instead of ${expected}`);
}
if ((await closed([init], 'other-protocol')) !== 'refused') fail('another subprotocol was accepted');

// Twenty operations, not one more.
const limit = await new Promise((resolve) => {
  const socket = new WebSocket(wsUrl, 'graphql-transport-ws');
  socket.on('open', () => socket.send(JSON.stringify(init)));
  socket.on('message', (text) => {
    const message = JSON.parse(text);
    if (message.type === 'connection_ack') for (let i = 0; i < 21; i++) socket.send(JSON.stringify({ ...subscribe, id: `n${i}` }));
    if (message.type === 'error') { socket.terminate(); resolve(message); }
  });
});
if (limit.id !== 'n20' || limit.payload[0].extensions.code !== 'COST_EXCEEDED') fail(JSON.stringify(limit));

// Whoever was told of nothing yet is told of edition 1 at once: then the stream is open at the server, and edition 2 comes as it is published.
const query = 'subscription { editionPublished(lastEventId: "edition:0") { number enterprises sources { registry { name } } } }';
const streams = [ws, sse].map((client) => client.iterate({ query }));
const heard = async (number) => {
  for (const stream of streams) {
    const { value: answer } = await stream.next();
    if (answer?.data?.editionPublished.number !== number) fail(JSON.stringify(answer));
  }
};
await heard(1);
console.log('ready');
await heard(2);
console.log('both heard of edition 2');
process.exit(0);
