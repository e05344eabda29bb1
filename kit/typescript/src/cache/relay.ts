// For Relay's store: `new Store(source, { … })` and `new Environment({ …, missingFieldHandlers })`. Relay keys by `id`, which names the
// kind and, where an earlier edition was asked, the edition (`E…@12`); nothing needs to be set for that. What the store holds already
// is found without a request.
import { ROOT_TYPE } from 'relay-runtime';
import type { MissingFieldHandler } from 'relay-runtime';

/** The id of what `asOf` names, where it is an edition by number; days and instants are the hub's to resolve. */
function idAsOf(id: string, asOf: unknown): string | null {
  if (asOf === undefined || asOf === null) return id;
  const edition = /^edition:(\d+)$/.exec(String(asOf));
  return edition ? `${stableIdOf(id)}@${edition[1]}` : null;
}

/** The id without an edition: the same in all of them, as the field `stableId` says it. */
export function stableIdOf(id: string): string {
  return id.replace(/@\d+$/, '');
}

/** `node(id:)`, `enterprise(by: {id:})` and `tradeUnion(id:)` out of the store. */
export const missingFieldHandlers: MissingFieldHandler[] = [
  {
    kind: 'linked',
    handle(field, record, args) {
      if (record?.getType() !== ROOT_TYPE) return undefined;
      const given = args as Record<string, unknown>;
      switch (field.name) {
        case 'node':
          return given['id'] as string;
        case 'tradeUnion':
          return idAsOf(given['id'] as string, given['asOf']);
        case 'enterprise': {
          const id = (given['by'] as { id?: string } | undefined)?.id;
          return id === undefined ? undefined : idAsOf(id, given['asOf']);
        }
        default:
          return undefined;
      }
    },
  },
];
