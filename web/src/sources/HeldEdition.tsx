import { ask } from '../graph/client';
import { Held } from '../graph/generated/Held';
import { RejectEdition } from '../graph/generated/RejectEdition';
import { ReleaseEdition } from '../graph/generated/ReleaseEdition';
import { useQuestion } from '../graph/question';
import { useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { Decision } from './Decision';
import { sourceWords } from './words';

/** The edition that a person must release or reject: what jumps, by how much, and what changed. */
export function HeldEdition({ mayOperate }: { mayOperate: boolean }) {
  const t = useWords(sourceWords);
  const f = useFormat();
  const name = useWords(terms);
  const held = useQuestion(Held, {}, { enabled: mayOperate }).data?.data.heldEdition;
  if (held === null || held === undefined || (held.state !== 'HELD' && held.state !== 'REJECTED')) return null;
  const told = (errors: readonly { message: string }[]) => errors.map((error) => error.message).join(' ');
  return (
    <section className="card held">
      <h2>⏸ {t.heldEdition}</h2>
      <p>{held.jumps.length === 0 ? t.heldRollWhy : t.heldWhy}</p>
      {held.jumps.length > 0 && (
        <table className="grid">
          <thead>
            <tr>
              <th scope="col">{t.figure}</th>
              <th scope="col" className="number">
                {t.before}
              </th>
              <th scope="col" className="number">
                {t.after}
              </th>
              <th scope="col" className="number">
                {t.limit}
              </th>
            </tr>
          </thead>
          <tbody>
            {held.jumps.map((jump) => (
              <tr key={jump.figure}>
                <th scope="row">{name.figure[jump.figure]}</th>
                <td className="number">{f.count(jump.before)}</td>
                <td className="number gap">{`${f.count(jump.after)} (${jump.before === 0 ? '—' : f.percent((jump.after - jump.before) / jump.before)})`}</td>
                <td className="number">{`±${f.decimal(jump.limitPercent)}%`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {held.causes.length > 0 && <p>{f.named(t.causes, f.list(held.causes))}</p>}
      {held.state === 'REJECTED' ? (
        <p className="muted">
          {t.rejectedBy(held.decidedBy ?? '', f.instant(held.decidedAt))} {held.reason}
        </p>
      ) : (
        <Decision
          release={t.releaseEdition}
          reject={t.rejectEdition}
          onRelease={async (reason) => told((await ask(ReleaseEdition, { input: { held: held.id, reason } })).data.releaseEdition.userErrors)}
          onReject={async (reason) => told((await ask(RejectEdition, { input: { held: held.id, reason } })).data.rejectEdition.userErrors)}
        />
      )}
    </section>
  );
}
