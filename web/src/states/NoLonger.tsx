import { useParameters } from '../app/address';
import { useFormat } from '../language/format';
import { useWords } from '../language/words';
import { stateWords } from './words';

/** Longer values are shown by their beginning. */
const LONGEST = 40;

/** What the address says and is no more: named, left out, and taken off the address where somebody wants. Undefined: nobody knows yet. */
export function NoLonger({ known }: { known: Readonly<Record<string, (value: string) => boolean | undefined>> }) {
  const t = useWords(stateWords);
  const f = useFormat();
  const [parameters, set] = useParameters();
  const gone = Object.entries(known).flatMap(([name, isKnown]) => {
    const value = parameters.get(name);
    return value === null || value === '' || isKnown(value) !== false ? [] : [{ name, value }];
  });
  if (gone.length === 0) return null;
  return (
    <p className="row said no-longer no-print" role="alert">
      <span>{t.noLonger(f.list(gone.map(({ name, value }) => `${name}=${value.slice(0, LONGEST)}${value.length > LONGEST ? '…' : ''}`)))}</span>
      <button type="button" className="plain" onClick={() => set(Object.fromEntries(gone.map(({ name }) => [name, null])), 'replace')}>
        {t.takeOff}
      </button>
    </p>
  );
}
