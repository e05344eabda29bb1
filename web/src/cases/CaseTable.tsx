import type { ReactNode } from 'react';
import { Link } from '../app/Link';
import type { CaseLineFragment } from '../graph/generated/types';
import { NOTHING, useFormat } from '../language/format';
import { placeOf } from '../language/place';
import { useWords } from '../language/words';
import { ownerText } from './owner';
import { caseWords } from './words';

/** The number of a case without its prefix, as its address has it. */
export const caseAddress = (id: string): string => `/cases/${id.replace(/^case:/, '')}`;

/** Cases line by line; each leads to its case. */
export function CaseTable({
  cases,
  label,
  selected,
  onSelect,
  withResult = false,
}: {
  cases: readonly CaseLineFragment[];
  label: string;
  selected?: ReadonlySet<string>;
  onSelect?: (selected: ReadonlySet<string>) => void;
  withResult?: boolean;
}) {
  const t = useWords(caseWords);
  const f = useFormat();
  const isAll = selected !== undefined && cases.length > 0 && cases.every((c) => selected.has(c.id));
  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    onSelect?.(next);
  };
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={label}>
      <table className="grid cases-table">
        <thead>
          <tr>
            {selected !== undefined && (
              <th scope="col" className="tick">
                <input type="checkbox" aria-label={t.selectAll} checked={isAll} onChange={() => onSelect?.(isAll ? new Set() : new Set(cases.map((c) => c.id)))} />
              </th>
            )}
            <th scope="col">{t.enterprise}</th>
            <th scope="col">{t.stage}</th>
            <th scope="col">{t.owner}</th>
            <th scope="col">{withResult ? t.reason : t.next}</th>
            <th scope="col">{t.assessment}</th>
          </tr>
        </thead>
        <tbody>
          {cases.map((c) => {
            const name = c.enterprise?.name ?? t.gone;
            return (
              <tr key={c.id} className={selected?.has(c.id) === true ? 'open' : undefined}>
                {selected !== undefined && (
                  <td className="tick">
                    <input type="checkbox" aria-label={t.selectOf(name)} checked={selected.has(c.id)} onChange={() => toggle(c.id)} />
                  </td>
                )}
                <th scope="row">
                  <Link to={caseAddress(c.id)}>{name}</Link>
                  <span className="part">{[placeOf(c.area), c.enterprise?.address].filter((text) => text != null && text !== NOTHING).join(' · ')}</span>
                </th>
                <td>
                  {c.stageLabel}
                  {c.state === 'CLOSED' && !withResult && <span className="part">{c.reasonLabel}</span>}
                </td>
                <td>{c.owner === null ? <span className="muted">{t.nobody}</span> : ownerText(c.owner)}</td>
                <td>{withResult ? <Result line={c} /> : <Next line={c} />}</td>
                <td>{c.assessment === null ? NOTHING : <Assessment value={c.assessment} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );

  function Result({ line }: { line: CaseLineFragment }) {
    return (
      <>
        <span className={line.isWon ? 'status ok' : ''}>
          {line.isWon && <span aria-hidden="true">● </span>}
          {line.reasonLabel ?? NOTHING}
        </span>
        <span className="part">{[f.day(line.closedAt), line.closedByData ? t.byData : null].filter(Boolean).join(' · ')}</span>
      </>
    );
  }
}

/** The next date, and whether it has passed: by sign and word, not by colour alone. */
export function Next({ line }: { line: Pick<CaseLineFragment, 'nextOn' | 'isOverdue'> }): ReactNode {
  const t = useWords(caseWords);
  if (line.nextOn === null) return <span className="muted">{NOTHING}</span>;
  return (
    <span className={line.isOverdue ? 'status danger' : 'nowrap'}>
      {line.nextOn}
      {line.isOverdue && (
        <>
          {' '}
          <span aria-hidden="true">▲</span> {t.overdue}
        </>
      )}
    </span>
  );
}

/** From 1 to 5, as dots and as a number. */
export function Assessment({ value }: { value: number }) {
  const t = useWords(caseWords);
  return (
    <span className="assessment" title={t.assessments[value]}>
      <span aria-hidden="true">{'●'.repeat(value) + '○'.repeat(5 - value)}</span> {t.outOf5(value)}
    </span>
  );
}
