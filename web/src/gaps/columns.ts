// The columns of the list: what a cell shows, how wide it is, what it is called in an export.
import type { Format } from '../language/format';
import { placeOf } from '../language/place';
import type { Row } from './rows';

export type ColumnName =
  | 'name'
  | 'code'
  | 'area'
  | 'industry'
  | 'ownership'
  | 'employees'
  | 'insured'
  | 'revenue'
  | 'founded'
  | 'size'
  | 'union'
  | 'why'
  | 'since'
  | 'tags'
  | 'priority';

export interface Names {
  value(code: string): string;
  tag(tag: Row['tags'][number]): string;
}

export interface Column {
  readonly name: ColumnName;
  /** CSS grid track. */
  readonly width: string;
  readonly least: number;
  readonly isNumber?: boolean;
  readonly isCode?: boolean;
  /** Name in `sort=`, where the graph can order by it. */
  readonly sort?: string;
  /** Columns of an export. */
  readonly exported: readonly string[];
  cell(row: Row, f: Format, names: Names): string;
}

export const columns: readonly Column[] = [
  { name: 'name', width: 'minmax(230px, 2.2fr)', least: 230, sort: 'name', exported: ['name'], cell: (row) => row.name },
  { name: 'priority', width: '84px', least: 84, isNumber: true, sort: 'priority', exported: ['priority'], cell: (row, f) => f.decimal(row.gap?.priority?.score) },
  { name: 'code', width: '186px', least: 186, exported: ['creditCode'], isCode: true, cell: (row) => row.creditCode ?? row.creditCodeRaw ?? '—' },
  { name: 'area', width: 'minmax(130px, 1fr)', least: 130, exported: ['districtName', 'townName'], cell: (row) => placeOf(row.area) },
  { name: 'industry', width: 'minmax(130px, 1fr)', least: 130, exported: ['industry', 'industryName'], cell: (row) => row.industry?.name ?? '—' },
  { name: 'ownership', width: '110px', least: 110, exported: ['ownership'], cell: (row, _f, n) => (row.ownership === null ? '—' : n.value(row.ownership)) },
  { name: 'employees', width: '96px', least: 96, isNumber: true, sort: 'employees', exported: ['employees'], cell: (row, f) => f.count(row.employees) },
  { name: 'insured', width: '96px', least: 96, isNumber: true, exported: ['insured'], cell: (row, f) => f.count(row.insured) },
  { name: 'revenue', width: '130px', least: 130, isNumber: true, sort: 'revenue', exported: ['revenueYuan'], cell: (row, f) => f.money(row.revenueYuan) },
  { name: 'founded', width: '104px', least: 104, sort: 'founded', exported: ['establishedOn'], cell: (row, f) => f.day(row.establishedOn) },
  {
    name: 'size',
    width: 'minmax(180px, 1.7fr)',
    least: 180,
    exported: ['designatedSize', 'sizeReasons'],
    cell: (row) => row.designatedSize?.reasons[0]?.message ?? '—',
  },
  { name: 'union', width: '110px', least: 110, exported: ['union'], cell: (row, _f, n) => (row.unionCoverage === null ? '—' : n.value(row.unionCoverage.verdict)) },
  {
    name: 'why',
    width: 'minmax(150px, 1.2fr)',
    least: 150,
    exported: ['gap', 'gapReasons'],
    cell: (row) => row.gap?.reasons[0]?.message ?? '—',
  },
  { name: 'since', width: '104px', least: 104, sort: 'since', exported: ['gapSince'], cell: (row, f) => f.day(row.gap?.since) },
  { name: 'tags', width: 'minmax(150px, 1fr)', least: 150, exported: ['tags'], cell: (row, _f, n) => row.tags.map((tag) => n.tag(tag)).join(' · ') || '—' },
];

const usual: readonly ColumnName[] = ['name', 'priority', 'code', 'area', 'employees', 'size', 'why'];
const fewer: readonly ColumnName[] = ['name', 'priority', 'code', 'area', 'employees', 'why'];

/** The columns where nobody chose: one less where the window is narrow. */
export function usualColumns(): readonly ColumnName[] {
  return innerWidth < 1200 ? fewer : usual;
}

/** Whether each of these names is one of a column. */
export function areColumns(text: string): boolean {
  return text.split(',').every((name) => columns.some((column) => column.name === name));
}

export function shownColumns(text: string | null): readonly Column[] {
  const names: readonly string[] = text === null ? usualColumns() : ['name', ...text.split(',')];
  const shown = columns.filter((column) => names.includes(column.name));
  return shown.length < 2 ? columns.filter((column) => usual.includes(column.name)) : shown;
}
