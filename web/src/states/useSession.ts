// Whether one can sign in through the identity provider, and who is.
import { useEffect, useState } from 'react';

export interface Session {
  /** Where signing in begins; null where only tokens are known. */
  readonly login: string | null;
  /** Somebody is signed in by a cookie, which the page cannot read. */
  readonly isSession: boolean;
}

/** Null until the server has said. */
export function useSession(): Session | null {
  const [session, setSession] = useState<Session | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    fetch('/session', { headers: { accept: 'application/json' }, signal: leaving.signal })
      .then((response) => (response.ok ? (response.json() as Promise<Session>) : null))
      .then(setSession)
      // Unreachable is said by the page's own questions.
      .catch(() => undefined);
    return () => leaving.abort();
  }, []);
  return session;
}

/** Ends the session here, and at the provider where it has a page for that. */
export async function leaveSession(): Promise<void> {
  const response = await fetch('/logout', { method: 'POST' });
  const told = response.ok ? ((await response.json()) as { provider: string | null }) : { provider: null };
  location.assign(told.provider ?? '/');
}
