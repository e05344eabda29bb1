import { useParameters } from '../app/address';
import { useWords } from '../language/words';
import { federationWords } from './words';

/** On through a list that is at hand; the address says where one is. */
export function Pages({ page, of }: { page: number; of: number }) {
  const t = useWords(federationWords);
  const [, set] = useParameters();
  if (of <= 1) return null;
  return (
    <div className="row no-print">
      {page > 0 && (
        <button type="button" className="button" onClick={() => set({ page: null })}>
          {t.toFirst}
        </button>
      )}
      <span className="muted">{t.pageOf(String(page + 1), String(of))}</span>
      {page + 1 < of && (
        <button type="button" className="button" onClick={() => set({ page: String(page + 2) })}>
          {t.more}
        </button>
      )}
    </div>
  );
}
