// What the WebSocket refuses, with the npm package ws: node limits.mjs URL TOKEN OTHER
// Prints "ready" once two clients have asked to listen, of which one reads nothing; whoever started it then waits until the server has
// both listeners of syncs, floods them with events whose last
// one has done = 60000, and takes back OTHER's token before publishing edition 2.
import WebSocket from 'ws';

const [url, token, other] = process.argv.slice(2);
const wsUrl = `${url.replace('http', 'ws')}/graphql/ws`;
const fail = (why) => {
  console.log(`FAILED: ${why}`);
  process.exit(1);
};
setTimeout(() => fail('not done within 60 s'), 60_000).unref();

const connect = (options = {}) => new WebSocket(wsUrl, 'graphql-transport-ws', options);
const init = (secret = token) => JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${secret}` } });
const subscribe = (id, query) => JSON.stringify({ id, type: 'subscribe', payload: { query } });
const editions = 'subscription { editionPublished { number } }';
const closing = (socket) =>
  new Promise((resolve) => {
    socket.on('close', (code) => resolve(code));
    socket.on('unexpected-response', (_, response) => resolve(`HTTP ${response.statusCode}`));
    socket.on('error', () => {});
  });
// Opens, says who it is, and resolves once that is acknowledged.
const opened = async (secret) => {
  const socket = connect();
  const messages = [];
  const waiting = [];
  socket.on('message', (text) => {
    const message = JSON.parse(text);
    const next = waiting.shift();
    if (next) next(message);
    else messages.push(message);
  });
  const read = () => new Promise((resolve) => (messages.length ? resolve(messages.shift()) : waiting.push(resolve)));
  await new Promise((resolve) => socket.on('open', resolve));
  socket.send(init(secret));
  const ack = await read();
  if (ack.type !== 'connection_ack') fail(`no acknowledgement: ${JSON.stringify(ack)}`);
  return { socket, read };
};

// Who does not say who it is in time loses the connection; so does a wrong token.
const silent = connect();
const silentCode = await closing(silent);
if (silentCode !== 4408) fail(`a silent client was closed with ${silentCode}`);
const stranger = connect();
stranger.on('open', () => stranger.send(init('wrong')));
const strangerCode = await closing(stranger);
if (strangerCode !== 4403) fail(`a wrong token was closed with ${strangerCode}`);

// Other sites' pages may not connect.
for (const [origin, expected] of [['https://elsewhere.example', 'HTTP 403'], ['https://map.example', 'open']]) {
  const socket = connect({ origin });
  const outcome = await Promise.race([closing(socket), new Promise((resolve) => socket.on('open', () => resolve('open')))]);
  if (outcome !== expected) fail(`${origin}: ${outcome}`);
  socket.terminate();
}

// Messages of 64 KiB and not more; text and not bytes.
for (const [what, send, expected] of [
  ['64 KiB and more', (s) => s.send(subscribe('a', `# ${'x'.repeat(65_536)}\n${editions}`)), 1009],
  ['bytes', (s) => s.send(Buffer.from(subscribe('a', editions))), 4400],
]) {
  const { socket } = await opened();
  const closed = closing(socket);
  send(socket);
  const code = await closed;
  if (code !== expected) fail(`${what} were closed with ${code} instead of ${expected}`);
}

// Twenty operations; one that ends makes room. A ping is answered all the while.
{
  const { socket, read } = await opened();
  for (let i = 0; i < 20; i++) socket.send(subscribe(`n${i}`, editions));
  socket.send(subscribe('more', editions));
  const refused = await read();
  if (refused.id !== 'more' || refused.type !== 'error' || refused.payload[0].extensions.code !== 'COST_EXCEEDED') fail(JSON.stringify(refused));
  socket.send(JSON.stringify({ type: 'ping' }));
  if ((await read()).type !== 'pong') fail('no pong');
  socket.send(JSON.stringify({ id: 'n3', type: 'complete' }));
  socket.send(subscribe('query', '{ gap(first: 1) { totalCount } }'));
  const answer = await read();
  if (answer.id !== 'query' || !(answer.payload.data.gap.totalCount > 0)) fail(JSON.stringify(answer));
  if ((await read()).type !== 'complete') fail('a query ends');
  // A document that costs too much is refused like anywhere.
  socket.send(subscribe('dear', '{ gap(first: 500) { nodes { branches(first: 500) { nodes { name } } } } }'));
  const dear = await read();
  if (dear.id !== 'dear' || dear.type !== 'error' || dear.payload[0].extensions.code !== 'COST_EXCEEDED') fail(JSON.stringify(dear));
  socket.terminate();
}

// A client that reads nothing misses events but not the last, and holds up nobody.
const syncs = 'subscription { syncProgress { done } }';
const [slow, quick, leaving] = [await opened(), await opened(), await opened(other)];
for (const client of [slow, quick]) client.socket.send(subscribe('s', syncs));
leaving.socket.send(subscribe('e', 'subscription { editionPublished(lastEventId: "edition:0") { number } }'));
// Edition 1 comes at once: that stream is open. For the other two whoever floods them waits, for nothing is told before it happens.
const told = await leaving.read();
if (told.payload?.data?.editionPublished.number !== 1) fail(JSON.stringify(told));
slow.socket.pause();
const left = closing(leaving.socket);
const until = async (client) => {
  for (let seen = 1; ; seen++) {
    const message = await client.read();
    if (message.payload?.data?.syncProgress.done === 60_000) return seen;
  }
};
console.log('ready');
const quickly = await until(quick);
slow.socket.resume();
const slowly = await until(slow);
const code = await left;
if (code !== 4403) fail(`who lost its token was closed with ${code}`);
console.log(`of 60000 events the quick client saw ${quickly}, the one that slept ${slowly}; a lost token closed with ${code}`);
if (slowly >= 60_000) fail('everything was kept for a client that reads nothing');
process.exit(0);
