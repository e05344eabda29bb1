// Five first questions to huitu, for a program of your own. Usage: client.ts URL DISTRICT [next]
//
// The ten most urgent enterprises of a district, why the first is there, the whole list page by page, coverage by district
// for a map, and, with `next`, what changed when the next edition comes. Needs nothing beside Node 20 or a browser. The
// chapter "First queries" of docs/ goes through it step by step.

// ANCHOR: ask
type Problem = { message: string; extensions: { code: string; retryable: boolean; hint?: string } };
type Answer<T> = { data?: T | null; errors?: Problem[] };

const token = process.env.HUITU_TOKEN;

function open(path: string, query: string, variables: Record<string, unknown>, accept: string): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept,
      'accept-language': 'en',
      'x-purpose': 'walk-through',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify({ query, variables }),
  });
}

/** The data of an answer; every error has a stable code and a text in the language asked for. */
function checked<T>({ data, errors }: Answer<T>): T {
  for (const e of errors ?? []) console.error(`${e.extensions.code}: ${e.message}`);
  if (!data) throw new Error('no answer');
  return data;
}

async function ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
  const response = await open('/graphql', query, variables, 'application/graphql-response+json');
  return checked((await response.json()) as Answer<T>);
}
// ANCHOR_END: ask

// ANCHOR: urgent
type Urgent = { id: string; name: string; gap: { status: string; priority: { score: number } } };

async function mostUrgent(): Promise<Urgent[]> {
  const { gap } = await ask<{ gap: { totalCount: number; nodes: Urgent[] } }>(
    `query($district: String!) {
      gap(first: 10, filter: { area: [$district] }) {
        totalCount
        nodes { id name gap { status priority { score } } }
      }
    }`,
    { district },
  );
  console.log(`most urgent of ${district}, ${gap.totalCount} in all:`);
  for (const e of gap.nodes) console.log(`  ${e.gap.priority.score.toFixed(1)}  ${e.name}  ${e.gap.status}`);
  return gap.nodes;
}
// ANCHOR_END: urgent

// ANCHOR: why
type Reason = { message: string; inputs?: { name: string; value: string | null; registry: { name: string } | null }[] };
type Why = {
  name: string;
  designatedSize: { reasons: Reason[] };
  unionCoverage: { reasons: Reason[] };
  gap: { reasons: Reason[]; priority: { factors: { message: string; points: number }[] } };
};

async function why(id: string): Promise<void> {
  const { enterprise: e } = await ask<{ enterprise: Why }>(
    `query($id: ID!) {
      enterprise(by: { id: $id }) {
        name
        designatedSize { reasons { message inputs { name value registry { name } } } }
        unionCoverage { reasons { message } }
        gap { reasons { message } priority { factors { message points } } }
      }
    }`,
    { id },
  );
  console.log(`why ${e.name}:`);
  for (const { reasons } of [e.designatedSize, e.unionCoverage, e.gap]) {
    for (const reason of reasons) {
      console.log(`  ${reason.message}`);
      for (const given of reason.inputs ?? []) {
        if (given.registry) console.log(`    ${given.name} = ${given.value}, says ${given.registry.name}`);
      }
    }
  }
  for (const factor of e.gap.priority.factors) {
    console.log(`  ${factor.points < 0 ? '' : '+'}${factor.points.toFixed(1)}  ${factor.message}`);
  }
}
// ANCHOR_END: why

// ANCHOR: pages
type Page = {
  totalCount: number;
  edition: { number: number };
  nodes: { id: string }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
};

/** Ids of the whole list, and the edition they come from: all pages come from the edition of the first one. */
async function allPages(): Promise<{ ids: string[]; number: number }> {
  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const { gap }: { gap: Page } = await ask(
      `query($district: String!, $after: String) {
        gap(first: 100, after: $after, filter: { area: [$district] }) {
          totalCount
          edition { number }
          nodes { id }
          pageInfo { hasNextPage endCursor }
        }
      }`,
      { district, after },
    );
    ids.push(...gap.nodes.map((e) => e.id));
    after = gap.pageInfo.endCursor;
    if (!gap.pageInfo.hasNextPage) {
      console.log(`read ${ids.length} of ${gap.totalCount}`);
      return { ids, number: gap.edition.number };
    }
  }
}
// ANCHOR_END: pages

// ANCHOR: map
type Row = {
  keys: { code: string; name: string }[];
  suppressed: boolean;
  inGap: number | null;
  coverageRate: { numerator: number; denominator: number } | null;
};
type Place = { code: string; labelPoint: { longitude: number; latitude: number } | null };

async function coverageForAMap(): Promise<void> {
  const { coverage, areas } = await ask<{ coverage: { rows: Row[] }; areas: Place[] }>(`{
    coverage(by: [DISTRICT]) { rows { keys { code name } suppressed inGap coverageRate { numerator denominator } } }
    areas(level: DISTRICT) { code labelPoint { longitude latitude } }
  }`);
  const points = new Map(areas.map((area) => [area.code, area.labelPoint]));
  console.log('coverage by district:');
  for (const { keys, inGap, coverageRate: rate } of coverage.rows) {
    if (!rate) {
      console.log(`  ${keys[0].name}: too few enterprises to be told to this caller`);
      continue;
    }
    const point = points.get(keys[0].code); // none for enterprises of no known district
    const place = point ? `${point.longitude.toFixed(2)},${point.latitude.toFixed(2)}` : 'no place';
    console.log(`  ${keys[0].name} at ${place}: ${inGap} in the gap, ${rate.numerator} of ${rate.denominator} covered`);
  }
}
// ANCHOR_END: map

// ANCHOR: next
/** The number of the next edition that the stream tells of. */
async function heard(events: ReadableStream<Uint8Array>): Promise<number> {
  const reader = events.getReader();
  const decoder = new TextDecoder();
  for (let text = ''; ; ) {
    const { value, done } = await reader.read();
    if (done) throw new Error('the stream ended; connect again');
    text += decoder.decode(value, { stream: true });
    const event = /^data: (\{.*\})$/m.exec(text);
    if (event) {
      await reader.cancel();
      return checked(JSON.parse(event[1]) as Answer<{ editionPublished: { number: number } }>).editionPublished.number;
    }
  }
}

async function nextEdition(before: { ids: string[]; number: number }): Promise<void> {
  const events = await open('/graphql/sse', 'subscription { editionPublished { number } }', {}, 'text/event-stream');
  // Listen first, then look: an edition that was published in between is not missed.
  const { editions } = await ask<{ editions: { nodes: { number: number }[] } }>('{ editions(first: 1) { nodes { number } } }');
  let latest = editions.nodes[0].number;
  if (latest === before.number) {
    console.log(`waiting for the edition after ${before.number}`);
    latest = await heard(events.body!);
  } else {
    await events.body!.cancel();
  }
  console.log(`edition ${latest}:`);
  const now = await allPages();
  const went = before.ids.filter((id) => !now.ids.includes(id)).length;
  const came = now.ids.filter((id) => !before.ids.includes(id)).length;
  console.log(`  ${came} came, ${went} went`);
}
// ANCHOR_END: next

const [url, district, further] = process.argv.slice(2);
const first = await mostUrgent();
if (first.length > 0) await why(first[0].id);
const list = await allPages();
await coverageForAMap();
if (further === 'next') await nextEdition(list);
