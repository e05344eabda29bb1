import { useParameters } from '../app/address';
import { readerOf, today } from '../federation/address';
import { FederationPage } from '../federation/FederationPage';
import { DayField, Filters } from '../federation/fields';
import { federationWords } from '../federation/words';
import { useWords } from '../language/words';
import { FiguresOf } from './FiguresOf';
import { figureWords } from './words';

/** What documents state of the federation, as of any day. */
export default function FiguresPage() {
  const t = useWords(figureWords);
  const g = useWords(federationWords);
  const [parameters, set] = useParameters();
  const read = readerOf(parameters);
  const on = read.day('on');
  return (
    <FederationPage className="figures" title={t.title} intro={t.intro} unknown={read.unknown}>
      <Filters>
        <DayField label={g.on} value={on ?? today()} onChange={(day) => set({ on: day === today() ? null : day }, 'replace')} />
      </Filters>
      <FiguresOf on={on} />
    </FederationPage>
  );
}
