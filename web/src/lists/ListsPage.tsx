import { useParameters } from '../app/address';
import '../cases/cases.css';
import { SaveAs } from '../cases/SaveAs';
import { Tabs } from '../cases/Tabs';
import { useWords } from '../language/words';
import { NoLonger } from '../states/NoLonger';
import { LeadsOf } from './LeadsOf';
import './lists.css';
import { NamedListsOf } from './NamedListsOf';
import { listWords } from './words';

/** Lists of enterprises with a name, and leads: both become cases from here. */
export default function ListsPage() {
  const t = useWords(listWords);
  const [parameters, set] = useParameters();
  const isLeads = parameters.get('tab') === 'leads';
  return (
    <div className="page lists">
      <Tabs />
      <header className="page-head">
        <div>
          <h1>{t.title}</h1>
          <p className="muted">{t.intro}</p>
        </div>
        <div className="segments" role="group" aria-label={t.tabs}>
          <button type="button" aria-pressed={!isLeads} onClick={() => set({ tab: null })}>
            {t.lists}
          </button>
          <button type="button" aria-pressed={isLeads} onClick={() => set({ tab: 'leads', list: null })}>
            {t.leads}
          </button>
        </div>
      </header>
      {!isLeads && <SaveAs lists={['named-lists', 'followers']} />}
      <NoLonger known={{ tab: (text) => text === 'leads' }} />
      {isLeads ? <LeadsOf /> : <NamedListsOf />}
    </div>
  );
}
