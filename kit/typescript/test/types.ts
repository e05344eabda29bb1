// Read by the compiler alone (`npm run check`): what a program is told of the types of answers.
import { Coverage, EditionPublished, Gap, Hub, live, pages, rows, TradeUnions, Viewer, type types } from '../src/index.js';
import type { Stream } from '../src/index.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const proven = <_T extends true>() => {};

export async function read(hub: Hub, stream: Stream): Promise<void> {
  const { gap } = await hub.ask(Gap, { first: 10, filter: { area: ['110108'], employees: { gte: 50 } }, orderBy: [{ field: 'EMPLOYEES', direction: 'DESC' }] });
  proven<Same<typeof gap.totalCount, number>>();
  const [first] = gap.nodes;
  proven<Same<NonNullable<typeof first>['name'], string>>();
  proven<Same<NonNullable<typeof first>['employees'], number | null>>();
  const status: types.GapStatus | undefined = first?.gap?.status;

  for await (const e of rows(hub, Gap, {})) proven<Same<typeof e.id, string>>();
  for await (const page of pages(hub, TradeUnions, { first: 200 })) proven<Same<typeof page.totalCount, number>>();
  for await (const { editionPublished } of live(stream, EditionPublished, {})) proven<Same<typeof editionPublished.number, number>>();
  const { coverage } = await hub.ask(Coverage, { by: ['DISTRICT'] });
  proven<Same<NonNullable<(typeof coverage.rows)[number]['coverageRate']>['value'], number | null>>();
  const { viewer } = await hub.ask(Viewer, {});
  proven<Same<typeof viewer.role, string>>();

  // @ts-expect-error there is no such filter
  await hub.ask(Gap, { filter: { areas: ['110108'] } });
  // @ts-expect-error there is no such status
  await hub.ask(Gap, { filter: { gap: ['NONE'] } });
  // @ts-expect-error `by` must be given
  await hub.ask(Coverage, {});
  // @ts-expect-error it was not asked
  console.log(first.address, status);
}
