import { SectionTabs } from '../app/SectionTabs';
import { useWords } from '../language/words';
import { federationWords } from './words';

const tabs = ['units', 'places', 'posts', 'services', 'dispatch', 'funds', 'breakdown', 'appraisal', 'figures'] as const;

/** The pages of the federation itself, side by side. */
export function FederationTabs() {
  const t = useWords(federationWords);
  return <SectionTabs label={t.section} tabs={tabs} names={t.tabs} />;
}
