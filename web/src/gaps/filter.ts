// The filter of the list: read from the address, asked of the graph, shown as chips. One reading for list, counts and export.
import type { EnterpriseFilter, EnterpriseTag, GapStatus, Ownership, SizeClass, SizeStatus, UnionStatus } from '../graph/generated/types';

/** Which part of the list: lacking a union, not to be told, or both. */
export type Part = 'lacking' | 'undecided' | 'both';

export interface Chosen {
  readonly part: Part;
  readonly text: string;
  readonly area: readonly string[];
  /** Codes of units of the federation. */
  readonly unit: readonly string[];
  readonly industry: readonly string[];
  readonly size: readonly SizeStatus[];
  readonly union: readonly UnionStatus[];
  readonly ownership: readonly Ownership[];
  readonly sizeClass: readonly SizeClass[];
  readonly tags: readonly EnterpriseTag[];
  readonly from: number | null;
  readonly to: number | null;
  /** What stands in the address and is no value any more. */
  readonly unknown: readonly string[];
}

export const kinds = {
  size: ['ABOVE', 'UNKNOWN', 'BELOW'] satisfies SizeStatus[],
  union: ['NONE', 'PREPARING', 'POSSIBLE', 'JOINT', 'FEDERATION', 'PARENT', 'INDEPENDENT'] satisfies UnionStatus[],
  ownership: ['STATE', 'COLLECTIVE', 'PRIVATE', 'FOREIGN', 'HMT', 'MIXED', 'INDIVIDUAL', 'OTHER', 'UNKNOWN'] satisfies Ownership[],
  sizeClass: ['LARGE', 'MEDIUM', 'SMALL', 'MICRO', 'UNKNOWN'] satisfies SizeClass[],
  tags: ['FORTUNE_500', 'LEADING', 'LABOUR_DISPATCH', 'FOREIGN', 'HMT', 'DISPUTE_LAST_12_MONTHS', 'PAYS_PREPARATORY_FUND', 'LISTED', 'DOMESTIC_SERVICE', 'CARE'] satisfies EnterpriseTag[],
};

export type Kind = keyof typeof kinds;
export const filterNames = ['q', 'area', 'unit', 'industry', 'size', 'union', 'ownership', 'sizeClass', 'tags', 'emp'] as const;

const list = (parameters: URLSearchParams, name: string): string[] => (parameters.get(name) ?? '').split(',').filter((value) => value !== '');

export function chosenOf(parameters: URLSearchParams): Chosen {
  const unknown: string[] = [];
  const known = <Value extends string>(name: Kind, values: readonly Value[]): Value[] =>
    list(parameters, name).flatMap((text) => {
      const value = values.find((v) => v === text);
      if (value === undefined) unknown.push(`${name}=${text}`);
      return value === undefined ? [] : [value];
    });
  const part = parameters.get('part');
  if (part !== null && part !== 'undecided' && part !== 'both' && part !== 'lacking') unknown.push(`part=${part}`);
  const employees = /^(\d*)\.\.(\d*)$/.exec(parameters.get('emp') ?? '');
  if (parameters.has('emp') && employees === null) unknown.push(`emp=${parameters.get('emp')}`);
  const number = (text: string | undefined): number | null => (text === undefined || text === '' ? null : Math.min(Number(text), 2_147_483_647));
  return {
    part: part === 'undecided' || part === 'both' ? part : 'lacking',
    text: parameters.get('q') ?? '',
    area: list(parameters, 'area'),
    unit: list(parameters, 'unit'),
    industry: list(parameters, 'industry'),
    size: known('size', kinds.size),
    union: known('union', kinds.union),
    ownership: known('ownership', kinds.ownership),
    sizeClass: known('sizeClass', kinds.sizeClass),
    tags: known('tags', kinds.tags),
    from: number(employees?.[1]),
    to: number(employees?.[2]),
    unknown,
  };
}

const MISSING: GapStatus[] = ['LACKING', 'LACKING_INDEPENDENT'];
const LACKING: EnterpriseFilter = { designatedSize: ['ABOVE'], gap: MISSING };
/** Of which nobody can say whether they belong on the list: the one meaning of “undecided” on every page. */
export const UNDECIDED: EnterpriseFilter = {
  or: [
    { designatedSize: ['UNKNOWN'], gap: MISSING },
    { designatedSize: ['ABOVE', 'UNKNOWN'], gap: ['UNDECIDED'] },
  ],
};
/** The parts as the graph's root field `gap` has them (`include`), written as a filter so that an export can take them too. */
const PARTS: Readonly<Record<Part, EnterpriseFilter>> = { lacking: LACKING, undecided: UNDECIDED, both: { or: [LACKING, UNDECIDED] } };

const some = <Value>(values: readonly Value[]): Value[] | undefined => (values.length === 0 ? undefined : [...values]);

export function filterOf(chosen: Chosen, part: Part = chosen.part): EnterpriseFilter {
  const text = chosen.text.trim();
  const conditions: EnterpriseFilter = {
    text: text === '' ? undefined : text,
    area: some(chosen.area),
    unit: some(chosen.unit),
    industry: some(chosen.industry),
    designatedSize: some(chosen.size),
    union: some(chosen.union),
    ownership: some(chosen.ownership),
    sizeClass: some(chosen.sizeClass),
    tags: some(chosen.tags),
    employees: chosen.from === null && chosen.to === null ? undefined : { gte: chosen.from, lte: chosen.to },
  };
  const isOpen = Object.values(conditions).every((value) => value === undefined);
  return isOpen ? PARTS[part] : { and: [PARTS[part], conditions] };
}
