// The caller's token. It lives as long as the tab: a shared computer keeps nothing.
import { useSyncExternalStore } from 'react';

const KEY = 'huitu.token';
const listeners = new Set<() => void>();
const asked = new Set<() => void>();
let isAsked = false;

export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

export function signIn(secret: string): void {
  sessionStorage.setItem(KEY, secret.trim());
  listeners.forEach((tell) => tell());
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  listeners.forEach((tell) => tell());
}

export function onSession(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** The token as the page knows it; changes where somebody signs in or out. */
export function useToken(): string | null {
  return useSyncExternalStore(onSession, token);
}

export function credentials(): Record<string, string> {
  const secret = token();
  return secret === null ? {} : { authorization: `Bearer ${secret}` };
}

/** Notes whether the server knew who asked: told by every answer, whatever asked for it. */
export function noteCaller(isKnown: boolean): void {
  if (isAsked === !isKnown) return;
  isAsked = !isKnown;
  asked.forEach((tell) => tell());
}

/** Whether the server wants to know who asks before it answers anything more. */
export function useIsAsked(): boolean {
  return useSyncExternalStore(
    (tell) => {
      asked.add(tell);
      return () => asked.delete(tell);
    },
    () => isAsked,
  );
}
