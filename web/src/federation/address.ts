// What the pages of the federation read from the address; what is no value any more is left out and said.
import { dayFromNow } from '../cases/filter';
import type { UnionPlaceKind, UnionPostKind, UnionUnitLevel } from '../graph/generated/types';

export const levels = ['CITY', 'DISTRICT', 'STREET', 'TOWN', 'ZONE', 'INDUSTRIAL', 'PARK', 'BUILDING'] as const satisfies readonly UnionUnitLevel[];
export const placeKinds = ['CENTRE', 'STATION', 'BUILDING', 'PARK'] as const satisfies readonly UnionPlaceKind[];
export const postKinds = ['SOCIAL_WORKER', 'STUDENT_ASSISTANT', 'ASSISTANT', 'COORDINATOR'] as const satisfies readonly UnionPostKind[];

export interface Reader {
  /** One of some values; null where none, or none of them, is given. */
  one<Value extends string>(name: string, values: readonly Value[]): Value | null;
  /** A day; null where none is given. */
  day(name: string): string | null;
  year(name: string): number;
  text(name: string): string;
  /** What was given and is no value. */
  readonly unknown: readonly string[];
}

export function readerOf(parameters: URLSearchParams): Reader {
  const unknown: string[] = [];
  return {
    unknown,
    one: (name, values) => {
      const text = parameters.get(name);
      const value = values.find((v) => v === text) ?? null;
      if (text !== null && value === null) unknown.push(`${name}=${text}`);
      return value;
    },
    day: (name) => {
      const text = parameters.get(name);
      if (text === null) return null;
      if (/^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true) return text;
      unknown.push(`${name}=${text}`);
      return null;
    },
    year: (name) => {
      const text = parameters.get(name);
      if (text === null) return new Date().getFullYear();
      const year = Number(text);
      if (Number.isInteger(year) && year >= 2000 && year <= 2100) return year;
      unknown.push(`${name}=${text}`);
      return new Date().getFullYear();
    },
    text: (name) => parameters.get(name) ?? '',
  };
}

export const today = (): string => dayFromNow(0);
