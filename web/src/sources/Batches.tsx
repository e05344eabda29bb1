import { useState } from 'react';
import { ask } from '../graph/client';
import { fileOf } from '../graph/file';
import { DecideBatch } from '../graph/generated/DecideBatch';
import type { BatchLineFragment } from '../graph/generated/types';
import { textOf } from '../graph/send';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { offer } from '../map/save';
import { Decision } from './Decision';
import { BatchStateOf } from './State';
import { sourceWords } from './words';

/** What the latest pulls and pushes brought, each with its receipt; held ones with their decision. */
export function Batches({ batches, mayDecide }: { batches: readonly BatchLineFragment[]; mayDecide: boolean }) {
  const t = useWords(sourceWords);
  const f = useFormat();
  const [said, setSaid] = useState('');
  if (batches.length === 0) return <p className="muted">{t.noBatches}</p>;
  const receipt = async (id: string) => {
    const number = id.replace('batch:', '');
    try {
      offer(await fileOf(`/receipts/${number}`, 'text/html'), `huitu-receipt-${number}.html`);
      setSaid('');
    } catch (problem) {
      setSaid(f.named(`${t.receipt} ${number}`, textOf(problem)));
    }
  };
  const decide = async (batch: string, release: boolean, reason: string) => {
    const { data } = await ask(DecideBatch, { input: { batch, release, reason } });
    return data.decideBatch.userErrors.map((error) => error.message).join(' ');
  };
  const columns = ['read', 'landed', 'unchanged', 'quarantined', 'gone'] as const;
  return (
    <>
      {batches
        .filter((batch) => batch.state === 'HELD')
        .map((batch) => (
          <div key={batch.id} className="held-batch">
            <p>
              <strong>⏸ {t.heldBatch}</strong> {batch.heldBecause}
            </p>
            {mayDecide && <Decision release={t.release} reject={t.reject} onRelease={(reason) => decide(batch.id, true, reason)} onReject={(reason) => decide(batch.id, false, reason)} />}
          </div>
        ))}
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t.batches}>
        <table className="grid">
          <thead>
            <tr>
              <th scope="col">{t.batch}</th>
              <th scope="col">{t.state}</th>
              <th scope="col">{t.began}</th>
              {columns.map((column) => (
                <th key={column} scope="col" className="number">
                  {t[column]}
                </th>
              ))}
              <th scope="col">{t.receipt}</th>
            </tr>
          </thead>
          <tbody>
            {batches.map((batch) => (
              <tr key={batch.id}>
                <th scope="row">{batch.id.replace('batch:', '')}</th>
                <td>
                  <BatchStateOf state={batch.state} />
                </td>
                <td className="nowrap">{f.instant(batch.startedAt)}</td>
                {columns.map((column) => (
                  <td key={column} className={column === 'quarantined' && batch.quarantined > 0 ? 'number gap' : 'number'}>
                    {f.count(batch[column])}
                  </td>
                ))}
                <td>
                  <button type="button" className="plain" aria-label={`${t.receipt} ${batch.id.replace('batch:', '')}`} onClick={() => void receipt(batch.id)}>
                    {t.receipt}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p role="status" className="said">
        {said}
      </p>
    </>
  );
}
