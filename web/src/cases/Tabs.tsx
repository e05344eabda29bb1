import { SectionTabs } from '../app/SectionTabs';
import { useWords } from '../language/words';
import { caseWords } from './words';

const tabs = ['cases', 'visits', 'duties', 'lists'] as const;

/** The pages of case work, side by side. */
export function Tabs() {
  const t = useWords(caseWords);
  return <SectionTabs label={t.section} tabs={tabs} names={t.tabs} />;
}
