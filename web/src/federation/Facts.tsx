import type { ReactNode } from 'react';

export interface Column<Row> {
  readonly key: string;
  readonly head: ReactNode;
  readonly isNumber?: boolean;
  readonly className?: string;
  cell(row: Row): ReactNode;
}

/** A table of facts: the first column names the row. Wide ones scroll in their own box. */
export function FactTable<Row>({
  label,
  rows,
  columns,
  keyOf,
  className = '',
  total,
}: {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  className?: string;
  /** A last line in the foot. */
  total?: Row;
}) {
  const classOf = (column: Column<Row>) => [column.isNumber === true ? 'number' : '', column.className ?? ''].join(' ').trim() || undefined;
  const line = (row: Row) =>
    columns.map((column, at) =>
      at === 0 ? (
        <th key={column.key} scope="row" className={classOf(column)}>
          {column.cell(row)}
        </th>
      ) : (
        <td key={column.key} className={classOf(column)}>
          {column.cell(row)}
        </td>
      ),
    );
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={label}>
      <table className={`grid facts-table ${className}`.trim()}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" className={classOf(column)}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>{line(row)}</tr>
          ))}
        </tbody>
        {total !== undefined && (
          <tfoot>
            <tr>{line(total)}</tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

/** Figures side by side, the first the largest. */
export function Kpis({ items }: { items: readonly { label: string; value: ReactNode; note?: ReactNode; tone?: 'gap' | 'warn' }[] }) {
  return (
    <dl className="kpis">
      {items.map((item) => (
        <div key={item.label}>
          <dt>{item.label}</dt>
          <dd className={item.tone}>{item.value}</dd>
          {item.note !== undefined && <dd className="muted small">{item.note}</dd>}
        </div>
      ))}
    </dl>
  );
}
