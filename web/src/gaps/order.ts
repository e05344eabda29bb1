// The order of the list: `sort=-employees` in the address, as `orderBy` in the graph.
import type { EnterpriseOrder, EnterpriseSort } from '../graph/generated/types';

const fields: Readonly<Record<string, EnterpriseSort>> = {
  priority: 'PRIORITY',
  employees: 'EMPLOYEES',
  revenue: 'REVENUE',
  name: 'NAME',
  founded: 'ESTABLISHED_ON',
  since: 'GAP_SINCE',
};

export interface Order {
  readonly name: string;
  readonly isDown: boolean;
}

export function isOrder(text: string): boolean {
  return Object.hasOwn(fields, text.replace(/^-/, ''));
}

export function orderOf(text: string | null): Order {
  const isDown = text === null || text.startsWith('-');
  const name = (text ?? '').replace(/^-/, '');
  return isOrder(name) ? { name, isDown } : { name: 'priority', isDown: true };
}

export function orderBy(order: Order): EnterpriseOrder[] | null {
  const field = fields[order.name];
  if (field === undefined || (order.name === 'priority' && order.isDown)) return null;
  return [{ field, direction: order.isDown ? 'DESC' : 'ASC' }];
}

/** What a click on a header asks for next: falling, rising, the usual order. Names begin with rising. */
export function nextOrder(order: Order, name: string): string | null {
  const first = name === 'name' ? name : `-${name}`;
  const second = name === 'name' ? `-${name}` : name;
  if (order.name !== name) return first;
  const current = order.isDown ? `-${name}` : name;
  if (current === first) return second === 'priority' ? second : second;
  return null;
}
