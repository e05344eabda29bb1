// Which page an address opens. Each is a chunk of its own; the map, where people arrive, is not.
import { lazy, type ComponentType } from 'react';
import { MapPage } from '../map/MapPage';

export interface Page {
  readonly name: PageName;
  readonly Component: ComponentType;
  /** Fills the window: the page scrolls inside, not the window. */
  readonly isFull: boolean;
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

const pages: readonly (Page & { path: RegExp })[] = [
  { name: 'map', path: /^\/$/, Component: MapPage, isFull: true },
  { name: 'work', path: /^\/work$/, Component: lazy(() => import('../work/WorkPage')), isFull: false },
  { name: 'gaps', path: /^\/gaps$/, Component: lazy(() => import('../gaps/GapsPage')), isFull: true },
  { name: 'enterprise', path: /^\/e\/[^/]+$/, Component: lazy(() => import('../enterprise/EnterprisePage')), isFull: false },
  { name: 'cases', path: /^\/cases$/, Component: lazy(() => import('../cases/CasesPage')), isFull: false },
  { name: 'case', path: /^\/cases\/[^/]+$/, Component: lazy(() => import('../cases/CasePage')), isFull: false },
  { name: 'visits', path: /^\/visits$/, Component: lazy(() => import('../visits/VisitsPage')), isFull: false },
  { name: 'duties', path: /^\/duties$/, Component: lazy(() => import('../duties/DutiesPage')), isFull: false },
  { name: 'lists', path: /^\/lists$/, Component: lazy(() => import('../lists/ListsPage')), isFull: false },
  { name: 'units', path: /^\/units$/, Component: lazy(() => import('../units/UnitsPage')), isFull: false },
  { name: 'unit', path: /^\/units\/[^/]+$/, Component: lazy(() => import('../units/UnitPage')), isFull: false },
  { name: 'places', path: /^\/places$/, Component: lazy(() => import('../places/PlacesPage')), isFull: false },
  { name: 'place', path: /^\/places\/[^/]+$/, Component: lazy(() => import('../places/PlacePage')), isFull: false },
  { name: 'posts', path: /^\/posts$/, Component: lazy(() => import('../posts/PostsPage')), isFull: false },
  { name: 'services', path: /^\/services$/, Component: lazy(() => import('../services/ServicesPage')), isFull: false },
  { name: 'dispatch', path: /^\/dispatch$/, Component: lazy(() => import('../dispatch/DispatchPage')), isFull: false },
  { name: 'funds', path: /^\/funds$/, Component: lazy(() => import('../funds/FundsPage')), isFull: false },
  { name: 'breakdown', path: /^\/breakdown$/, Component: lazy(() => import('../breakdown/BreakdownPage')), isFull: false },
  { name: 'appraisal', path: /^\/appraisal$/, Component: lazy(() => import('../appraisal/AppraisalPage')), isFull: false },
  { name: 'figures', path: /^\/figures$/, Component: lazy(() => import('../figures/FiguresPage')), isFull: false },
  { name: 'review', path: /^\/review$/, Component: lazy(() => import('../review/ReviewPage')), isFull: false },
  { name: 'sources', path: /^\/sources$/, Component: lazy(() => import('../sources/SourcesPage')), isFull: false },
  { name: 'targets', path: /^\/targets$/, Component: lazy(() => import('../targets/TargetsPage')), isFull: false },
  { name: 'bulletin', path: /^\/bulletin$/, Component: lazy(() => import('../bulletin/BulletinPage')), isFull: false },
  { name: 'partner', path: /^\/partner$/, Component: lazy(() => import('../partner/PartnerPage')), isFull: false },
  { name: 'administration', path: /^\/administration$/, Component: lazy(() => import('../administration/AdministrationPage')), isFull: false },
  { name: 'kit', path: /^\/kit$/, Component: lazy(() => import('../kit/KitPage')), isFull: false },
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
