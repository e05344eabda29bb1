import { useAddress } from '../app/address';
import { Link } from '../app/Link';
import { useWords } from '../language/words';
import { caseWords } from './words';

const tabs = ['cases', 'visits', 'duties', 'lists'] as const;

/** The pages of case work, side by side. */
export function Tabs() {
  const t = useWords(caseWords);
  const path = useAddress().pathname;
  return (
    <nav className="tabs no-print" aria-label={t.section}>
      {tabs.map((tab) => (
        <Link key={tab} to={`/${tab}`} aria-current={path === `/${tab}` ? 'page' : path.startsWith(`/${tab}/`) ? 'true' : undefined}>
          {t.tabs[tab]}
        </Link>
      ))}
    </nav>
  );
}
