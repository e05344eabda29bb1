// What maps and figures say: shares that nobody may be told, targets, one meaning of “undecided”, whose the boundaries are.
import assert from 'node:assert/strict';
import { ask } from './city.mjs';
import { altered, parameter, saved, text } from './steps.mjs';

const count = (n) => n.toLocaleString('en');

export const mapJourneys = {
  async 'a share of unknown size that is not told is hatched, and never 0 %'({ page, go }, city) {
    await altered(page, 'Figures', ({ coverage }) => {
      for (const row of coverage.rows) if (row.keys[0].code === city.district) row.sizeUnknown = null;
    });
    await go('/?m=unknown');
    const path = page.locator(`svg path[data-code="${city.district}"]`);
    await path.waitFor();
    assert.match(await path.getAttribute('fill'), /^url\(/);
    assert.equal(await text(page, `.ranked tr:has(button:text-is("${city.districtName}")) td:nth-of-type(2)`), '无数据');
    assert.equal(await page.locator('svg path[data-code]:not([fill^="url("])').count() > 5, true);
  },
  async 'the target stands on the bars of the rate that it is of, and on no others'({ page, go }) {
    const ticks = '.ranked .bar rect:nth-of-type(3)';
    await altered(page, 'Figures', ({ coverage }) => {
      for (const row of coverage.rows) row.target = { value: 0.5 };
    });
    await go('/?m=independent');
    await page.waitForSelector(ticks, { state: 'attached' });
    for (const measure of ['coverage', 'membership', 'fund', 'unknown']) {
      await page.selectOption('.toolbar select', measure);
      await page.waitForFunction((m) => new URL(location.href).searchParams.get('m') === (m === 'coverage' ? null : m), measure);
      await page.waitForFunction((selector) => document.querySelector(selector) === null, ticks);
    }
  },
  async 'undecided is one number: on the map, in the table, on the list and in the bulletin'({ page, go }, city) {
    const { part } = await ask(city.url, 'query ($area: [String!]) { part: gap(first: 0, include: [UNDECIDED], filter: { area: $area }) { totalCount } }', { area: [city.district] });
    assert.notEqual(part.totalCount, 0);
    await go(`/?d=${city.district}`);
    await page.waitForSelector(`.panel-head h2:text-is("${city.districtName}")`);
    assert.equal(await text(page, '.tile:nth-child(3) dd'), count(part.totalCount));
    await page.locator('.tile:nth-child(3) a').click();
    await page.waitForFunction((n) => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(n + 1), part.totalCount);
    await go('/?view=table');
    await page.waitForSelector('.all-measures tbody tr');
    assert.equal(await text(page, `.all-measures tr:has(button:text-is("${city.districtName}")) td:nth-of-type(4)`), count(part.totalCount));
    assert.equal(await text(page, '.all-measures tfoot td:nth-of-type(4)'), count(city.undecided));
    await go('/bulletin');
    await page.waitForSelector('.sheet tbody tr');
    assert.equal(await text(page, `.sheet tr:has(th:text-is("${city.districtName}")) td:nth-of-type(4)`), count(part.totalCount));
    assert.equal(await text(page, '.sheet tfoot td:nth-of-type(4)'), count(city.undecided));
    assert.ok((await text(page, '.lead')).includes(`另有 ${count(city.undecided)} 家待定`));
  },
};
