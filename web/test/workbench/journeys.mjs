// Each page's main task, by mouse and by keyboard alone. A journey throws where something is not as claimed.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { ask } from './city.mjs';
import { middle, parameter, saved, tabTo, text } from './steps.mjs';

export const journeys = {
  async 'the map by mouse: a district, a measure, the same after a reload'({ page, go }, city) {
    await go('/');
    await page.locator('.ranked button', { hasText: city.districtName }).click();
    await page.waitForSelector(`.panel-head h2:text-is("${city.districtName}")`);
    await page.selectOption('.toolbar select', 'independent');
    await page.waitForSelector('.ranked caption:has-text("街道")');
    assert.equal(parameter(page, 'd'), city.district);
    assert.equal(parameter(page, 'm'), 'independent');
    const before = await text(page, '.kpi strong');
    assert.equal(await text(page, '.tile:nth-child(2) dd'), city.inGap.toLocaleString('en'));
    await page.reload();
    await page.waitForSelector('.ranked caption:has-text("街道")');
    assert.equal(await text(page, '.kpi strong'), before);
    await page.locator('.panel-head button').click();
    await page.waitForSelector('.ranked caption:has-text("区")');
    assert.equal(parameter(page, 'd'), null);
  },
  async 'the map is drawn without WebGL, and a district is chosen on it'({ page, go }, city) {
    await go('/');
    const district = page.locator(`svg path[data-code="${city.district}"]`);
    await district.waitFor();
    await district.click({ position: await middle(district), force: true });
    await page.waitForFunction((code) => new URL(location.href).searchParams.get('d') === code, city.district);
    assert.equal(await page.locator('.map-view').getAttribute('data-map'), 'svg');
  },
  async 'the map by keyboard: the ranked table is the map'({ page, go }, city) {
    await go('/');
    await page.waitForSelector('.ranked button');
    await tabTo(page, '.ranked button');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => new URL(location.href).searchParams.has('d'));
    await tabTo(page, '.panel .button.primary');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.grid-row a');
    assert.equal(new URL(page.url()).pathname, '/gaps');
    assert.match(parameter(page, 'area'), /^\d{6}$/, city.district);
  },
  async 'a map is saved with its title, day, legend and sources'({ page, go }) {
    await go('/?m=independent');
    await page.waitForSelector('svg path[data-code]');
    await page.locator('.toolbar .menu summary').click();
    const svg = await saved(page, () => page.locator('.toolbar .menu button', { hasText: 'SVG' }).click());
    assert.match(svg.name, /^huitu-independent-city-\d{4}-\d\d-\d\d\.svg$/);
    for (const part of ['规上企业独立建会率', 'n=', '数据来源', '演示数据', '海淀区']) assert.ok(svg.text.includes(part), part);
    const [png] = await Promise.all([page.waitForEvent('download'), page.locator('.toolbar .menu button', { hasText: 'PNG' }).click()]);
    const bytes = await readFile(await png.path());
    assert.deepEqual([...bytes.subarray(1, 4)], [0x50, 0x4e, 0x47]);
    assert.ok(bytes.length > 20_000, `${bytes.length} bytes`);
  },
  async 'the list: the ten most urgent of a district, why, and exactly those as a file'({ page, go }, city) {
    await go('/gaps');
    await page.waitForSelector('.grid-row a');
    await page.locator('.filters > summary').click();
    await page.locator('.filters select').first().selectOption(city.district);
    await page.waitForSelector(`.chips button:has-text("${city.districtName}")`);
    await page.waitForFunction((n) => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(n + 1), city.inGap);
    await page.keyboard.press('Escape');
    const names = await page.locator('.grid-row .cell-name').allTextContents();
    const told = await ask(new URL(page.url()).origin, `query ($area: String!) { gap(first: 10, filter: { area: [$area] }) { nodes { name } } }`, { area: city.district });
    assert.deepEqual(names.slice(0, 10), told.gap.nodes.map((node) => node.name));
    await page.locator('.ends .menu summary', { hasText: '导出' }).click();
    const csv = await saved(page, () => page.locator('.export button').first().click());
    assert.equal(csv.text.trimEnd().split('\n').length, city.inGap + 1);
    assert.match(csv.name, new RegExp(`-${city.inGap}\\.csv$`));
    await page.waitForSelector(`.export .good:has-text("${city.inGap.toLocaleString('en')}")`);
    await page.keyboard.press('Escape');
    await page.locator('.grid-row a').first().click();
    await page.waitForSelector('.verdict.why .reasons li');
    assert.equal(await text(page, 'h1'), names[0]);
  },
  async 'the list by keyboard: search, walk, to the end, open'({ page, go }, city) {
    await go('/gaps');
    await page.waitForSelector('.grid-row a');
    await page.keyboard.press('/');
    await page.keyboard.type(city.firstName.slice(0, 3));
    await page.waitForFunction(() => new URL(location.href).searchParams.has('q'));
    await page.waitForFunction((name) => document.querySelector('.grid-row .cell-name')?.textContent === name, city.firstName);
    await page.locator('.chips .plain').press('Enter');
    await page.waitForFunction((n) => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(n + 1), city.lacking);
    await tabTo(page, '[role=grid]');
    await page.keyboard.press('End');
    await page.waitForSelector(`#row-${city.lacking - 1} a`);
    await page.keyboard.press('Home');
    await page.waitForSelector('#row-0 a');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await page.waitForSelector('#row-1[aria-selected=true]');
    const name = await text(page, '#row-1 .cell-name');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.verdict');
    assert.equal(await text(page, 'h1'), name);
  },
  async 'what cannot be told is one click away, and counts as the graph counts'({ page, go }, city) {
    await go('/gaps');
    const parts = page.locator('.gaps .segments button');
    await page.waitForFunction(() => /\d/.test(document.querySelector('.gaps .segments button')?.textContent ?? ''));
    const numbers = (await parts.allTextContents()).map((t) => Number(t.replace(/\D/g, '')));
    assert.deepEqual(numbers, [city.lacking, city.undecided, city.both]);
    await parts.nth(1).click();
    await page.waitForFunction((n) => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(n + 1), city.undecided);
    await page.reload();
    await page.waitForSelector('.grid-row a');
    assert.equal(await parts.nth(1).getAttribute('aria-pressed'), 'true');
  },
  async 'a view is saved under a name and opened again'({ page, go }, city) {
    await go(`/gaps?area=${city.district}&sort=-employees&cols=priority,employees,tags`);
    await page.waitForSelector('.grid-row a');
    await page.locator('.ends .menu summary', { hasText: '视图' }).click();
    await page.locator('.views input').fill('我的区');
    await page.locator('.views input').press('Enter');
    await page.waitForSelector('.views li');
    await go('/gaps');
    await page.waitForSelector('.grid-row a');
    await page.locator('.ends .menu summary', { hasText: '视图' }).click();
    await page.locator('.views li button').first().click();
    await page.waitForSelector('.grid-head :text("标记")');
    assert.equal(parameter(page, 'sort'), '-employees');
  },
  async 'an address that no longer fits is said, and the rest of it holds'({ page, go }, city) {
    await go(`/gaps?ownership=FEUDAL&area=${city.district}&emp=nonsense`);
    await page.waitForSelector('.said[role=alert]:has-text("FEUDAL")');
    await page.waitForFunction((n) => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(n + 1), city.inGap);
  },
  async 'an enterprise: a finding is recorded, shows, and is withdrawn'({ page, go }, city) {
    await go(`/e/${city.first}`);
    await page.waitForSelector('.matrix .chosen');
    await page.locator('.finding-form input').first().fill('约访三次，无人');
    await tabTo(page, '.finding-form button');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.findings li:has-text("约访三次")');
    await page.locator('.findings li:has-text("约访三次") button', { hasText: '撤回' }).click();
    await page.waitForSelector('.findings li:has-text("约访三次") .struck');
  },
  async 'a possible union is judged and the judgement taken back'({ page, go }, city) {
    await go(`/e/${city.possible}`);
    const item = page.locator('.possible li').first();
    await item.locator('button').nth(1).click();
    await item.locator('.good').waitFor();
    await item.locator('button').click();
    await page.waitForFunction(() => (document.querySelectorAll('.possible li button').length ?? 0) >= 3);
  },
  async 'review by keyboard: decide by one key, undo by another'({ page, go }) {
    await go('/review?registry=unions');
    await page.waitForSelector('.queue [aria-current]');
    const first = await text(page, '.queue [aria-current] .queue-name');
    await page.keyboard.press('2');
    await page.waitForSelector('.undo .good:has-text("已记录")');
    await page.keyboard.press('u');
    await page.waitForSelector('.undo .good:has-text("已撤回")');
    await page.waitForSelector(`.queue [aria-current] .queue-name:text-is("${first}")`);
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => new URL(location.href).searchParams.has('pair'));
    const asked = parameter(page, 'pair');
    await page.reload();
    await page.waitForSelector('.queue [aria-current]');
    assert.equal(parameter(page, 'pair'), asked);
  },
  async 'sources: what a registry brought, its quality, and its receipt'({ page, go }) {
    await go('/sources');
    await page.waitForSelector('.sources tbody .plain');
    await tabTo(page, '.sources tbody .plain');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.details .quality');
    assert.notEqual(parameter(page, 'registry'), null);
    const receipt = await saved(page, () => page.locator('.details button', { hasText: '回执' }).first().click());
    assert.match(receipt.text, /<html/);
  },
  async 'a target is set where it stands, and shows on the map'({ page, go }, city) {
    await go('/targets');
    const cell = page.locator(`tr:has(th:text-is("${city.districtName}")) input`).first();
    const target = (await cell.inputValue()) === '62.5' ? '61.5' : '62.5';
    await cell.fill('abc');
    await cell.press('Enter');
    await page.waitForSelector('.said:has-text("目标应为数字")');
    assert.equal(await cell.inputValue(), 'abc');
    await cell.fill(target);
    await cell.press('Enter');
    await page.waitForSelector('.said.good');
    await page.reload();
    await cell.waitFor();
    assert.equal(await cell.inputValue(), target);
    await go(`/?m=target&d=${city.district}`);
    await page.waitForSelector(`.under-bar:has-text("${target}%")`);
  },
  async 'the bulletin of a district, its table as a file'({ page, go }, city) {
    await go('/bulletin');
    await page.waitForSelector('.sheet tbody tr');
    await page.locator('.bulletin-tools select').first().selectOption(city.district);
    await page.waitForSelector(`.sheet h2:has-text("${city.districtName}")`);
    await page.waitForSelector('.sheet th:text-is("街道／乡镇")');
    const csv = await saved(page, () => page.locator('.bulletin-tools button', { hasText: 'CSV' }).click());
    assert.ok(csv.text.split('\n').length > 3, csv.text);
  },
  async 'a token is made, its secret shown once, followed by another and ended'({ page, go }) {
    await go('/administration?tab=tokens');
    const form = page.locator('.make-token');
    await form.locator('input').first().fill('试用部门');
    await form.locator('select').first().selectOption('CLIENT');
    await form.locator('button[type=submit]').click();
    await page.waitForSelector('.new-secret code');
    const secret = await text(page, '.new-secret code');
    assert.match(secret, /^huitu_/);
    await page.locator('.new-secret .primary').click();
    await page.waitForSelector('.new-secret', { state: 'detached' });
    assert.ok(!(await page.content()).includes(secret), 'it is told once');
    const rows = page.locator('.tokens tbody tr', { hasText: '试用部门' });
    await rows.first().waitFor();
    await rows.first().locator('button', { hasText: '轮换' }).click();
    await page.waitForSelector('.new-secret code');
    assert.notEqual(await text(page, '.new-secret code'), secret);
    await page.locator('.new-secret .primary').click();
    await page.waitForFunction(() => [...document.querySelectorAll('.tokens tbody tr')].filter((row) => row.textContent.includes('试用部门')).length === 2);
    await rows.first().locator('button', { hasText: '撤销' }).click();
    await rows.first().locator('button', { hasText: '确认撤销' }).click();
    await page.waitForFunction(() => [...document.querySelectorAll('.tokens tbody tr')].filter((row) => row.textContent.includes('试用部门')).length === 1);
    await page.locator('.tokens .page-head input').check();
    await page.waitForSelector('.tokens tbody tr:has-text("已撤销")');
  },
  async 'who looked is found by name, and on the page of an enterprise'({ page, go }, city) {
    await go(`/e/${city.first}`);
    await page.waitForSelector('.matrix');
    await page.locator('.looked summary').click();
    await page.waitForSelector('.looked tbody td:has-text("demonstration")');
    await go('/administration?tab=audit');
    await page.locator('.audit-sought input').first().fill('demonstration');
    await page.locator('.audit-sought button').click();
    await page.waitForFunction(() => new URL(location.href).searchParams.get('who') === 'demonstration');
    await page.waitForSelector('.audit tbody tr');
    await page.locator('.audit-sought input').first().fill('谁也不是');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('.audit tbody tr') === null);
    await page.reload();
    assert.equal(await page.locator('.audit-sought input').first().inputValue(), '谁也不是');
  },
  async 'a department sees its own registry and who used it'({ page, go }) {
    await go('/partner');
    await page.locator('.partner select').selectOption('tax');
    await page.waitForSelector('.partner .quality');
    await page.waitForSelector('.partner td:has-text("demonstration")');
  },
  async 'a contradiction becomes a request, and its department answers in place'({ page, go }, city) {
    const found = await ask(city.url, '{ conflicts(first: 50, filter: { registry: ["social_insurance"] }) { nodes { enterprise { id corrections { totalCount } } } } }');
    const fresh = found.conflicts.nodes.find((row) => row.enterprise.corrections.totalCount === 0).enterprise.id;
    await go(`/e/${fresh}`);
    await page.locator('.matrix button', { hasText: '请部门核对' }).first().click();
    await page.locator('.matrix form input').fill('走访所见不同');
    await page.locator('.matrix form button[type=submit]').click();
    await page.waitForSelector('.corrections td:has-text("走访所见不同")');
    await go('/partner?registry=tax');
    await page.waitForSelector('.corrections form');
    const before = await page.locator('.corrections form').count();
    const form = page.locator('.corrections form').first();
    await form.locator('select').selectOption('CONFIRMED');
    await form.locator('input').fill('已核对');
    await form.locator('button[type=submit]').click();
    await page.waitForFunction((n) => document.querySelectorAll('.corrections form').length === n - 1, before);
    const [letter] = await Promise.all([page.waitForEvent('popup'), page.locator('a', { hasText: '打印校核函' }).click()]);
    await letter.waitForSelector('section p:has-text("数据校核函")');
    await letter.close();
    await go('/sources?registry=tax');
    await page.waitForSelector('tr.open:has-text("待答复的校核请求")');
  },
  async 'what a visit found becomes a request to the department of a registry'({ page, go }, city) {
    await ask(city.url, 'mutation ($id: ID!) { recordFinding(input: { enterprise: $id, reason: "deferred", note: "门牌不符" }) { userErrors { message } } }', { id: city.first });
    await go(`/e/${city.first}`);
    const line = page.locator('.findings li', { hasText: '门牌不符' }).first();
    await line.locator('button', { hasText: '请部门核对' }).click();
    await line.locator('.ask-finding select').nth(1).selectOption('NAME');
    await line.locator('.ask-finding button[type=submit]').click();
    await page.waitForSelector('.corrections td:has-text("门牌不符")');
  },
  async 'an earlier edition is looked at, and left again'({ page, go }, city) {
    await go('/administration');
    await page.waitForSelector('.administration tbody tr');
    await page.locator('.administration tbody tr:last-child a').click();
    await page.waitForSelector('.strip.info');
    await page.waitForSelector('.ranked button');
    assert.equal(parameter(page, 'at'), 'edition:1');
    await page.reload();
    await page.locator('.strip.info button').click();
    await page.waitForFunction(() => !new URL(location.href).searchParams.has('at'), city.district);
  },
  async 'a new edition reaches an open page by itself'({ page, go }, city) {
    await go('/');
    await page.waitForSelector('.slider output');
    const before = await text(page, '.slider strong');
    await ask(new URL(page.url()).origin, `mutation ($id: ID!) { recordFinding(input: { enterprise: $id, reason: "deferred" }) { userErrors { message } } }`, { id: city.first });
    await page.waitForSelector('.announcement:not(:empty)');
    await page.waitForFunction((old) => document.querySelector('.slider strong')?.textContent !== old, before);
    await tabTo(page, '.slider input');
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(() => new URL(location.href).searchParams.has('at'));
  },
  async 'the query page opens with its examples'({ page, go }) {
    await go('/graphiql');
    await page.waitForSelector('.graphiql-query-editor .CodeMirror-line');
  },
};

export const troubles = {
  async 'a server that does not answer is said, what was typed stays, and trying again works'({ page, go }) {
    await go('/gaps');
    await page.waitForSelector('.grid-row a');
    await page.route('**/graphql', (route) => route.abort());
    await page.locator('.search').fill('北京');
    await page.waitForFunction(() => new URL(location.href).searchParams.has('q'));
    await page.waitForSelector('.strip.danger');
    assert.equal(await page.locator('.search').inputValue(), '北京');
    await page.unroute('**/graphql');
    await page.reload();
    await page.waitForSelector('.grid-row a');
    assert.equal(await page.locator('.search').inputValue(), '北京');
  },
  async 'an edition that is gone is said, with a way to the newest'({ page, go }) {
    await go('/?at=edition:999');
    await page.waitForSelector('.notice[role=alert] code');
    assert.match(await text(page, '.notice'), /EDITION_GONE|NOT_FOUND|BAD_INPUT/);
    await page.locator('.strip.info button').click();
    await page.waitForSelector('.ranked button');
  },
  async 'ten thousand filters in an address are answered plainly'({ page, go }) {
    await go(`/gaps?area=${Array.from({ length: 10_000 }, (_, n) => 110_000 + n).join(',')}`.slice(0, 60_000));
    await page.waitForSelector('.notice[role=alert], .empty, .grid-row a');
    await page.waitForSelector('.chips .plain');
    await page.locator('.chips .plain').click();
    await page.waitForSelector('.grid-row a');
  },
};
