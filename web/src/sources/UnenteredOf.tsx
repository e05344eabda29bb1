import { useState } from 'react';
import { Table } from '../app/Table';
import { Unentered } from '../graph/generated/Unentered';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { sourceWords } from './words';

/** Rows of the federation's own registries of which no place, post or service could be entered. Nothing where there are none. */
export function UnenteredOf({ registry }: { registry: string }) {
  const t = useWords(sourceWords);
  const f = useFormat();
  const [after, setAfter] = useState<string | null>(null);
  const rows = useQuestion(Unentered, { registry, after }).data?.data.registry?.unentered;
  if (rows == null || rows.totalCount === 0) return null;
  return (
    <section className="unentered">
      <h3>{t.unenteredTitle(f.count(rows.totalCount))}</h3>
      <p className="muted small">{t.unenteredWhy}</p>
      <Table label={t.unenteredTitle(f.count(rows.totalCount))} heads={[t.key, t.why]}>
        {rows.nodes.map((row) => (
          <tr key={row.key}>
            <td className="raw">{row.key}</td>
            <td>{row.reason}</td>
          </tr>
        ))}
      </Table>
      {rows.pageInfo.hasNextPage && (
        <button type="button" className="plain" onClick={() => setAfter(rows.pageInfo.endCursor)}>
          {t.more}
        </button>
      )}
    </section>
  );
}
