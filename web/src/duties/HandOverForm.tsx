import { useId, useState } from 'react';
import { inputOf, NOBODY, type Owner } from '../cases/owner';
import { OwnerFields } from '../cases/OwnerFields';
import { caseWords } from '../cases/words';
import { ask } from '../graph/client';
import { HandOver } from '../graph/generated/HandOver';
import { Said, useSend } from '../graph/send';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { dutyWords } from './words';

/** Everything of somebody goes to somebody else. */
export function HandOverForm() {
  const t = useWords(dutyWords);
  const c = useWords(caseWords);
  const f = useFormat();
  const id = useId();
  const { said, isRunning, send } = useSend();
  const [from, setFrom] = useState<Owner>(NOBODY);
  const [to, setTo] = useState<Owner>(NOBODY);
  const [note, setNote] = useState('');
  const [leaver, heir] = [inputOf(from), inputOf(to)];
  const hand = async () => {
    if (leaver === null || heir === null) return;
    let told = '';
    const isDone = await send(
      async () => {
        const { data } = await ask(HandOver, { input: { from: leaver, to: heir, note: note.trim() === '' ? null : note.trim() } });
        told = t.handed(f.count(data.handOver.duties), f.count(data.handOver.cases));
        return data.handOver.userErrors;
      },
      () => told,
    );
    if (isDone) setNote('');
  };
  return (
    <form
      className="card no-print change-form hand-over"
      onSubmit={(event) => {
        event.preventDefault();
        void hand();
      }}
    >
      <h2>{t.handOver}</h2>
      <p className="muted">{t.handOverWhy}</p>
      <div className="row fields" role="group" aria-label={t.leaves}>
        <strong>{t.leaves}</strong>
        <OwnerFields owner={from} none={c.chooseUnit} onChange={setFrom} />
      </div>
      <div className="row fields" role="group" aria-label={t.takes}>
        <strong>{t.takes}</strong>
        <OwnerFields owner={to} none={c.chooseUnit} onChange={setTo} />
      </div>
      <div className="row fields">
        <div className="field grow">
          <label htmlFor={`${id}n`}>{t.note}</label>
          <input id={`${id}n`} maxLength={300} value={note} onChange={(event) => setNote(event.target.value)} />
        </div>
        <button type="submit" className="button danger" disabled={isRunning || leaver === null || heir === null}>
          {t.handDo}
        </button>
      </div>
      <Said said={said} />
    </form>
  );
}
