// Steps that several journeys take.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

export const text = async (page, selector) => (await page.locator(selector).first().textContent()).trim();
export const parameter = (page, name) => new URL(page.url()).searchParams.get(name);
export const saved = async (page, act) => {
  const [file] = await Promise.all([page.waitForEvent('download'), act()]);
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
};
/** Presses Tab until `selector` has the focus. */
export async function tabTo(page, selector) {
  for (let n = 0; n < 150; n++) {
    if (await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`no focus by Tab on ${selector}`);
}

/** A point inside an outline, whatever its shape: relative to its box. */
export async function middle(path) {
  return path.evaluate((element) => {
    const box = element.getBoundingClientRect();
    for (let n = 1; n < 400; n++) {
      const at = { x: ((n * 0.618034) % 1) * box.width, y: ((n * 0.754878) % 1) * box.height };
      if (document.elementFromPoint(box.left + at.x, box.top + at.y) === element) return at;
    }
    return { x: box.width / 2, y: box.height / 2 };
  });
}

/** Answers of one operation as `change` makes them of the hub's own; the others as they are. */
export async function altered(page, operation, change) {
  await page.route('**/graphql', async (route) => {
    if (route.request().postDataJSON().operationName !== operation) return route.fallback();
    const response = await route.fetch();
    const body = await response.json();
    if (body.data) change(body.data);
    return route.fulfill({ response, json: body });
  });
}
