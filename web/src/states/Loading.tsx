import { useWords } from '../language/words';
import { stateWords } from './words';

/** Grey rows where an answer will stand; they fade in after 300 ms, so that a quick answer never flashes. */
export function Loading({ rows = 6 }: { rows?: number }) {
  const t = useWords(stateWords);
  return (
    <div className="loading" role="status" aria-label={t.loading}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="loading-row" />
      ))}
    </div>
  );
}
