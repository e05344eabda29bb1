// Which page an address opens. Each is a chunk of its own; the map, where people arrive, is not.
import { lazy, type ComponentType, type LazyExoticComponent } from 'react';
import { MapPage } from '../map/MapPage';

export interface Page {
  readonly name: PageName;
  readonly Component: ComponentType;
  /** Fills the window: the page scrolls inside, not the window. */
  readonly isFull: boolean;
  /** Fetches its file anew: one that did not come, because the server was away, would be remembered as missing for ever. */
  readonly again?: () => void;
}

export type PageName =
  | 'work'
  | 'map'
  | 'gaps'
  | 'enterprise'
  | 'cases'
  | 'case'
  | 'visits'
  | 'duties'
  | 'lists'
  | 'units'
  | 'unit'
  | 'places'
  | 'place'
  | 'posts'
  | 'services'
  | 'dispatch'
  | 'funds'
  | 'breakdown'
  | 'appraisal'
  | 'figures'
  | 'review'
  | 'sources'
  | 'targets'
  | 'bulletin'
  | 'partner'
  | 'administration'
  | 'kit';

type Part = Pick<Page, 'Component' | 'again'>;

/** A page in a file of its own. */
function part(load: () => Promise<{ default: ComponentType }>): Part {
  let Loaded: LazyExoticComponent<ComponentType> = lazy(load);
  return {
    Component: () => <Loaded />,
    again: () => {
      Loaded = lazy(load);
    },
  };
}

const pages: readonly (Page & { path: RegExp })[] = [
  { name: 'map', path: /^\/$/, Component: MapPage, isFull: true },
  { name: 'work', path: /^\/work$/, ...part(() => import('../work/WorkPage')), isFull: false },
  { name: 'gaps', path: /^\/gaps$/, ...part(() => import('../gaps/GapsPage')), isFull: true },
  { name: 'enterprise', path: /^\/e\/[^/]+$/, ...part(() => import('../enterprise/EnterprisePage')), isFull: false },
  { name: 'cases', path: /^\/cases$/, ...part(() => import('../cases/CasesPage')), isFull: false },
  { name: 'case', path: /^\/cases\/[^/]+$/, ...part(() => import('../cases/CasePage')), isFull: false },
  { name: 'visits', path: /^\/visits$/, ...part(() => import('../visits/VisitsPage')), isFull: false },
  { name: 'duties', path: /^\/duties$/, ...part(() => import('../duties/DutiesPage')), isFull: false },
  { name: 'lists', path: /^\/lists$/, ...part(() => import('../lists/ListsPage')), isFull: false },
  { name: 'units', path: /^\/units$/, ...part(() => import('../units/UnitsPage')), isFull: false },
  { name: 'unit', path: /^\/units\/[^/]+$/, ...part(() => import('../units/UnitPage')), isFull: false },
  { name: 'places', path: /^\/places$/, ...part(() => import('../places/PlacesPage')), isFull: false },
  { name: 'place', path: /^\/places\/[^/]+$/, ...part(() => import('../places/PlacePage')), isFull: false },
  { name: 'posts', path: /^\/posts$/, ...part(() => import('../posts/PostsPage')), isFull: false },
  { name: 'services', path: /^\/services$/, ...part(() => import('../services/ServicesPage')), isFull: false },
  { name: 'dispatch', path: /^\/dispatch$/, ...part(() => import('../dispatch/DispatchPage')), isFull: false },
  { name: 'funds', path: /^\/funds$/, ...part(() => import('../funds/FundsPage')), isFull: false },
  { name: 'breakdown', path: /^\/breakdown$/, ...part(() => import('../breakdown/BreakdownPage')), isFull: false },
  { name: 'appraisal', path: /^\/appraisal$/, ...part(() => import('../appraisal/AppraisalPage')), isFull: false },
  { name: 'figures', path: /^\/figures$/, ...part(() => import('../figures/FiguresPage')), isFull: false },
  { name: 'review', path: /^\/review$/, ...part(() => import('../review/ReviewPage')), isFull: false },
  { name: 'sources', path: /^\/sources$/, ...part(() => import('../sources/SourcesPage')), isFull: false },
  { name: 'targets', path: /^\/targets$/, ...part(() => import('../targets/TargetsPage')), isFull: false },
  { name: 'bulletin', path: /^\/bulletin$/, ...part(() => import('../bulletin/BulletinPage')), isFull: false },
  { name: 'partner', path: /^\/partner$/, ...part(() => import('../partner/PartnerPage')), isFull: false },
  { name: 'administration', path: /^\/administration$/, ...part(() => import('../administration/AdministrationPage')), isFull: false },
  { name: 'kit', path: /^\/kit$/, ...part(() => import('../kit/KitPage')), isFull: false },
];

export function pageAt(pathname: string): Page | undefined {
  return pages.find((page) => page.path.test(pathname));
}

/** The pages of case work stand under one entry; their own tabs lead from one to the other. */
export const caseWork: readonly PageName[] = ['cases', 'case', 'visits', 'duties', 'lists'];

/** The pages of the federation itself stand under one entry, as those of case work do. */
export const federationPages: readonly PageName[] = ['units', 'unit', 'places', 'place', 'posts', 'services', 'dispatch', 'funds', 'breakdown', 'appraisal', 'figures'];

export const entries: readonly { name: Exclude<PageName, 'enterprise' | 'case' | 'unit' | 'place'>; to: string }[] = [
  { name: 'work', to: '/work' },
  { name: 'map', to: '/' },
  { name: 'gaps', to: '/gaps' },
  { name: 'cases', to: '/cases' },
  { name: 'units', to: '/units' },
  { name: 'review', to: '/review' },
  { name: 'sources', to: '/sources' },
  { name: 'targets', to: '/targets' },
  { name: 'bulletin', to: '/bulletin' },
  { name: 'partner', to: '/partner' },
  { name: 'administration', to: '/administration' },
  { name: 'kit', to: '/kit' },
];
