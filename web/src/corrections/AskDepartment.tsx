import { useId, useState } from 'react';
import { ask } from '../graph/client';
import { OpenCorrection } from '../graph/generated/OpenCorrection';
import type { EnterpriseField } from '../graph/generated/types';
import { useAskAgain } from '../graph/question';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { useSaid } from './useSaid';
import { correctionWords } from './words';

/** Asks the department of a registry to check what it says of a field of an enterprise. */
export function AskDepartment({ enterprise, registry, field }: { enterprise: string; registry: { name: string; title: string }; field: { name: EnterpriseField; title: string } }) {
  const t = useWords(correctionWords);
  const f = useFormat();
  const id = useId();
  const askAgain = useAskAgain();
  const { said, isRunning, send } = useSaid();
  const [reason, setReason] = useState<string | null>(null);
  const open = async () => {
    const input = { enterprise, registry: registry.name, field: field.name, origin: 'CONFLICT' as const, reason: reason || null };
    const done = await send(
      async () => (await ask(OpenCorrection, { input })).data.openCorrection,
      (told) => t.askedUntil(f.day(told.correction?.deadline ?? null)),
    );
    if (done) {
      setReason(null);
      void askAgain();
    }
  };
  // What stands on the button comes first: who speaks to the machine says what they see.
  const label = `${t.ask} ${t.askAbout(field.title, registry.title)}`;
  return (
    <span className="no-print">
      {reason === null ? (
        <button type="button" className="plain small" aria-label={label} onClick={() => setReason('')}>
          {t.ask}
        </button>
      ) : (
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            void open();
          }}
        >
          <label className="hidden" htmlFor={id}>
            {t.reason}
          </label>
          <input id={id} value={reason} maxLength={2000} placeholder={t.reason} onChange={(event) => setReason(event.target.value)} />
          <button type="submit" className="button" disabled={isRunning} aria-label={label}>
            {t.ask}
          </button>
          <button type="button" className="plain" onClick={() => setReason(null)}>
            {t.cancel}
          </button>
        </form>
      )}
      <span role="status" className={said?.isGood === false ? 'said' : 'said good'}>
        {said?.text ?? ''}
      </span>
    </span>
  );
}
