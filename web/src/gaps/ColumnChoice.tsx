import { useParameters } from '../app/address';
import { useWords } from '../language/words';
import { columns, usualColumns, type Column } from './columns';
import { gapWords } from './words';

/** Which columns are shown; the name always is. */
export function ColumnChoice({ shown }: { shown: readonly Column[] }) {
  const t = useWords(gapWords);
  const [, set] = useParameters();
  const names = shown.map((column) => column.name);
  const toggle = (column: Column) => {
    const next = columns.map((c) => c.name).filter((name) => name !== 'name' && names.includes(name) !== (name === column.name));
    const usual = usualColumns();
    const isUsual = next.length === usual.length - 1 && next.every((name) => usual.includes(name));
    set({ cols: isUsual ? null : next.join(',') }, 'replace');
  };
  return (
    <details className="menu">
      <summary>{t.columns}</summary>
      <div>
        {columns
          .filter((column) => column.name !== 'name')
          .map((column) => (
            <label key={column.name} className="check">
              <input type="checkbox" checked={names.includes(column.name)} disabled={names.includes(column.name) && names.length === 2} onChange={() => toggle(column)} />
              {t.columnNames[column.name]}
            </label>
          ))}
      </div>
    </details>
  );
}
