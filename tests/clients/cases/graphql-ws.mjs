// Client: graphql-ws, ws
// Tried: questions and subscriptions; a quiet connection behind a proxy that closes idle ones; editions missed while away; a token, and a wrong one; closing
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { check, copied, end, hub, impatient, publish, same, serve, started, token } from '../lib.mjs';

const address = (url) => `${url.replace('http', 'ws')}/graphql/ws`;
const client = (url, more = {}) => createClient({ url: address(url), webSocketImpl: WebSocket, retryAttempts: 0, ...more });

const plain = client(hub);
const { value } = await plain.iterate({ query: '{ gap(first: 1) { totalCount } }' }).next();
check('a question', value.data.gap.totalCount > 0, value.data);
const [one, two] = await Promise.all(['DISTRICT', 'OWNERSHIP'].map((by) => plain.iterate({ query: 'query($by: [Dimension!]!) { coverage(by: $by) { total { enterprises } } }', variables: { by: [by] } }).next()));
same('two at a time on one connection', one.value.data, two.value.data);
const wrong = await plain.iterate({ query: '{ nothing }' }).next().catch((error) => error);
check('a wrong document is refused with a code', Array.isArray(wrong) && wrong[0].extensions.code === 'BAD_INPUT', wrong[0]?.message);
const closing = new Promise((resolve) => plain.on('closed', resolve));
await plain.dispose();
const { code, wasClean } = await closing;
same('closing is answered', [code, wasClean], [1000, true]);

// Quiet for longer than the proxy waits: the hub's pings keep it open, and the edition comes through.
const own = await serve();
const proxy = await impatient(own.url, 20_000);
let socket;
class Watched extends WebSocket {
  constructor(...args) {
    super(...args);
    socket = this;
  }
}
const quiet = client(proxy, { webSocketImpl: Watched });
const editions = quiet.iterate({ query: 'subscription { editionPublished { id number } }' });
const next = editions.next();
await new Promise((resolve) => quiet.on('connected', resolve));
let pings = 0;
await new Promise((resolve) => socket.on('ping', () => ++pings === 2 && resolve()));
check('pinged twice, still open', socket.readyState === WebSocket.OPEN);
publish(own.data, 40);
const heard = (await next).value.data.editionPublished;
same('an edition on the quiet connection', heard, { id: 'edition:3', number: 3 });

// Who was away is told what they missed.
const missed = client(own.url).iterate({ query: 'subscription($last: ID) { editionPublished(lastEventId: $last) { number } }', variables: { last: 'edition:1' } });
same('missed editions come first', [(await missed.next()).value.data.editionPublished.number, (await missed.next()).value.data.editionPublished.number], [2, 3]);

// Behind tokens.
const data = copied();
const secret = token(data, '--name', 'map', '--role', 'client');
const closed = await started(data);
const known = client(closed.url, { connectionParams: { authorization: `Bearer ${secret}` } });
same('a token in connection_init', (await known.iterate({ query: '{ viewer { name } }' }).next()).value.data.viewer.name, 'map');
const stranger = await client(closed.url, { connectionParams: { authorization: 'Bearer nonsense' } }).iterate({ query: '{ viewer { name } }' }).next().catch((error) => error);
check('a wrong one is refused', [4401, 4403].includes(stranger.code), `${stranger.code} ${stranger.reason}`);
const english = client(hub, { connectionParams: { acceptLanguage: 'en' } });
const { value: words } = await english.iterate({ query: '{ viewer { language } }' }).next();
same('the language that connection_init names', words.data.viewer.language, 'EN');
end();
