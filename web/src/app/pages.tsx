// Which page an address opens. Each is a chunk of its own; the map, where people arrive, is not.
import { lazy, type ComponentType } from 'react';
import { MapPage } from '../map/MapPage';

export interface Page {
  readonly name: PageName;
  readonly Component: ComponentType;
  /** Fills the window: the page scrolls inside, not the window. */
  readonly isFull: boolean;
}

export type PageName = 'map' | 'gaps' | 'enterprise' | 'review' | 'sources' | 'targets' | 'bulletin' | 'partner' | 'administration';

const pages: readonly (Page & { path: RegExp })[] = [
  { name: 'map', path: /^\/$/, Component: MapPage, isFull: true },
  { name: 'gaps', path: /^\/gaps$/, Component: lazy(() => import('../gaps/GapsPage')), isFull: true },
  { name: 'enterprise', path: /^\/e\/[^/]+$/, Component: lazy(() => import('../enterprise/EnterprisePage')), isFull: false },
  { name: 'review', path: /^\/review$/, Component: lazy(() => import('../review/ReviewPage')), isFull: false },
  { name: 'sources', path: /^\/sources$/, Component: lazy(() => import('../sources/SourcesPage')), isFull: false },
  { name: 'targets', path: /^\/targets$/, Component: lazy(() => import('../targets/TargetsPage')), isFull: false },
  { name: 'bulletin', path: /^\/bulletin$/, Component: lazy(() => import('../bulletin/BulletinPage')), isFull: false },
  { name: 'partner', path: /^\/partner$/, Component: lazy(() => import('../partner/PartnerPage')), isFull: false },
  { name: 'administration', path: /^\/administration$/, Component: lazy(() => import('../administration/AdministrationPage')), isFull: false },
];

export function pageAt(pathname: string): Page | undefined {
  return pages.find((page) => page.path.test(pathname));
}

export const entries: readonly { name: Exclude<PageName, 'enterprise'>; to: string }[] = [
  { name: 'map', to: '/' },
  { name: 'gaps', to: '/gaps' },
  { name: 'review', to: '/review' },
  { name: 'sources', to: '/sources' },
  { name: 'targets', to: '/targets' },
  { name: 'bulletin', to: '/bulletin' },
  { name: 'partner', to: '/partner' },
  { name: 'administration', to: '/administration' },
];
