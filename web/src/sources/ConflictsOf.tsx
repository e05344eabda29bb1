import { useState } from 'react';
import { Link } from '../app/Link';
import { Table } from '../app/Table';
import { ask } from '../graph/client';
import { Conflicts } from '../graph/generated/Conflicts';
import type { ConflictsQuery } from '../graph/generated/types';
import { useQuestion } from '../graph/question';
import { textOf } from '../graph/send';
import { useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { offer } from '../map/save';
import { Answered } from '../states/Answered';
import { Forbidden } from '../states/Failed';
import { csvOf } from './table';
import { sourceWords } from './words';

type Node = NonNullable<ConflictsQuery['conflicts']>['nodes'][number];

const SHOWN = 20;
/** As many as the graph gives at once. */
const SAVED = 100;

/** Fields where this registry says something else than what was chosen: for its department to check, as a file too. */
export function ConflictsOf({ registry }: { registry: string }) {
  const t = useWords(sourceWords);
  const f = useFormat();
  const name = useWords(terms);
  const [after, setAfter] = useState<string | null>(null);
  const question = useQuestion(Conflicts, { registry, first: SHOWN, after });
  const [said, setSaid] = useState('');
  const [isRunning, setRunning] = useState(false);
  const save = async () => {
    setRunning(true);
    try {
      const rows = linesOf(await everyConflict(registry), registry);
      const head = ['key', 'name', 'creditCode', t.field, t.theirs, t.chosen, t.registry];
      offer(csvOf([head, ...rows.map((row) => [row.key, row.enterprise.name, row.enterprise.creditCode ?? '', name.field[row.field], row.theirs, row.chosen, row.by])]), `huitu-conflicts-${registry}.csv`);
      setSaid('');
    } catch (problem) {
      setSaid(textOf(problem));
    } finally {
      setRunning(false);
    }
  };
  return (
    <section>
      <h3>{t.conflicts}</h3>
      <p className="muted small">{t.conflictsWhy}</p>
      <Answered question={question} rows={3}>
        {({ conflicts }) => {
          if (conflicts === null) return <Forbidden scope="records" />;
          if (conflicts.nodes.length === 0) return <p className="muted">{t.noConflicts}</p>;
          const rows = linesOf(conflicts.nodes, registry);
          return (
            <>
              <Table label={t.conflicts} heads={[name.field.NAME, t.field, t.theirs, t.chosen]}>
                {rows.map((row) => (
                  <tr key={`${row.enterprise.id}${row.field}`}>
                    <th scope="row">
                      <Link to={`/e/${row.enterprise.id}`}>{row.enterprise.name}</Link>
                    </th>
                    <td className="nowrap">{name.field[row.field]}</td>
                    <td className="gap">{row.theirs}</td>
                    <td>
                      {row.chosen} <span className="chip">{row.by}</span>
                    </td>
                  </tr>
                ))}
              </Table>
              <p className="row">
                <span className="muted">{t.total(f.count(conflicts.totalCount))}</span>
                <button type="button" className="plain" disabled={isRunning} onClick={() => void save()}>
                  {t.exportCsv}
                </button>
                {conflicts.pageInfo.hasNextPage && (
                  <button type="button" className="plain" onClick={() => setAfter(conflicts.pageInfo.endCursor)}>
                    {t.more}
                  </button>
                )}
                <span role="status" className="said">
                  {said}
                </span>
              </p>
            </>
          );
        }}
      </Answered>
    </section>
  );
}

function linesOf(nodes: readonly Node[], registry: string) {
  return nodes.flatMap(({ enterprise, conflict }) => {
    const theirs = conflict?.values.find((value) => value.registry.name === registry);
    if (conflict === null || theirs === undefined) return [];
    return [{ enterprise, field: conflict.field, key: theirs.record?.key ?? '', theirs: theirs.raw ?? theirs.value ?? '', chosen: conflict.chosen?.value ?? '', by: conflict.chosen?.registry.title ?? '' }];
  });
}

/** All of them, page after page: a department checks the whole of a file. */
async function everyConflict(registry: string): Promise<Node[]> {
  const nodes: Node[] = [];
  for (let after: string | null = null; ; ) {
    const page: ConflictsQuery['conflicts'] = (await ask(Conflicts, { registry, first: SAVED, after })).data.conflicts;
    if (page === null) return nodes;
    nodes.push(...page.nodes);
    after = page.pageInfo.endCursor;
    if (!page.pageInfo.hasNextPage || after === null) return nodes;
  }
}
