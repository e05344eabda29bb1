import type { ReactNode } from 'react';

/** The head of a column: its name, or the name of numbers, which stand to the right. */
export type Head = string | { readonly number: string };

/** A table that scrolls by itself where it is wider than its page: named, and reached by keyboard. `look` is its own class, `children` are its rows. */
export function Table({ label, heads, className = 'scroll-x', look = '', caption, children }: { label: string; heads: readonly Head[]; className?: string; look?: string; caption?: string; children: ReactNode }) {
  return (
    <div className={className} tabIndex={0} role="region" aria-label={label}>
      <table className={`grid ${look}`.trim()}>
        {caption !== undefined && <caption>{caption}</caption>}
        <thead>
          <tr>
            {heads.map((head, at) =>
              typeof head === 'string' ? (
                <th key={at} scope="col">
                  {head}
                </th>
              ) : (
                <th key={at} scope="col" className="number">
                  {head.number}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
