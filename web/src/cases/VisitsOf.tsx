import { NOTHING, useFormat } from '../language/format';
import { useWords } from '../language/words';
import type { WholeCase } from './CasePage';
import { caseWords } from './words';

/** What visits brought back of a case, newest first, those that do not count among them. */
export function VisitsOf({ card }: { card: WholeCase }) {
  const t = useWords(caseWords);
  const f = useFormat();
  return (
    <section className="card visits-of">
      <h2>{t.visits}</h2>
      {card.visits.length === 0 ? (
        <p className="muted">{t.noVisits}</p>
      ) : (
        <ul>
          {card.visits.map((visit) => (
            <li key={visit.id}>
              <span className={`status ${visit.state === 'COUNTS' ? 'ok' : visit.state === 'ASKED' ? 'warn' : 'muted'}`}>{t.visitStates[visit.state]}</span> {visit.result}
              {visit.on !== null && <> · {visit.on}</>}
              <span className="part">{[f.instant(visit.visitedAt ?? visit.broughtAt), visit.visitor, visit.note].filter((text) => text !== null && text !== NOTHING).join(' · ')}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
