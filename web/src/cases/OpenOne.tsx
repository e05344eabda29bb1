import { useId, useState } from 'react';
import { ask } from '../graph/client';
import { OpenCase } from '../graph/generated/OpenCase';
import { Said, useSend } from '../graph/send';
import type { CaseOrigin } from '../graph/generated/types';
import { useWords } from '../language/words';
import { origins } from './filter';
import { useCaseLabels } from './labels';
import { NOTHING_SAID, OpeningFields, openingOf } from './OpeningFields';
import { caseWords } from './words';

/** Opens the case of one enterprise. */
export function OpenOne({ enterprise }: { enterprise: string }) {
  const t = useWords(caseWords);
  const id = useId();
  const { said, isRunning, send } = useSend();
  const [opening, setOpening] = useState(NOTHING_SAID);
  const labels = useCaseLabels();
  const [origin, setOrigin] = useState<CaseOrigin>('HAND');
  return (
    <form
      className="no-print"
      onSubmit={(event) => {
        event.preventDefault();
        const input = { enterprise, origin, ...openingOf(opening) };
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
        <OpeningFields opening={opening} onChange={setOpening} />
        <button type="submit" className="button primary" disabled={isRunning}>
          {t.openCase}
        </button>
      </div>
      <Said said={said} />
    </form>
  );
}
