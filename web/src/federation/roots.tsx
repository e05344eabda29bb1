import type { ReactNode } from 'react';
import { UnitRoots } from '../graph/generated/UnitRoots';
import { useQuestion } from '../graph/question';
import { useWords } from '../language/words';
import { Answered } from '../states/Answered';
import { Empty } from '../states/Empty';
import { Forbidden } from '../states/Failed';
import { federationWords } from './words';

/** The units that a caller's tree begins with: the city's, or those of the caller's own areas. Says so where there are none. */
export function FromRoots({ at = null, rows = 8, children }: { at?: string | null; rows?: number; children: (roots: readonly string[]) => ReactNode }) {
  const t = useWords(federationWords);
  const question = useQuestion(UnitRoots, { asOf: at });
  return (
    <Answered question={question} rows={rows}>
      {({ cities, all }) => {
        if (cities === null || all === null) return <Forbidden scope="review" />;
        const roots = cities.nodes.length > 0 ? cities.nodes : all.nodes.filter((unit) => unit.parent === null);
        if (roots.length === 0) {
          return (
            <div className="empty" role="status">
              <p>{t.none}</p>
              <p>{t.noneHow}</p>
            </div>
          );
        }
        return children(roots.map((unit) => unit.code));
      }}
    </Answered>
  );
}

/** What stands where a list has nothing. */
export function Nothing({ filters, onClear }: { filters: readonly string[]; onClear: () => void }) {
  const t = useWords(federationWords);
  return filters.length > 0 ? <Empty filters={filters} onClear={onClear} /> : <Empty>{t.notYet}</Empty>;
}
