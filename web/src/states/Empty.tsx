import { useWords } from '../language/words';
import { stateWords } from './words';

/** Nothing to show: says which filters leave nothing, and clears them. */
export function Empty({ filters, onClear, children }: { filters?: readonly string[]; onClear?: () => void; children?: React.ReactNode }) {
  const t = useWords(stateWords);
  const isFiltered = filters !== undefined && filters.length > 0;
  return (
    <div className="empty" role="status">
      <p>{children ?? (isFiltered ? t.emptyBecause(filters.slice(0, 8).join(' · ') + (filters.length > 8 ? ` … (${filters.length})` : '')) : t.empty)}</p>
      {isFiltered && onClear !== undefined && (
        <button type="button" className="button" onClick={onClear}>
          {t.clear}
        </button>
      )}
    </div>
  );
}
