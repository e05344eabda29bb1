// Debian's Chromium, and pages that remember everything that must not happen: errors, refusals by policy, requests outside.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** The same without windows of its own: a page costs half of the processor's time. It draws no WebGL. */
const SHELL = '/usr/bin/chromium-headless-shell';

export async function launch({ webgl = false } = {}) {
  const places = webgl || process.env.CHROMIUM ? PLACES : [SHELL, ...PLACES];
  const executablePath = places.find((place) => place && existsSync(place));
  if (!executablePath) throw new Error('no Chromium found: install the package chromium, or set CHROMIUM');
  const drawing = webgl ? ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'] : ['--disable-gpu', '--disable-3d-apis'];
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...drawing] });
}

/** A page in a language and a width, with nothing kept from others. `faults` fills with what must not happen. */
export async function open(browser, url, { lang = 'zh', width = 1440, height = 900, expected = [] } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    locale: lang === 'zh' ? 'zh-CN' : 'en-US',
    acceptDownloads: true,
    permissions: ['clipboard-read', 'clipboard-write'],
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const faults = [];
  const note = (text) => expected.some((pattern) => pattern.test(text)) || faults.push(text);
  page.on('pageerror', (error) => note(`error: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && note(`console: ${message.text()} ${message.location().url}`));
  page.on('request', (request) => {
    const asked = new URL(request.url());
    if (!['data:', 'blob:'].includes(asked.protocol) && asked.origin !== new URL(url).origin) note(`outside: ${request.url()}`);
  });
  await page.exposeFunction('refusedByPolicy', (what) => note(`policy: ${what}`));
  await page.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', (event) => globalThis.refusedByPolicy(`${event.violatedDirective} ${event.blockedURI}`)),
  );
  return { page, context, faults, go: (path) => page.goto(url + path) };
}
