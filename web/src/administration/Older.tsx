import { useParameters } from '../app/address';
import { useWords } from '../language/words';
import { administrationWords } from './words';

/** From one page of a long list to the next, and back to the first; where it stands is in the address. */
export function Older({ total, info }: { total: string; info: { hasNextPage: boolean; endCursor: string | null } }) {
  const t = useWords(administrationWords);
  const [parameters, set] = useParameters();
  return (
    <div className="row older">
      <span className="muted">{total}</span>
      {parameters.get('after') !== null && (
        <button type="button" className="button" onClick={() => set({ after: null })}>
          {t.toNewest}
        </button>
      )}
      {info.hasNextPage && (
        <button type="button" className="button" onClick={() => set({ after: info.endCursor })}>
          {t.older}
        </button>
      )}
    </div>
  );
}
