// Where a tab begins: whoever said whose week is theirs finds it first, others the map. A reload stays where it is.
import { inAddress, me } from '../cases/owner';
import { go } from './address';

const KEY = 'huitu.arrived';

export function startAt(): void {
  const isFirst = sessionStorage.getItem(KEY) === null;
  sessionStorage.setItem(KEY, 'yes');
  if (!isFirst || location.pathname !== '/' || location.search !== '') return;
  const mine = me();
  if (mine === null) return;
  const query = inAddress(mine);
  go(query === '' ? '/work' : `/work?${query}`, 'replace');
}
