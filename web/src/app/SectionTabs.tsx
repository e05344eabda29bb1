import { useAddress } from './address';
import { Link } from './Link';

/** The pages of a section, side by side: the one that is looked at is marked, as is the one above it. */
export function SectionTabs<Tab extends string>({ label, tabs, names }: { label: string; tabs: readonly Tab[]; names: Readonly<Record<Tab, string>> }) {
  const path = useAddress().pathname;
  return (
    <nav className="tabs no-print" aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab} to={`/${tab}`} aria-current={path === `/${tab}` ? 'page' : path.startsWith(`/${tab}/`) ? 'true' : undefined}>
          {names[tab]}
        </Link>
      ))}
    </nav>
  );
}
