// Has the browser keep the pages themselves while a list is taken along.
import worker from './offline.js?worker&url';

function files(): string[] {
  const loaded = performance.getEntriesByType('resource').map((entry) => entry.name);
  const named = [...document.querySelectorAll('script[src], link[href]')].map((element) => (element as HTMLScriptElement).src || (element as unknown as HTMLLinkElement).href);
  const paths = [...loaded, ...named].map((address) => new URL(address, location.href)).filter((at) => at.origin === location.origin && at.pathname.startsWith('/assets/'));
  return [...new Set(paths.map((at) => at.pathname))];
}

/** Whether the pages open without a network from now on; false where the browser does not keep them (no https, a private window). */
export async function keepPages(): Promise<boolean> {
  if (!('serviceWorker' in navigator)) return false;
  try {
    await navigator.serviceWorker.register(worker, { scope: '/', type: 'module' });
    const { active } = await navigator.serviceWorker.ready;
    if (active === null) return false;
    const { port1, port2 } = new MessageChannel();
    return await new Promise<boolean>((resolve) => {
      port1.onmessage = (event: MessageEvent<boolean>) => resolve(event.data);
      active.postMessage({ files: files() }, [port2]);
    });
  } catch {
    return false;
  }
}

export async function forgetPages(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
  await caches.delete('huitu.pages');
}
