// The address bar is the state of the page: what a reload, a bookmark or a colleague's link brings back.
import { useCallback, useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let current = location.pathname + location.search;

function moved(): void {
  current = location.pathname + location.search;
  listeners.forEach((tell) => tell());
}
addEventListener('popstate', moved);

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export function go(to: string, how: 'push' | 'replace' = 'push'): void {
  if (to === current) return;
  if (how === 'push') history.pushState(null, '', to);
  else history.replaceState(null, '', to);
  moved();
}

export function useAddress(): URL {
  const text = useSyncExternalStore(subscribe, () => current);
  return new URL(text, location.origin);
}

/** Parameters of the address; null or an empty text removes one. */
export type Changes = Readonly<Record<string, string | null>>;

export function changed(address: URL, changes: Changes): string {
  const next = new URLSearchParams(address.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
  }
  next.delete('lang');
  // Commas and colons are plain in a query: an address that people read stays readable.
  const text = next.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return address.pathname + (text === '' ? '' : `?${text}`);
}

export function useParameters(): [URLSearchParams, (changes: Changes, how?: 'push' | 'replace') => void] {
  const address = useAddress();
  const set = useCallback((changes: Changes, how: 'push' | 'replace' = 'push') => {
    go(changed(new URL(location.href), changes), how);
  }, []);
  return [address.searchParams, set];
}
