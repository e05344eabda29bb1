import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { federationWords } from './words';

/** Where something is said, and who entered it when. */
export function Origin({ origin }: { origin: { source: string; enteredAt: string; enteredBy: string | null } }) {
  const t = useWords(federationWords);
  const f = useFormat();
  return (
    <>
      {origin.source}
      <span className="part" title={t.entered}>
        {origin.enteredBy} <span className="nowrap">{f.day(origin.enteredAt)}</span>
      </span>
    </>
  );
}
