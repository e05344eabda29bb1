import { useId, useRef, useState } from 'react';
import { useAskAgain } from '../graph/question';
import { textOf } from '../graph/send';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { bring, type Receipt } from './bring';
import { visitWords } from './words';

/** A workbook that comes back: read by its keys, with what is asked about and refused row by row. */
export function BringBack({ id: list, visitor: caller }: { id: string; visitor: string }) {
  const t = useWords(visitWords);
  const id = useId();
  const askAgain = useAskAgain();
  const file = useRef<HTMLInputElement>(null);
  const [visitor, setVisitor] = useState<string | null>(null);
  const [receipt, setReceipt] = useState<Receipt | null>(null);
  const [problem, setProblem] = useState('');
  const [isRunning, setRunning] = useState(false);
  const [hasFile, setHasFile] = useState(false);
  const hand = async () => {
    const content = file.current?.files?.[0];
    if (content === undefined) return;
    setRunning(true);
    setProblem('');
    try {
      setReceipt(await bring(list, visitor ?? caller, content));
      void askAgain();
    } catch (cause) {
      setReceipt(null);
      setProblem(textOf(cause));
    } finally {
      setRunning(false);
    }
  };
  return (
    <form
      className="card no-print bring"
      onSubmit={(event) => {
        event.preventDefault();
        void hand();
      }}
    >
      <h2>{t.bringBack}</h2>
      <div className="row fields">
        <div className="field">
          <label htmlFor={`${id}f`}>{t.file}</label>
          <input id={`${id}f`} ref={file} type="file" accept=".xlsx,.csv" onChange={(event) => setHasFile((event.target.files?.length ?? 0) > 0)} />
        </div>
        <div className="field">
          <label htmlFor={`${id}v`}>{t.visitor}</label>
          <input id={`${id}v`} maxLength={60} value={visitor ?? caller} onChange={(event) => setVisitor(event.target.value)} />
        </div>
        <button type="submit" className="button primary" disabled={isRunning || !hasFile}>
          {t.bringDo}
        </button>
      </div>
      <p role="alert" className="said">
        {problem}
      </p>
      {receipt !== null && <ReceiptOf receipt={receipt} />}
    </form>
  );
}

export function ReceiptOf({ receipt }: { receipt: Receipt }) {
  const t = useWords(visitWords);
  const f = useFormat();
  const { asked, refused, unread } = receipt;
  return (
    <div className="receipt" role="status">
      <p className={refused.length > 0 ? 'said' : 'said good'}>
        {t.receipt(f.count(receipt.read), f.count(receipt.counts), f.count(receipt.already)) +
          (asked.length > 0 ? t.receiptAsked(f.count(asked.length)) : '') +
          (refused.length > 0 ? t.receiptRefused(f.count(refused.length)) : '')}
      </p>
      {unread.length > 0 && <p className="status warn">▲ {t.unread(f.list(unread))}</p>}
      {receipt.pending && <p className="status warn">… {t.pending}</p>}
      <ul>
        {[...refused, ...asked].slice(0, 50).map((row) => (
          <li key={`${row.row}${row.code}`}>{t.row(row.row, row.message)}</li>
        ))}
      </ul>
    </div>
  );
}
