// The federation's own pages: every page, and each page's task by mouse and by keyboard alone.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { ask } from './city.mjs';

const parameter = (page, name) => new URL(page.url()).searchParams.get(name);
const at = (page) => new URL(page.url()).pathname;
const origin = (page) => new URL(page.url()).origin;
const text = async (page, selector) => (await page.locator(selector).first().textContent()).trim();
/** Presses Tab until `selector` has the focus. */
async function tabTo(page, selector) {
  for (let n = 0; n < 200; n++) {
    if (await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`no focus by Tab on ${selector}`);
}
const year = new Date().getFullYear();

export const unionPages = (city) => [
  { name: 'units', path: `/units?open=BJ,${city.unit}`, ready: '.tree tbody tr:nth-child(20)' },
  { name: 'units listed', path: '/units?view=list&level=STREET&state=late', ready: '.tree tbody tr' },
  { name: 'unit', path: `/units/${city.unit}`, ready: '.versions li' },
  { name: 'unit of the city', path: '/units/BJ', ready: '.figures-table tbody tr' },
  { name: 'unit of an industry', path: '/units/I-IND', ready: '.versions li' },
  { name: 'no unit', path: '/units/NOBODY', ready: '.notice' },
  { name: 'places', path: '/places', ready: '.place-table tbody tr' },
  { name: 'places on the coverage map', path: `/?places=1&d=${city.district}`, ready: '.map-view path[data-place]' },
  { name: 'buildings', path: '/places?kind=BUILDING', ready: '.place-table tbody tr' },
  { name: 'building', path: '/places/B1', ready: '.versions li' },
  { name: 'no place', path: '/places/NOBODY', ready: '.notice' },
  { name: 'posts', path: '/posts', ready: '.all-posts tbody tr' },
  { name: 'services', path: '/services', ready: '.by-kind tbody tr' },
  { name: 'member cards', path: '/services?kind=CARD', ready: '.by-kind tbody tr' },
  { name: 'dispatch', path: '/dispatch', ready: '.agreements tbody tr' },
  { name: 'no dispatch', path: `/dispatch?within=${city.unit}&clause=yes&care=no`, ready: '.empty button' },
  { name: 'funds', path: '/funds', ready: '.wide tbody tr' },
  { name: 'breakdown', path: `/breakdown?open=BJ,${city.unit}`, ready: '.tree tbody tr:nth-child(20)' },
  { name: 'appraisal', path: `/appraisal?unit=${city.unit}`, ready: '.standing tbody tr' },
  { name: 'figures', path: '/figures', ready: '.figures-table tbody tr' },
];

export const unionJourneys = {
  async 'units by mouse: a branch opens, the day moves the pace, the same after a reload'({ page, go }, city) {
    await go('/units');
    await page.waitForSelector(`.tree a[href="/units/${city.unit}"]`);
    const { unionUnit } = await ask(origin(page), `{ unionUnit(code: "BJ") { pace(levels: [STREET, TOWN]) { done toDo } counts { lacking } } }`);
    assert.ok((await text(page, '.pace-line strong')).includes(`已成立 ${unionUnit.pace.done} 个，待成立 ${unionUnit.pace.toDo} 个`));
    assert.equal(await text(page, '.tree tbody tr:first-child td.gap'), unionUnit.counts.lacking.toLocaleString('en'));
    await page.locator(`.tree tr:has(a[href="/units/${city.unit}"]) .toggle`).click();
    await page.waitForSelector(`.tree a[href="/units/${city.street}"]`);
    await page.locator('.federation input[type=date]').first().fill(`${year - 1}-12-31`);
    await page.waitForSelector(`.pace-line strong:has-text("截至 ${year - 1}-12-31，已成立 0 个，待成立 ${city.streets} 个")`);
    await page.reload();
    await page.waitForSelector(`.tree a[href="/units/${city.street}"]`);
    await page.waitForSelector(`.pace-line strong:has-text("截至 ${year - 1}-12-31")`);
    assert.equal(parameter(page, 'open'), `BJ,${city.unit}`);
  },
  async 'units by keyboard: a branch opens and closes, a unit opens, its gap list and cases are its own'({ page, go }, city) {
    await go('/units');
    await page.waitForSelector(`.tree a[href="/units/${city.unit}"]`);
    const toggle = `.tree tr:has(a[href="/units/${city.unit}"]) .toggle`;
    await tabTo(page, toggle);
    await page.keyboard.press('Enter');
    await page.waitForSelector(`.tree a[href="/units/${city.street}"]`);
    await page.keyboard.press('Enter');
    await page.waitForSelector(`.tree a[href="/units/${city.street}"]`, { state: 'detached' });
    await tabTo(page, `.tree a[href="/units/${city.unit}"]`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.versions li');
    assert.equal(at(page), `/units/${city.unit}`);
    await page.locator('.unit .button', { hasText: '案件' }).waitFor();
    await tabTo(page, '.unit .button.primary');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.grid-row a');
    assert.equal(parameter(page, 'unit'), city.unit);
    await page.goBack();
    await page.locator('.unit .button', { hasText: '案件' }).click();
    await page.waitForSelector('.cases-table tbody tr');
    assert.equal(parameter(page, 'home'), city.unit);
  },
  async 'units of a level and a state are listed, as many as are late, and the filter is taken off'({ page, go }) {
    await go('/units?view=list');
    await page.locator('.federation .field:has-text("层级") select').last().selectOption('STREET');
    await page.locator('.federation .field:has-text("状态") select').selectOption('late');
    await page.waitForFunction(() => new URL(location.href).searchParams.get('state') === 'late');
    const { unionUnit } = await ask(origin(page), `{ unionUnit(code: "BJ") { pace(levels: [STREET]) { late } } }`);
    await page.waitForSelector(`[role=status]:has-text("${unionUnit.pace.late} 个单位")`);
    await page.waitForFunction(() => [...document.querySelectorAll('.tree tbody tr')].every((row) => row.textContent.includes('逾期')));
    await go('/units?view=list&level=ZONE');
    await page.locator('.empty button').click();
    await page.waitForSelector('.tree tbody tr');
    assert.equal(parameter(page, 'level'), null);
  },
  async 'a unit that was changed shows what was before and what is now'({ page, go }, city) {
    await go(`/units/${city.street}`);
    await page.waitForSelector('.versions ins');
    assert.equal(await text(page, '.versions del'), city.dueBefore);
    assert.equal(await text(page, '.versions ins'), city.dueNow);
  },
  async 'a unit leads to its gap list and its cases, which say what it holds by'({ page, go }, city) {
    await go('/units/B-DEMO');
    const { gap, cases } = await ask(origin(page), `{ gap(first: 0, include: [LACKING, UNDECIDED], filter: { unit: ["B-DEMO"] }) { totalCount } cases(first: 0, filter: { unit: ["${city.unit}"], state: [OPEN] }) { totalCount } }`);
    await tabTo(page, 'a[href="/gaps?part=both&unit=B-DEMO"]');
    await page.keyboard.press('Enter');
    await page.waitForFunction((n) => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(n + 1), gap.totalCount);
    await page.waitForSelector('.chips button:has-text("B-DEMO")');
    await go(`/units/${city.unit}`);
    await page.locator(`a[href="/cases?home=${city.unit}"]`).click();
    await page.waitForSelector(`[role=status]:has-text("${cases.totalCount.toLocaleString('zh-CN')}")`);
    assert.equal(await page.getByLabel('企业归属单位').inputValue(), city.unit);
  },
  async 'places: a kind is left out of the map, a district is chosen on it, a building names what differs'({ page, go }, city) {
    await go('/places');
    await page.waitForSelector('.place-map path[data-place="B1"]');
    const { unionPlaces } = await ask(origin(page), '{ unionPlaces(kind: STATION) { totalCount } }');
    const stations = page.locator('.place-legend li:has-text("服务站")').last();
    assert.ok((await stations.textContent()).includes(`n=${unionPlaces.totalCount}`));
    const before = await page.locator('.place-map path[data-place]').count();
    await stations.locator('input').uncheck();
    await page.waitForFunction((count) => document.querySelectorAll('.place-map path[data-place]').length === count, before - unionPlaces.totalCount);
    await page.getByLabel('区', { exact: true }).selectOption(city.district);
    await page.waitForFunction((code) => new URL(location.href).searchParams.get('d') === code, city.district);
    await page.reload();
    await page.waitForSelector('.place-table a[href="/places/B1"]');
    assert.equal(await stations.locator('input').isChecked(), false);
    await tabTo(page, '.place-table a[href="/places/B1"]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.unknown-names li:text-is("查无此名示例有限公司")');
    assert.equal(await text(page, 'h1'), city.building);
    const there = (await ask(origin(page), '{ unionPlaces(kind: BUILDING) { nodes { code enterprisesThere { unlisted { name } elsewhere { name } } } } }')).unionPlaces.nodes.find((one) => one.code === 'B1').enterprisesThere;
    for (const { name } of [...there.unlisted, ...there.elsewhere]) await page.waitForSelector(`.place td, .place th:has-text("${name}")`);
  },
  async 'a place on the map opens by a click'({ page, go }) {
    await go('/places?kind=PARK');
    await page.locator('.place-map path[data-place="P1"]').click();
    await page.waitForSelector('.versions li');
    assert.equal(at(page), '/places/P1');
  },
  async 'places are a layer of the coverage map, with their legend, and in the picture that is saved'({ page, go }, city) {
    await go(`/?d=${city.district}`);
    await page.waitForSelector('svg path[data-code]');
    assert.equal(await page.locator('.map-view path[data-place]').count(), 0);
    await tabTo(page, '.toolbar .check + .check input');
    await page.keyboard.press('Space');
    await page.waitForSelector('.map-view path[data-place="B1"]');
    const { unionPlaces } = await ask(origin(page), '{ unionPlaces(kind: CENTRE) { totalCount } }');
    await page.waitForSelector(`.legend .place-key:has-text("服务中心"):has-text("n=${unionPlaces.totalCount}")`);
    await page.reload();
    await page.waitForSelector('.map-view path[data-place="B1"]');
    await page.locator('.toolbar .menu summary').click();
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator('.toolbar .menu button', { hasText: 'SVG' }).click()]);
    const svg = await readFile(await file.path(), 'utf8');
    assert.ok(svg.includes(`服务中心 n=${unionPlaces.totalCount}`) && svg.includes('data-place="B1"'));
  },
  async 'posts: who has the most to do stands first, and a district shows its streets'({ page, go }, city) {
    await go('/posts');
    await page.waitForSelector('.all-posts tbody tr');
    const { unionUnit } = await ask(origin(page), '{ unionUnit(code: "BJ") { staffing { filled vacant lackingPerOfficer } } }');
    assert.equal(await text(page, '.kpis dd'), unionUnit.staffing.filled.toLocaleString('en'));
    await tabTo(page, `.facts-table a[href="/posts?within=${city.unit}"]`);
    await page.keyboard.press('Enter');
    await page.waitForSelector(`.facts-table a[href="/units/${city.street}"]`);
    assert.equal(parameter(page, 'within'), city.unit);
    await page.locator('.federation .field:has-text("类别") select').selectOption('COORDINATOR');
    await page.locator('.empty button').click();
    await page.waitForSelector('.all-posts tbody tr');
  },
  async 'services: one kind, and the sum of its months is what the graph adds up'({ page, go }) {
    await go('/services');
    await page.waitForSelector('.by-kind tbody tr');
    await page.locator('.federation .field:has-text("项目") select').selectOption('CARD');
    await page.waitForFunction(() => document.querySelectorAll('.by-kind tbody tr').length === 1);
    const { unionUnit } = await ask(origin(page), `{ unionUnit(code: "BJ") { servicesGiven(year: ${year}, kind: CARD) { count } } }`);
    assert.equal(await text(page, '.by-kind tbody td.number'), unionUnit.servicesGiven.reduce((sum, one) => sum + one.count, 0).toLocaleString('en'));
    await page.reload();
    await page.waitForFunction(() => document.querySelectorAll('.by-kind tbody tr').length === 1);
  },
  async 'dispatch by keyboard: those without the clause, and the host that lacks a union'({ page, go }) {
    await go('/dispatch');
    await page.waitForSelector('.agreements tbody tr');
    const clause = page.locator('.federation .field:has-text("条款") select');
    await clause.focus();
    await page.keyboard.press('End');
    await page.waitForFunction(() => new URL(location.href).searchParams.get('clause') === 'no');
    await page.waitForFunction(() => [...document.querySelectorAll('.agreements tbody tr')].every((row) => row.querySelector('.status.warn') !== null));
    await tabTo(page, '.agreements a[href^="/e/"]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.verdict');
  },
  async 'collections: arrears by age, a quarter, the rule of what goes back'({ page, go }) {
    await go('/funds');
    await page.waitForSelector('.wide tbody tr');
    const { unionUnit } = await ask(origin(page), '{ unionUnit(code: "BJ") { arrears { older } } }');
    assert.equal(await text(page, 'tfoot td:nth-of-type(3)'), Math.round(Number(unionUnit.arrears.older) / 10_000).toLocaleString('en'));
    await page.locator('.federation .field:has-text("所属期") select').selectOption(`${year}Q3`);
    await page.waitForFunction((quarter) => [...document.querySelectorAll('.wide tbody tr')].every((row) => row.textContent.includes(quarter)), `${year}Q3`);
    assert.equal(await page.locator('.wide tbody tr').count(), 3);
    await page.waitForSelector('.wide td:has-text("示例返还办法第四条")');
    await page.waitForSelector('.pilots tr:has-text("示例代收工作领导小组")');
  },
  async 'targets by unit: what is given below and what is left over add up to the target'({ page, go }, city) {
    await go('/breakdown');
    await page.waitForSelector(`.tree a[href^="/units/${city.unit}"]`);
    const row = page.locator(`.tree tr:has(a[href^="/units/${city.unit}"])`);
    const { unionUnit } = await ask(origin(page), `{ unionUnit(code: "${city.unit}") { target(year: ${year}, indicator: "net_new_units") { value parts left } } }`);
    const cells = await row.locator('td.number').allTextContents();
    assert.equal(Number(cells[0]), unionUnit.target.value);
    assert.ok(cells[1].startsWith(String(unionUnit.target.parts)), cells[1]);
    assert.equal(Number(cells[2]), unionUnit.target.left);
    assert.equal(unionUnit.target.parts + unionUnit.target.left, unionUnit.target.value);
    await page.waitForSelector(`.key-points tr:has(a[href="/units/${city.unit}"]):has-text("示例要点一") .status.ok`);
    assert.ok((await text(page, '.key-points tbody tr:first-child')).includes('示例要点二'), 'what is to do stands first');
    await row.locator('.toggle').focus();
    await page.keyboard.press('Space');
    await page.waitForSelector(`.tree a[href^="/units/${city.street}"]`);
    await page.locator('.federation .field:has-text("指标") select').selectOption('coverage_rate');
    await page.waitForFunction(() => new URL(location.href).searchParams.get('indicator') === 'coverage_rate');
  },
  async 'the appraisal: a unit in full, its objection, and the bulletin prints the ranks'({ page, go }, city) {
    await go('/appraisal');
    await page.waitForSelector('.ranks tbody tr');
    const { unionStandings: { nodes: standings } } = await ask(origin(page), `{ unionStandings(year: ${year}, level: DISTRICT, first: 500) { nodes { score unit { code name } } } }`);
    const names = await page.locator('.ranks tbody th').allTextContents();
    assert.deepEqual(names, standings.map((one) => one.unit.name));
    const own = standings.find((one) => one.unit.code === city.unit);
    const button = page.locator('.ranks tbody button', { hasText: own.unit.name });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.standing td:has-text("示例考核办法第二条")');
    await page.waitForSelector('.standing th:has-text("少计两期信息")');
    await page.reload();
    await page.waitForSelector('.standing');
    await page.locator('.page-head .button', { hasText: '简报' }).click();
    await page.waitForSelector('.sheet .appraised tbody tr');
    assert.equal(await page.locator('.sheet .appraised tbody tr').count(), standings.length);
  },
  async 'an enterprise names the nearest place for services'({ page, go }, city) {
    const { gap } = await ask(city.url, '{ gap(first: 20) { nodes { id } } }');
    let near;
    for (const { id } of gap.nodes) near ??= (await ask(city.url, 'query ($id: ID!) { nearestPlace(enterprise: $id) { place { code name } } }', { id })).nearestPlace && id;
    assert.ok(near, 'one of the most urgent has a point');
    const { nearestPlace } = await ask(city.url, 'query ($id: ID!) { nearestPlace(enterprise: $id) { place { code name } } }', { id: near });
    await go(`/e/${near}`);
    await page.locator(`.facts a[href="/places/${nearestPlace.place.code}"]`).click();
    await page.waitForSelector('.versions li');
    assert.equal(await text(page, 'h1'), nearestPlace.place.name);
  },
  async 'each of the twenty-eight things that a federation does has a page that opens'({ page, go }) {
    const book = await readFile(new URL('../../../docs/src/capabilities.md', import.meta.url), 'utf8');
    const things = book.split('\n').filter((line) => /^\*\*\d+\. /.test(line));
    assert.equal(things.length, 28);
    const addresses = new Set(
      things.flatMap((line) => {
        const named = /Pages?: (.*?)\. Tests?:/.exec(line)?.[1].match(/`([^`]+)`/g);
        assert.ok(named, line);
        return named.map((address) => address.slice(1, -1));
      }),
    );
    for (const address of addresses) {
      await go(address);
      await page.waitForSelector('main h1', { state: 'attached' });
      await page.waitForFunction(() => document.querySelector('.loading, [aria-busy=true]') === null);
      assert.equal(await page.locator('main .notice, .said[role=alert]:not(:empty)').count(), 0, address);
    }
  },
  async 'stated figures hold as of their day'({ page, go }) {
    await go('/figures?on=2010-01-01');
    await page.waitForSelector('.figures-table tr:has-text("553")');
    assert.equal(await page.locator('.figures-table tr:has-text("47")').count(), 0);
    await page.locator('.federation input[type=date]').fill('2010-09-01');
    await page.waitForSelector('.figures-table tr:has-text("47")');
  },
  async 'an earlier edition: enterprises are counted as they were, and what is entered is said to be as it is now'({ page, go }, city) {
    const { editions } = await ask(city.url, '{ editions(first: 100) { nodes { number } } }');
    const oldest = `edition:${editions.nodes.at(-1).number}`;
    await go(`/units?at=${oldest}`);
    await page.waitForSelector('.strip.info');
    await page.waitForSelector('.federation > .muted:has-text("当前状态")');
    const { unionUnit } = await ask(city.url, `{ unionUnit(code: "BJ", asOf: "${oldest}") { counts { covered } } }`);
    await page.waitForSelector('.tree tbody tr');
    assert.equal((await page.locator('.tree tbody tr:first-child td.number').nth(2).textContent()).trim(), unionUnit.counts.covered.toLocaleString('en'));
  },
  async 'what an address of the federation names and is not there is said'({ page, go }) {
    await go('/units?pace=nonsense&on=2026-13-01');
    await page.waitForSelector('.said[role=alert]:has-text("pace=nonsense")');
    await page.waitForSelector('.said[role=alert]:has-text("on=2026-13-01")');
    await page.waitForSelector('.tree tbody tr');
  },
};
