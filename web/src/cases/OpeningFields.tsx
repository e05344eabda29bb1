import { useId } from 'react';
import { useWords } from '../language/words';
import { inputOf, NOBODY, type Owner } from './owner';
import { OwnerFields } from './OwnerFields';
import { caseWords } from './words';

export interface Opening {
  readonly owner: Owner;
  readonly nextOn: string;
  readonly note: string;
}

export const NOTHING_SAID: Opening = { owner: NOBODY, nextOn: '', note: '' };

/** As it is sent: what is not typed is left open. */
export const openingOf = ({ owner, nextOn, note }: Opening) => ({ owner: inputOf(owner), nextOn: nextOn === '' ? null : nextOn, note: note.trim() === '' ? null : note.trim() });

/** Who is responsible for a case that is opened, what is due when, and a note. */
export function OpeningFields({ opening, onChange }: { opening: Opening; onChange: (opening: Opening) => void }) {
  const t = useWords(caseWords);
  const id = useId();
  return (
    <>
      <OwnerFields owner={opening.owner} none={t.nobody} onChange={(owner) => onChange({ ...opening, owner })} />
      <div className="field">
        <label htmlFor={`${id}d`}>{t.nextOn}</label>
        <input id={`${id}d`} type="date" value={opening.nextOn} onChange={(event) => onChange({ ...opening, nextOn: event.target.value })} />
      </div>
      <div className="field grow">
        <label htmlFor={`${id}n`}>{t.note}</label>
        <input id={`${id}n`} maxLength={500} value={opening.note} onChange={(event) => onChange({ ...opening, note: event.target.value })} />
      </div>
    </>
  );
}
