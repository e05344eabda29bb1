import { useAddress } from '../app/address';
import { Link } from '../app/Link';
import { useWords } from '../language/words';
import { federationWords } from './words';

const tabs = ['units', 'places', 'posts', 'services', 'dispatch', 'funds', 'breakdown', 'appraisal', 'figures'] as const;

/** The pages of the federation itself, side by side. */
export function FederationTabs() {
  const t = useWords(federationWords);
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
