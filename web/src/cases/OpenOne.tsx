import { useId, useState } from 'react';
import { ask } from '../graph/client';
import { OpenCase } from '../graph/generated/OpenCase';
import { Said, useSend } from '../graph/send';
import type { CaseOrigin } from '../graph/generated/types';
import { useWords } from '../language/words';
import { origins } from './filter';
import { useCaseLabels } from './labels';
import { inputOf, NOBODY, type Owner } from './owner';
import { OwnerFields } from './OwnerFields';
import { caseWords } from './words';

/** Opens the case of one enterprise. */
export function OpenOne({ enterprise }: { enterprise: string }) {
  const t = useWords(caseWords);
  const id = useId();
  const { said, isRunning, send } = useSend();
  const [owner, setOwner] = useState<Owner>(NOBODY);
  const labels = useCaseLabels();
  const [origin, setOrigin] = useState<CaseOrigin>('HAND');
  const [nextOn, setNextOn] = useState('');
  const [note, setNote] = useState('');
  return (
    <form
      className="no-print"
      onSubmit={(event) => {
        event.preventDefault();
        const input = { enterprise, origin, owner: inputOf(owner), nextOn: nextOn === '' ? null : nextOn, note: note.trim() === '' ? null : note.trim() };
        void send(async () => (await ask(OpenCase, { input })).data.openCase.userErrors, t.opened);
      }}
    >
      <div className="row fields">
        <div className="field">
          <label htmlFor={`${id}o`}>{t.origin}</label>
          <select id={`${id}o`} value={origin} onChange={(event) => setOrigin(event.target.value as CaseOrigin)}>
            {origins.map((name) => (
              <option key={name} value={name}>
                {labels.of('origins', name)}
              </option>
            ))}
          </select>
        </div>
        <OwnerFields owner={owner} none={t.nobody} onChange={setOwner} />
        <div className="field">
          <label htmlFor={`${id}d`}>{t.nextOn}</label>
          <input id={`${id}d`} type="date" value={nextOn} onChange={(event) => setNextOn(event.target.value)} />
        </div>
        <div className="field grow">
          <label htmlFor={`${id}n`}>{t.note}</label>
          <input id={`${id}n`} maxLength={500} value={note} onChange={(event) => setNote(event.target.value)} />
        </div>
        <button type="submit" className="button primary" disabled={isRunning}>
          {t.openCase}
        </button>
      </div>
      <Said said={said} />
    </form>
  );
}
