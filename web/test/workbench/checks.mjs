// What every page must be: accessible by axe's WCAG A and AA rules, no wider than its window, no text cut or covered.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** What these say depends on where a thing stands and how large it is, not only on how it looks. */
const BY_SIZE = ['target-size', 'scrollable-region-focusable'];

/**
 * All rules on the whole page, or, where the page was looked at before in another width, on what looks different since: what came up,
 * and what changed its colours, its letters or its box; rules on sizes on the whole again. Axe costs most of the test, and this a fifth.
 */
export async function violations(page, { since = false } = {}) {
  // By the debugger, not by a script element: the policy of the page refuses those.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
  const found = await page.evaluate(
    async ({ since, RULES, BY_SIZE }) => {
      const before = globalThis.lookedLike;
      const now = new Map();
      const changed = [];
      const walk = (element, isInside) => {
        if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) return;
        const { display, position, color, backgroundColor, backgroundImage, fontSize, fontWeight, textDecorationLine } = getComputedStyle(element);
        const look = [display, position, color, backgroundColor, backgroundImage, fontSize, fontWeight, textDecorationLine].join(' ');
        now.set(element, look);
        const isOther = !isInside && before !== undefined && before.get(element) !== look;
        if (isOther) changed.push(element);
        for (const child of element.children) walk(child, isInside || isOther);
      };
      walk(document.body, false);
      globalThis.lookedLike = now;
      const run = async (context, runOnly) => (await globalThis.axe.run(context, { runOnly, resultTypes: ['violations'] })).violations;
      if (!since || before === undefined) return run(document, RULES);
      const all = await run(document, { type: 'rule', values: BY_SIZE });
      return changed.length === 0 ? all : [...all, ...(await run({ include: changed }, RULES))];
    },
    { since, RULES, BY_SIZE },
  );
  return found.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')} ${node.failureSummary.split('\n').slice(1, 2).join('').trim()}`));
}

/** Texts that are cut off or lie under something else, and a page wider than its window. */
export async function geometry(page) {
  return page.evaluate(() => {
    const found = [];
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 1) found.push(`the page is ${wide} pixels wider than its window`);
    const scrolls = (element) => {
      for (let at = element; at !== null; at = at.parentElement) {
        const { overflowX, overflowY } = getComputedStyle(at);
        if ((/auto|scroll/.test(overflowX) && at.scrollWidth > at.clientWidth + 1) || (/auto|scroll/.test(overflowY) && at.scrollHeight > at.clientHeight + 1)) return true;
      }
      return false;
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      if (node.textContent.trim() === '' || element.closest('.hidden, noscript, script, style, option, svg, .skip, .gl-map') !== null) continue;
      if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (box.width === 0 || box.height === 0) continue;
      const text = node.textContent.trim().slice(0, 40);
      // A cell of the list may end in an ellipsis: its title says the whole.
      const titled = element.closest('[title]') !== null && element.closest('[role=row]') !== null;
      for (let at = element; at !== null && at !== document.body; at = at.parentElement) {
        const { overflowX } = getComputedStyle(at);
        // What scrolls shows the rest when scrolled.
        if (/auto|scroll/.test(overflowX)) break;
        const inside = at.getBoundingClientRect();
        if (/hidden|clip/.test(overflowX) && !titled && (box.right > inside.right + 1.5 || box.left < inside.left - 1.5)) {
          found.push(`cut: "${text}" in ${at.className || at.tagName}`);
          break;
        }
      }
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight || scrolls(element)) continue;
      const top = document.elementFromPoint(x, y);
      if (top === null || element.contains(top) || top.contains(element)) continue;
      found.push(`covered: "${text}" by ${top.className || top.tagName}`);
    }
    return found;
  });
}
