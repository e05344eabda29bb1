import { useId, useState } from 'react';
import { useStanding } from '../app/standing';
import { ask } from '../graph/client';
import { OpenCorrection } from '../graph/generated/OpenCorrection';
import type { EnterpriseField } from '../graph/generated/types';
import { useAskAgain } from '../graph/question';
import { useFormat } from '../language/format';
import { terms } from '../language/terms';
import { useWords } from '../language/words';
import { useSaid } from './useSaid';
import { correctionWords } from './words';

/** What a visit found becomes a request to the department whose registry says otherwise: which registry, and which field. */
export function AskAboutFinding({ enterprise, finding, reason, registries }: { enterprise: string; finding: string; reason: string; registries: readonly string[] }) {
  const t = useWords(correctionWords);
  const f = useFormat();
  const name = useWords(terms);
  const id = useId();
  const askAgain = useAskAgain();
  const { said, isRunning, send } = useSaid();
  const known = (useStanding().data?.data.registries ?? []).filter((registry) => registries.includes(registry.name));
  const [given, setGiven] = useState<{ registry: string; field: EnterpriseField } | null>(null);
  const open = async () => {
    if (given === null) return;
    const input = { enterprise, registry: given.registry, field: given.field, finding, origin: 'FINDING' as const, reason };
    const done = await send(
      async () => (await ask(OpenCorrection, { input })).data.openCorrection,
      (told) => t.askedUntil(f.day(told.correction?.deadline ?? null)),
    );
    if (done) {
      setGiven(null);
      void askAgain();
    }
  };
  const first = known[0];
  if (first === undefined) return null;
  return (
    <span className="no-print">
      {given === null ? (
        <button type="button" className="plain" aria-label={`${t.ask} ${reason}`} onClick={() => setGiven({ registry: first.name, field: 'ADDRESS' })}>
          {t.ask}
        </button>
      ) : (
        <form
          className="row ask-finding"
          onSubmit={(event) => {
            event.preventDefault();
            void open();
          }}
        >
          <label className="hidden" htmlFor={`${id}r`}>
            {t.registry}
          </label>
          <select id={`${id}r`} value={given.registry} onChange={(event) => setGiven({ ...given, registry: event.target.value })}>
            {known.map((registry) => (
              <option key={registry.name} value={registry.name}>
                {registry.title}
              </option>
            ))}
          </select>
          <label className="hidden" htmlFor={`${id}f`}>
            {t.column}
          </label>
          <select id={`${id}f`} value={given.field} onChange={(event) => setGiven({ ...given, field: event.target.value as EnterpriseField })}>
            {(Object.keys(name.field) as EnterpriseField[]).map((field) => (
              <option key={field} value={field}>
                {name.field[field]}
              </option>
            ))}
          </select>
          <button type="submit" className="button" disabled={isRunning}>
            {t.ask}
          </button>
          <button type="button" className="plain" onClick={() => setGiven(null)}>
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
