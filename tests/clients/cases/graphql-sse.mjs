// Client: graphql-sse
// Tried: questions and subscriptions; a quiet stream behind a proxy that closes idle ones; editions missed while away; a token, and none
import { createClient } from 'graphql-sse';
import { check, copied, end, hub, impatient, publish, same, serve, started, token } from '../lib.mjs';

const client = (url, headers = {}) => createClient({ url: `${url}/graphql/sse`, retryAttempts: 0, headers: { 'accept-language': 'en', ...headers } });
const { value } = await client(hub).iterate({ query: '{ gap(first: 1) { totalCount } viewer { language } }' }).next();
check('a question in the caller’s language', value.data.gap.totalCount > 0 && value.data.viewer.language === 'EN', value.data);
const wrong = await client(hub).iterate({ query: 'subscription { nothing }' }).next().catch((error) => error);
check('a wrong document is refused', wrong.response?.status === 400 || wrong.value?.errors?.[0].extensions.code === 'BAD_INPUT', String(wrong.message ?? wrong));

const own = await serve();
const proxy = await impatient(own.url, 20_000);
const stream = client(proxy).iterate({ query: 'subscription { editionPublished { id number } }' });
const next = stream.next();
// What keeps it open is a comment, which no client shows: a second stream beside it is read byte by byte.
const raw = await fetch(`${proxy}/graphql/sse`, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'text/event-stream' }, body: JSON.stringify({ query: 'subscription { editionPublished { id } }' }) });
const reader = raw.body.pipeThrough(new TextDecoderStream()).getReader();
let comments = 0;
for (let text = ''; comments < 2; ) {
  const { value: piece, done } = await reader.read();
  if (done) break;
  text += piece;
  comments = (text.match(/^:/gm) ?? []).length;
}
same('two comments on a quiet stream', comments, 2);
publish(own.data, 40);
same('an edition on the quiet stream', (await next).value.data.editionPublished, { id: 'edition:3', number: 3 });

const missed = client(own.url, { 'last-event-id': 'edition:1' }).iterate({ query: 'subscription { editionPublished { number } }' });
same('missed editions come first, by Last-Event-ID', [(await missed.next()).value.data.editionPublished.number, (await missed.next()).value.data.editionPublished.number], [2, 3]);

const data = copied();
const secret = token(data, '--name', 'map', '--role', 'client');
const closed = await started(data);
same('a token', (await client(closed.url, { authorization: `Bearer ${secret}` }).iterate({ query: '{ viewer { name } }' }).next()).value.data.viewer.name, 'map');
const stranger = await client(closed.url).iterate({ query: '{ viewer { name } }' }).next().catch((error) => error);
same('without one it is refused', stranger.response?.status, 401);
end();
