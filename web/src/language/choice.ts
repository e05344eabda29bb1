// Chinese or English: what the caller chose last, else what the browser prefers. `?lang=` in an address chooses too.
import { useSyncExternalStore } from 'react';

export type Language = 'zh' | 'en';

const KEY = 'huitu.language';
const listeners = new Set<() => void>();

function remembered(): Language {
  const asked = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem(KEY);
  if (asked === 'zh' || asked === 'en') return asked;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

let chosen: Language = remembered();
apply();

function apply(): void {
  localStorage.setItem(KEY, chosen);
  document.documentElement.lang = chosen === 'zh' ? 'zh-CN' : 'en';
}

export function language(): Language {
  return chosen;
}

export function chooseLanguage(next: Language): void {
  chosen = next;
  apply();
  listeners.forEach((tell) => tell());
}

export function useLanguage(): Language {
  return useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => chosen,
  );
}
