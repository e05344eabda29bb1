import { useId, useState } from 'react';
import { ask } from '../graph/client';
import { CloseCase } from '../graph/generated/CloseCase';
import { ReopenCase } from '../graph/generated/ReopenCase';
import { Said, useSend } from '../graph/send';
import { useWords } from '../language/words';
import type { WholeCase } from './CasePage';
import { CloseReason } from './CloseReason';
import { caseWords } from './words';

/** Closing with a reason, and opening again what a person closed. */
export function CloseForm({ card }: { card: WholeCase }) {
  const t = useWords(caseWords);
  const id = useId();
  const { said, isRunning, send } = useSend();
  const [reason, setReason] = useState('');
  const [note, setNote] = useState('');
  const isOpen = card.state === 'OPEN';
  const seen = { case: card.id, version: card.version, note: note.trim() === '' ? null : note.trim() };
  const act = async () => {
    const isDone = isOpen
      ? await send(async () => (await ask(CloseCase, { input: { ...seen, reason } })).data.closeCase.userErrors, t.closed)
      : await send(async () => (await ask(ReopenCase, { input: seen })).data.reopenCase.userErrors, t.reopened);
    if (isDone) {
      setReason('');
      setNote('');
    }
  };
  // What the registries closed they open again themselves.
  if (!isOpen && card.closedByData) return null;
  return (
    <form
      className="card no-print close-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isOpen || reason !== '') void act();
      }}
    >
      <h2>{isOpen ? t.close : t.reopen}</h2>
      {isOpen && <p className="muted">{t.closeWhy}</p>}
      <div className="row fields">
        {isOpen && <CloseReason reason={reason} onChange={setReason} />}
        <div className="field grow">
          <label htmlFor={`${id}n`}>{isOpen ? t.note : t.reopenWhy}</label>
          <input id={`${id}n`} maxLength={500} value={note} onChange={(event) => setNote(event.target.value)} />
        </div>
        <button type="submit" className={isOpen ? 'button danger' : 'button primary'} disabled={isRunning || (isOpen && reason === '')}>
          {isOpen ? t.closeDo : t.reopen}
        </button>
      </div>
      <Said said={said} />
    </form>
  );
}
