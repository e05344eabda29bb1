import { useId } from 'react';
import { codesOf, useCode } from '../language/codes';
import { useWords } from '../language/words';
import { caseWords } from './words';

/** Why a case is closed by hand: every result of a visit but a founding, which the roll tells. */
export function CloseReason({ reason, onChange }: { reason: string; onChange: (reason: string) => void }) {
  const t = useWords(caseWords);
  const code = useCode();
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{t.reason}</label>
      <select id={id} value={reason} onChange={(event) => onChange(event.target.value)}>
        <option value="">{t.chooseReason}</option>
        {codesOf('findings')
          .filter((name) => !name.startsWith('done_'))
          .map((name) => (
            <option key={name} value={name}>
              {code('findings', name)}
            </option>
          ))}
      </select>
    </div>
  );
}
