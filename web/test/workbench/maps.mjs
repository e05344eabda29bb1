// What maps and figures say: shares that nobody may be told, targets, one meaning of “undecided”, whose the boundaries are.
import assert from 'node:assert/strict';
import { ask } from './city.mjs';
import { altered, parameter, saved, text } from './steps.mjs';

const SURVEYOR = '示例测绘院 审图号：京S(2026)001号';

/** Boundaries as a deployer brings them: whose they are, and the streets of the chosen district as squares side by side. */
async function imported(page, city, isDemonstration) {
  await page.route('**/geo/*.geojson', async (route) => {
    const response = await route.fetch();
    const layer = await response.json();
    layer.attribution = isDemonstration ? `${SURVEYOR}; Apache ECharts; not a legal boundary` : SURVEYOR;
    layer.isDemonstration = isDemonstration;
    layer.features.filter(({ properties }) => properties.parent === city.district && properties.code.length === 9).forEach((street, n) => {
      const [west, south] = [116.2 + (n % 6) * 0.03, 39.9 + Math.floor(n / 6) * 0.03];
      street.geometry = { type: 'Polygon', coordinates: [[[west, south], [west + 0.03, south], [west + 0.03, south + 0.03], [west, south + 0.03], [west, south]]] };
    });
    await route.fulfill({ response, json: layer });
  });
}

const count = (n) => n.toLocaleString('en');

/** These only look. */
export const mapLooks = {
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
  async 'boundaries that ship are called demonstration data, on screen and in print'({ page, go }) {
    await go('/');
    await page.waitForSelector('.boundary-note:has-text("演示数据"):has-text("not a legal boundary")');
    for (const path of ['/places', '/bulletin', '/visits?draw=1']) {
      await go(path);
      await page.waitForSelector('main :text("演示数据，非审定图")');
    }
    await page.emulateMedia({ media: 'print' });
    await go('/bulletin');
    await page.waitForSelector('.sheet figcaption:has-text("演示数据，非审定图")');
  },
  async 'approved boundaries say whose they are and their number, and nothing of demonstration; streets are areas'({ page, go }, city) {
    await imported(page, city, false);
    await go('/');
    await page.waitForSelector(`.boundary-note:text-is("${SURVEYOR}")`);
    assert.equal(await page.locator('svg path[data-street]').count(), 0);
    await page.locator('.ranked button', { hasText: city.districtName }).click();
    const street = page.locator('svg path[data-street][cursor]').first();
    await street.waitFor();
    await street.click();
    await page.waitForFunction(() => new URL(location.href).searchParams.has('t'));
    assert.equal(parameter(page, 't'), await street.getAttribute('data-street'));
    await page.waitForSelector('.ranked tr.selected');
    await page.locator('.toolbar .menu summary').click();
    const svg = await saved(page, () => page.locator('.toolbar .menu button', { hasText: 'SVG' }).click());
    assert.ok(svg.text.includes(SURVEYOR) && svg.text.includes('data-street=') && !svg.text.includes('演示数据'), svg.text.slice(-600));
    await page.keyboard.press('Escape');
    await page.locator('.toolbar .segments button', { hasText: '街道格' }).click();
    await page.waitForSelector('.street-grid p:has-text("见地图")');
    await go(`/bulletin?unit=${city.district}`);
    await page.waitForSelector(`.sheet figcaption:has-text("${SURVEYOR}")`);
    await page.waitForSelector('.sheet path[data-street]', { state: 'attached' });
    assert.equal(await page.locator('.sheet :text("演示数据")').count(), 0);
    await go(`/places?d=${city.district}`);
    await page.waitForSelector('.place-map path[data-street]', { state: 'attached' });
    await page.waitForSelector(`.place-map-card p:has-text("${SURVEYOR}")`);
    assert.equal(await page.locator('main :text("演示数据")').count(), 0);
  },
  async 'where some that ship are left, both are said'({ page, go }, city) {
    await imported(page, city, true);
    await go('/');
    await page.waitForSelector(`.boundary-note:has-text("演示数据"):has-text("${SURVEYOR}")`);
  },
  async 'a drawing of places from a list that was not read to its end says so'({ page, go }) {
    await altered(page, 'FederationPlaces', ({ unionPlaces }) => {
      unionPlaces.pageInfo = { hasNextPage: true, endCursor: null };
      unionPlaces.totalCount = 12_345;
    });
    await go('/places');
    await page.waitForSelector('.place-map-card p:has-text("共 12,345 处")');
  },
  async 'an address of a street that has no enterprises shows its district, and counts the district'({ page, go }, city) {
    const { coverage, areas } = await ask(city.url, 'query ($d: String!) { coverage(by: [TOWN], within: { code: $d }) { rows { keys { code } } } areas(level: TOWN, within: { code: $d }) { code } }', { d: city.district });
    const full = new Set(coverage.rows.map((row) => row.keys[0].code));
    const empty = areas.find((area) => !full.has(area.code)).code;
    const told = await ask(city.url, 'query ($area: [String!]) { enterprises(first: 0, filter: { area: $area, designatedSize: [UNKNOWN], gap: [LACKING, UNDECIDED] }) { totalCount } }', { area: [city.district] });
    await go(`/?d=${city.district}&t=${empty}`);
    await page.waitForSelector(`.panel-head h2:text-is("${city.districtName}")`);
    await page.waitForFunction((n) => document.querySelector('.tile:nth-child(4) dd')?.textContent === n, count(told.enterprises.totalCount));
  },
};
