import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { go, useParameters } from '../app/address';
import { Link } from '../app/Link';
import { useCode } from '../language/codes';
import { useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import type { Column } from './columns';
import { nextOrder, type Order } from './order';
import type { Row, Rows } from './rows';
import type { Ticked } from './Selection';
import { gapWords } from './words';

const ROW_PIXELS = 36;
const CARD_PIXELS = 66;
const HEAD_PIXELS = 36;

/** The rows in view and no others; the whole list has its length in the scroll bar. */
export function Grid({
  rows,
  columns,
  order,
  selected,
  onSelect,
}: {
  rows: Rows | null;
  columns: readonly Column[];
  order: Order;
  selected: Ticked;
  onSelect: (selected: Ticked) => void;
}) {
  const t = useWords(gapWords);
  const f = useFormat();
  const name = useWords(terms);
  const code = useCode();
  const [parameters, set] = useParameters();
  const place = useRef<HTMLDivElement>(null);
  const isNarrow = useNarrow();
  const height = isNarrow ? CARD_PIXELS : ROW_PIXELS;
  const total = rows?.total ?? 0;
  const [active, setActive] = useState(() => startRow());
  const names = { value: (value: string) => code('values', value), tag: (tag: keyof typeof name.tag) => name.tag[tag] };
  const at = parameters.get('at');
  const virtual = useVirtualizer({ count: total, getScrollElement: () => place.current, estimateSize: () => height, overscan: 8, scrollPaddingStart: HEAD_PIXELS, initialOffset: () => startRow() * height });
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];

  useEffect(() => virtual.measure(), [height]);
  useEffect(() => rows?.want(first, last), [rows, rows?.version, first, last]);
  useEffect(() => {
    const timer = setTimeout(() => history.replaceState({ row: Math.round((place.current?.scrollTop ?? 0) / height) }, ''), 200);
    return () => clearTimeout(timer);
  }, [first, height]);

  const tracks = `36px ${columns.map((column) => column.width).join(' ')}`;
  const least = 36 + columns.reduce((sum, column) => sum + column.least + 16, 24);
  const toggle = (row: Row | undefined) => {
    if (row === undefined) return;
    const next = new Map(selected);
    if (!next.delete(row.id)) next.set(row.id, row.creditCode);
    onSelect(next);
  };
  const toggleLoaded = (isOn: boolean) => {
    const next = new Map(selected);
    for (const row of loaded) {
      if (isOn) next.set(row.id, row.creditCode);
      else next.delete(row.id);
    }
    onSelect(next);
  };
  const open = (id: string) => `/e/${id}${at === null ? '' : `?at=${at}`}`;
  const move = (to: number) => {
    const row = Math.max(0, Math.min(total - 1, to));
    setActive(row);
    virtual.scrollToIndex(row, { align: 'auto' });
  };
  const page = Math.max(1, Math.floor(((place.current?.clientHeight ?? 400) - HEAD_PIXELS) / height) - 1);
  const keys: Record<string, () => void> = {
    ArrowDown: () => move(active + 1),
    ArrowUp: () => move(active - 1),
    PageDown: () => move(active + page),
    PageUp: () => move(active - page),
    Home: () => move(0),
    End: () => move(total - 1),
    Enter: () => {
      const row = rows?.row(active);
      if (row !== undefined) go(open(row.id));
    },
    ' ': () => toggle(rows?.row(active)),
  };
  const onKey = (event: KeyboardEvent) => {
    const act = keys[event.key];
    if (act === undefined || event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  };
  const loaded = rows?.known() ?? [];
  return (
    <div
      ref={place}
      className={isNarrow ? 'grid-scroll narrow' : 'grid-scroll'}
      role="grid"
      tabIndex={0}
      aria-label={`${t.grid}. ${t.keys}`}
      aria-rowcount={total + 1}
      aria-colcount={columns.length + 1}
      aria-multiselectable="true"
      aria-activedescendant={rows?.row(active) === undefined ? undefined : `row-${active}`}
      onKeyDown={onKey}
    >
      <div className="grid-inner" style={{ minWidth: isNarrow ? undefined : least, height: virtual.getTotalSize() + HEAD_PIXELS }} role="presentation">
        <div className="grid-head" role="row" aria-rowindex={1} style={isNarrow ? undefined : { gridTemplateColumns: tracks }}>
          <div role="columnheader" aria-label={t.selectLoaded}>
            <input
              type="checkbox"
              aria-label={t.selectLoaded}
              checked={loaded.length > 0 && loaded.every((row) => selected.has(row.id))}
              onChange={(event) => toggleLoaded(event.target.checked)}
            />
          </div>
          {columns.map((column) => (
            <div
              key={column.name}
              role="columnheader"
              className={column.isNumber === true ? 'number' : undefined}
              aria-sort={column.sort === order.name ? (order.isDown ? 'descending' : 'ascending') : undefined}
            >
              {column.sort === undefined ? (
                t.columnNames[column.name]
              ) : (
                <button type="button" title={t.sortBy(t.columnNames[column.name])} onClick={() => set({ sort: nextOrder(order, column.sort ?? '') })}>
                  {t.columnNames[column.name]}
                  <span aria-hidden="true">{column.sort === order.name ? (order.isDown ? ' ↓' : ' ↑') : ''}</span>
                </button>
              )}
            </div>
          ))}
        </div>
        {items.map((item) => {
          const row = rows?.row(item.index);
          return (
            <div
              key={item.index}
              id={`row-${item.index}`}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={row !== undefined && selected.has(row.id)}
              className={item.index === active ? 'grid-row active' : 'grid-row'}
              style={{ transform: `translateY(${item.start + HEAD_PIXELS}px)`, height, gridTemplateColumns: isNarrow ? undefined : tracks }}
              onClick={() => setActive(item.index)}
            >
              <div role="gridcell" className="pick">
                {row !== undefined && <input type="checkbox" tabIndex={-1} aria-label={t.select(row.name)} checked={selected.has(row.id)} onChange={() => toggle(row)} />}
              </div>
              {columns.map((column) => {
                const text = row === undefined ? '' : column.cell(row, f, names);
                return (
                  <div key={column.name} role="gridcell" title={text} className={`cell-${column.name}${column.isNumber === true ? ' number' : ''}${column.isCode === true ? ' mono' : ''}`}>
                    {row === undefined && column.name === 'name' ? (
                      <span className="muted">{t.loadingRow}</span>
                    ) : row !== undefined && column.name === 'name' ? (
                      <Link to={open(row.id)} tabIndex={-1}>
                        {text}
                      </Link>
                    ) : (
                      text
                    )}
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The row that was on top before a reload or a way back. */
function startRow(): number {
  const state: unknown = history.state;
  const row = typeof state === 'object' && state !== null && 'row' in state ? Number(state.row) : 0;
  return Number.isFinite(row) ? row : 0;
}

function useNarrow(): boolean {
  const [query] = useState(() => matchMedia('(max-width: 860px)'));
  const [isNarrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const read = () => setNarrow(query.matches);
    query.addEventListener('change', read);
    return () => query.removeEventListener('change', read);
  }, [query]);
  return isNarrow;
}
