// Client: kit/typescript, typescript
// Tried: every document, pages, errors, live events over both transports, none missed over a break
import { Hub, HubError, Areas, Coverage, CreateExport, EditionPublished, Editions, Enterprise, Enterprises, ExportProgress, Gap, Labels, live, pages, Registries, rows, Search, TradeUnions, Viewer } from '../../../kit/typescript/dist/index.js';
import { sse } from '../../../kit/typescript/dist/live/sse.js';
import { ws } from '../../../kit/typescript/dist/live/ws.js';
import WebSocket from 'ws';
import { check, EARLIER, end, hub as url, publish, same, serve } from '../lib.mjs';

const hub = new Hub({ url: `${url}/`, lang: 'en', purpose: '试用 of the kit' });

// Documents.
const { gap } = await hub.ask(Gap, { first: 10 });
check('the gap list', gap.totalCount > 10 && gap.nodes.length === 10 && gap.nodes.every((e) => e.gap.status.startsWith('LACKING')), gap.totalCount);
const { enterprise } = await hub.ask(Enterprise, { by: { id: gap.nodes[0].id } });
check('reasons of one enterprise', enterprise.gap.reasons.length > 0 && enterprise.name === gap.nodes[0].name);
const { coverage } = await hub.ask(Coverage, { by: ['DISTRICT'], compareWith: EARLIER });
same('coverage of all districts', coverage.rows.reduce((sum, row) => sum + row.inGap, 0), gap.totalCount);
same('compared with', coverage.comparedWith.number, 1);
const { search } = await hub.ask(Search, { text: gap.nodes[0].creditCode.slice(0, 12) });
check('search by part of a code', search.some((hit) => hit.enterprise.id === gap.nodes[0].id));
const { areas } = await hub.ask(Areas, { level: 'DISTRICT' });
check('areas', areas.length === 16 && areas.every((area) => area.labelPoint));
check('viewer, registries, labels', (await hub.ask(Viewer, {})).viewer.language === 'EN' && (await hub.ask(Registries, {})).registries.length > 5 && (await hub.ask(Labels, { of: 'GapStatus' })).labels.length === 5);

// Pages.
const ids = [];
for await (const e of rows(hub, Gap, { first: 7 })) ids.push(e.id);
same('each enterprise once over all pages', [ids.length, new Set(ids).size], [gap.totalCount, gap.totalCount]);
let told = 0;
for await (const page of pages(hub, Editions, { first: 1 })) told += page.nodes.length;
same('pages of editions', told, 2);
let unions = 0;
for await (const union of rows(hub, TradeUnions, { first: 40 })) unions += union.id ? 1 : 0;
check('pages of unions', unions > 40, unions);
const earlier = await hub.ask(Enterprises, { first: 1, asOf: EARLIER });
check('an earlier id names its edition', earlier.enterprises.nodes[0].id === `${earlier.enterprises.nodes[0].stableId}@1`, earlier.enterprises.nodes[0].id);

// Errors.
const refused = await hub.ask(Gap, { filter: { area: ['nowhere'] } }).catch((error) => error);
check('a refusal has a code and a text', refused instanceof HubError && refused.code === 'BAD_INPUT' && refused.message.includes('nowhere'), refused.message);
const nobody = await new Hub({ url: 'http://127.0.0.1:1' }).ask(Viewer, {}).catch((error) => error);
check('nobody answers', nobody.code === 'UNREACHABLE' && nobody.retryable, nobody.message);
const address = hub.address('/export/gap.csv', { area: ['110108', '110105'], filter: { employees: { gte: 1 } } });
same('an address of an export', (await fetch(address)).status, 200);

// Live.
const own = await serve();
const mine = new Hub({ url: own.url, lang: 'en' });
for (const [name, stream] of [['server-sent events', sse(mine)], ['WebSocket', ws(mine, WebSocket)]]) {
  const { createExport } = await mine.ask(CreateExport, { input: { list: 'GAP', format: 'CSV' } });
  const states = [];
  for await (const { exportProgress } of live(stream, ExportProgress, { id: createExport.export.id })) states.push(exportProgress.state);
  same(`an export over ${name} ends by itself`, states.at(-1), 'DONE');
  const wrong = await live(stream, ExportProgress, { id: 'no-such' }).next().catch((error) => error);
  check(`what the hub refuses over ${name} is thrown`, wrong instanceof HubError, wrong?.message ?? wrong);
}

// A stream that breaks after its first event: the hub is told of it and answers what was missed.
const through = sse(mine);
const asked = [];
let breaks = 0;
const breaking = (request, signal) => {
  asked.push(request.variables.lastEventId ?? null);
  const events = through(request, signal);
  if (asked.length > 1) return events;
  return (async function* () {
    for await (const event of events) {
      yield event;
      throw new Error('the line broke');
    }
  })();
};
const stop = new AbortController();
const heard = [];
const ready = live(breaking, EditionPublished, { lastEventId: 'edition:1' }, {
  signal: stop.signal,
  onBreak: () => (breaks += 1),
  wait: async () => publish(own.data, 40),
});
for await (const { editionPublished } of ready) {
  heard.push(editionPublished.number);
  if (heard.length === 2) stop.abort();
}
same('editions, one published while the line was broken', heard, [2, 3]);
// On a busy machine the line may break once more; what is asked then is the same.
check('what was heard last is asked behind', asked[0] === 'edition:1' && asked.slice(1).every((last) => last === 'edition:2') && breaks === asked.length - 1, JSON.stringify([asked, breaks]));
end();
