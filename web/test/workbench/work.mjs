// Case work: what stands there before the pages are looked at, and each page's task by mouse and by keyboard alone.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { ask } from './city.mjs';

const origin = (page) => new URL(page.url()).origin;
const parameter = (page, name) => new URL(page.url()).searchParams.get(name);
const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const text = async (page, selector) => (await page.locator(selector).first().textContent()).trim();
/** Presses Tab until `selector` has the focus. */
async function tabTo(page, selector) {
  for (let n = 0; n < 200; n++) {
    if (await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`no focus by Tab on ${selector}`);
}
const change = async (url, query, variables) => {
  const answer = await ask(url, query, variables);
  for (const { userErrors } of Object.values(answer)) assert.deepEqual(userErrors, []);
  return answer;
};
const LISTS = `mutation ($input: DrawVisitListsInput!) { drawVisitLists(input: $input) { lists { id doors stops { case { id enterprise { name } } } } userErrors { message } } }`;

/** Cases of two districts, one list, one duty, one named list: so that every page has something to show. */
export async function prepared(url, city) {
  const opened = `mutation ($input: OpenCasesInput!) { openCases(input: $input) { opened userErrors { message } } }`;
  await change(url, opened, { input: { filter: { area: [city.district] }, atMost: 30, owner: { unit: city.district, role: '协管员' }, nextOn: day(1) } });
  await change(url, opened, { input: { atMost: 40 } });
  const { drawVisitLists } = await change(url, LISTS, { input: { title: '试走', filter: { area: [city.district] }, doors: 8 } });
  // In a larger city somebody is responsible there already.
  const duty = 'mutation ($input: AddDutyInput!) { addDuty(input: $input) { userErrors { message } } }';
  const input = { owner: { unit: city.district, role: '协管员' }, area: city.district };
  const { addDuty } = await ask(url, duty, { input: { ...input, isFirst: true } });
  if (addDuty.userErrors.length > 0) await change(url, duty, { input: { ...input, isFirst: false } });
  await change(url, `mutation ($input: CreateNamedListInput!) { createNamedList(input: $input) { userErrors { message } } }`, {
    input: { title: '试用名单', purpose: '试用', source: '试用', entries: [city.firstName, '查无此名有限公司'] },
  });
  const { cases, namedLists } = await ask(url, `query ($area: [String!]) { cases(filter: { area: $area }, first: 3) { nodes { id enterprise { name } } } namedLists { id } }`, { area: [city.district] });
  return {
    case: cases.nodes[0].id.replace('case:', ''),
    caseName: cases.nodes[0].enterprise.name,
    list: drawVisitLists.lists[0].id.replace('visits:', ''),
    named: namedLists[0].id,
  };
}

export const workPages = (city) => [
  { name: 'work', path: '/work', ready: '.week-part tbody tr' },
  { name: 'cases', path: '/cases', ready: '.cases-table tbody tr' },
  { name: 'no cases', path: '/cases?stage=LEGAL&area=' + city.district, ready: '.empty button' },
  { name: 'case', path: `/cases/${city.case}`, ready: '.history li' },
  { name: 'no case', path: '/cases/CXXXX', ready: '.notice h1' },
  { name: 'visits', path: `/visits?draw=1&area=${city.district}`, ready: '.shape-map path' },
  { name: 'visit list', path: `/visits?list=${city.list}`, ready: '.visits .grid tbody tr' },
  { name: 'duties', path: '/duties', ready: '.workload tbody tr' },
  { name: 'named lists', path: `/lists?list=${city.named}`, ready: '.list-parts tbody tr' },
  { name: 'leads', path: '/lists?tab=leads&open=PREPARATORY_FUND', ready: '.open-many' },
  { name: 'lead list', path: '/lists?tab=leads&kind=PREPARATORY_FUND', ready: '.lead-list tbody tr' },
  { name: 'kit', path: '/kit', ready: '.command pre' },
];

export const workJourneys = {
  async 'the week: every line leads to its case, and whoever said so finds it first'({ page, go, context }, city) {
    await go('/work');
    await page.locator('.work .unit-choice').selectOption(city.district);
    await page.waitForFunction((code) => new URL(location.href).searchParams.get('unit') === code, city.district);
    await page.locator('.work .check input').check();
    await page.waitForSelector('#newOnList tbody a');
    const name = await text(page, '#newOnList tbody a');
    await page.locator('#newOnList tbody a').first().click();
    await page.waitForSelector('.history li');
    assert.equal(await text(page, 'h1'), name);
    const tab = await context.newPage();
    await tab.goto(`${origin(page)}/`);
    await tab.waitForSelector('.week-part');
    assert.equal(new URL(tab.url()).pathname, '/work');
    assert.equal(parameter(tab, 'unit'), city.district);
    await tab.locator('nav a[href="/"]').click();
    await tab.waitForSelector('.ranked button');
    await tab.reload();
    await tab.waitForSelector('.ranked button');
    await tab.close();
  },
  async 'a case: changed, its history says so, closed with a reason and opened again'({ page, go }, city) {
    await go(`/cases/${city.case}`);
    const form = page.locator('.change-form');
    await form.locator('select').first().selectOption('INFORM');
    await form.locator('input[type=date]').fill(day(3));
    await form.locator('select').nth(2).selectOption('4');
    await form.locator('.field:has-text("谁拒绝") input').fill('人事负责人');
    await form.locator('.field:has-text("备注") input').fill('已送材料');
    await form.locator('button[type=submit]').click();
    await page.waitForSelector('.change-form .said.good:has-text("已保存")');
    await page.waitForSelector('.history li:has-text("已送材料")');
    await page.waitForSelector('.stages .current');
    const { node } = await ask(origin(page), `query ($id: ID!) { node(id: $id) { ... on OutreachCase { stage nextOn assessment refusal { by } } } }`, { id: `case:${city.case}` });
    assert.deepEqual(node, { stage: 'INFORM', nextOn: day(3), assessment: 4, refusal: { by: '人事负责人' } });
    await page.locator('.close-form select').selectOption('deferred');
    await page.locator('.close-form button').click();
    await page.waitForSelector('.close-form h2:has-text("重新立案")');
    await page.locator('.close-form input').fill('明年再来');
    await page.locator('.close-form button').click();
    await page.waitForSelector('.change-form');
    await page.waitForSelector('.history li:has-text("明年再来")');
  },
  async 'two people at one case: the later one is told, and what was typed stays'({ page, go }, city) {
    await go(`/cases/${city.case}`);
    await page.waitForSelector('.change-form');
    await page.route('**/graphql/sse', (route) => route.abort());
    await page.locator('.change-form .field:has-text("备注") input').fill('我写的');
    await page.route('**/graphql', async (route) => {
      const asked = route.request().postDataJSON();
      // Somebody else is faster by one step.
      if (asked.operationName === 'ChangeCase' && !asked.query)
        await change(origin(page), `mutation ($input: ChangeCaseInput!) { changeCase(input: $input) { userErrors { message } } }`, { input: { case: `case:${city.case}`, note: '别人先写' } });
      await route.continue();
    });
    await page.locator('.change-form button').click();
    await page.waitForSelector('.change-form .said:not(.good):not(:empty)');
    assert.equal(await page.locator('.change-form .field:has-text("备注") input').inputValue(), '我写的');
    await page.waitForSelector('.history li:has-text("别人先写")');
    await page.unroute('**/graphql');
    await page.locator('.change-form button').click();
    await page.waitForSelector('.history li:has-text("我写的")');
  },
  async 'cases by keyboard: ticked, a date set for all of them, the same after a reload'({ page, go }, city) {
    await go(`/cases?area=${city.district}`);
    await page.waitForSelector('.cases-table tbody tr');
    await tabTo(page, '.cases-table thead input');
    await page.keyboard.press('Space');
    await page.waitForSelector('.bulk');
    await page.locator('.bulk input[type=date]').fill(day(9));
    await page.locator('.bulk input[type=date]').press('Enter');
    await page.waitForSelector('.cases > .answered > .said.good:has-text("已完成"), .bulk + .said.good, .said.good:has-text("已完成")');
    await page.reload();
    await page.waitForSelector('.cases-table tbody tr');
    assert.ok((await page.locator('.cases-table tbody tr').allTextContents()).every((line) => line.includes(day(9))));
    assert.equal(parameter(page, 'area'), city.district);
  },
  async 'from the list: cases for the ticked enterprises'({ page, go }, city) {
    await go(`/gaps?part=undecided&area=${city.district}`);
    await page.waitForSelector('.grid-row a');
    await page.locator('[role=grid]').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Space');
    await page.locator('.selection button', { hasText: '立案' }).first().click();
    await page.locator('.open-many button[type=submit]').click();
    await page.waitForSelector('.open-many .said.good');
    const name = await text(page, '#row-0 .cell-name');
    await page.locator('#row-0 a').click();
    await page.waitForSelector('.case-of .facts');
    assert.equal(await text(page, 'h1'), name);
  },
  async 'a list is drawn inside a shape, by keyboard alone'({ page, go }, city) {
    await go(`/visits?draw=1&area=${city.district}`);
    await page.waitForSelector('.shape-map circle');
    await tabTo(page, '.shape-map');
    const walk = async (key, times) => {
      for (let n = 0; n < times; n++) await page.keyboard.press(`Shift+${key}`);
    };
    await walk('ArrowLeft', 20);
    await walk('ArrowUp', 20);
    await page.keyboard.press('Enter');
    await walk('ArrowRight', 20);
    await page.keyboard.press('Enter');
    await walk('ArrowDown', 20);
    await page.keyboard.press('Enter');
    await walk('ArrowLeft', 20);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => (new URL(location.href).searchParams.get('shape') ?? '').split(';').length === 4);
    assert.match(await text(page, '.shape [role=status]'), /圈内 [1-9]/);
    await page.locator('.draw button[type=submit]').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.drawn-lists a');
    await page.locator('.drawn-lists a').first().press('Enter');
    await page.waitForSelector('.visits h1');
  },
  async 'a copy that has expired loses its names and keeps what was not handed in'({ page, go }, city) {
    await go('/visits');
    await page.waitForSelector('.visits h1');
    await page.evaluate(() => {
      const copy = { id: 'VOLD', title: '旧名单', expires: '2020-01-01', takenAt: '2019-12-20T00:00:00Z', visitor: '', handed: {}, refused: {} };
      const doors = ['case:CONE', 'case:CTWO'].map((id, at) => ({ case: id, place: at + 1, name: '某企业', code: '91', address: '某处', stage: '' }));
      const answers = { 'case:CONE': { door: 'nobody', answer: '', on: '', assessment: '', note: '', at: '2019-12-21T00:00:00Z' } };
      localStorage.setItem('huitu.visits.VOLD', JSON.stringify({ ...copy, doors, answers }));
      localStorage.setItem('huitu.visits.VDONE', JSON.stringify({ ...copy, id: 'VDONE', doors, answers: {} }));
    });
    await page.reload();
    await page.waitForSelector('.copies li');
    assert.equal(await page.locator('.copies li').count(), 1, city.list);
    const kept = await page.evaluate(() => [localStorage.getItem('huitu.visits.VOLD'), localStorage.getItem('huitu.visits.VDONE')]);
    assert.ok(!kept[0].includes('某企业') && kept[0].includes('nobody'));
    assert.equal(kept[1], null);
  },
  async 'a workbook comes back: read by its keys, what is wrong is said by row'({ page, go }, city) {
    const { lists } = (await change(origin({ url: () => city.url }), LISTS, { input: { title: '带回', filter: { area: [city.district] }, doors: 4 } })).drawVisitLists;
    const [one, two] = lists[0].stops.map((stop) => stop.case.id.replace('case:', ''));
    await go(`/visits?list=${lists[0].id.replace('visits:', '')}`);
    const sheet = `备注,案件编号,到访结果,答复\n看过,${one},见到负责人,需要帮助\n,${two},burnt_down,\n`;
    await page.locator('.bring input[type=file]').setInputFiles({ name: '走访.csv', mimeType: 'text/csv', buffer: Buffer.from(sheet) });
    await page.locator('.bring button').click();
    await page.waitForSelector('.bring .receipt li:has-text("第 3 行")');
    assert.match(await text(page, '.bring .receipt p'), /读到 2 行：生效 1/);
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator('.page-head button', { hasText: 'XLSX' }).click()]);
    assert.deepEqual([...(await readFile(await file.path())).subarray(0, 2)], [0x50, 0x4b]);
  },
  async 'duties: given, nobody\'s cases go to whoever has the duty, handed over'({ page, go }, city) {
    await go('/duties');
    await page.waitForSelector('.workload tbody tr');
    await page.locator('.add-duty .unit-choice').first().selectOption(city.district);
    await page.locator('.add-duty .field:has-text("岗位") input').fill('干事');
    await page.locator('.add-duty .field:has-text("行业") input').fill('C');
    await page.locator('.add-duty button').press('Enter');
    await page.waitForSelector('.add-duty .said.good');
    await page.waitForSelector('.duties td:has-text("C")');
    await page.locator('.hand-over .unit-choice').first().selectOption(city.district);
    await page.locator('.hand-over .field:has-text("岗位") input').first().fill('干事');
    await page.locator('.hand-over .unit-choice').nth(1).selectOption(city.district);
    await page.locator('.hand-over .field:has-text("岗位") input').nth(1).fill('专干');
    await page.locator('.hand-over button').click();
    await page.waitForSelector('.hand-over .said.good:has-text("责任 1 项")');
    await page.waitForSelector('.duties th:has-text("专干")');
  },
  async 'a named list: brought, opened, removed'({ page, go }, city) {
    await go('/lists');
    await page.waitForSelector('.named tbody tr');
    await page.locator('.bring-list input').nth(0).fill('代表委员企业');
    await page.locator('.bring-list input').nth(1).fill('联系');
    await page.locator('.bring-list input').nth(2).fill('办公室');
    await page.locator('.bring-list textarea').fill(`${city.firstName}\n没有这家有限公司`);
    await page.locator('.bring-list button').click();
    await page.waitForSelector('.bring-list .said.good:has-text("对上 1 家，未对上 1 条")');
    const line = page.locator('.named tr:has(th:has-text("代表委员企业"))');
    await line.locator('button').first().click();
    await page.waitForSelector(`.list-parts th a:has-text("${city.firstName}")`);
    await page.reload();
    await page.waitForSelector(`.list-parts th a:has-text("${city.firstName}")`);
    await line.locator('button').nth(1).click();
    await line.locator('button.danger').click();
    await page.waitForSelector('.named tr:has(th:has-text("代表委员企业"))', { state: 'detached' });
  },
  async 'a receiver inside the house is refused in words, and its address stays typed'({ page, go }) {
    await go('/administration');
    await page.locator('.add-webhook input[type=url]').fill('https://127.0.0.1/hook');
    await page.locator('.add-webhook button').click();
    await page.waitForSelector('.add-webhook .said:not(.good):not(:empty)');
    assert.equal(await page.locator('.add-webhook input[type=url]').inputValue(), 'https://127.0.0.1/hook');
  },
};

// Without a network the browser writes errors of its own.
export const workTroubles = {
  async 'a list is taken along, filled in without a network, handed in later, and taken back'({ page, go, context }, city) {
    await go(`/visits?list=${city.list}`);
    await page.locator('.page-head button', { hasText: '带走' }).click();
    await page.waitForSelector('.said.good:has-text("没有网络也可填写")');
    const kept = await page.evaluate((list) => localStorage.getItem(`huitu.visits.${list}`), city.list);
    for (const word of ['fund', 'dispute', 'revenue', 'payroll']) assert.ok(!kept.includes(word), word);
    await context.setOffline(true);
    const door = page.locator('.doors li').first();
    await door.locator('select').first().selectOption('met');
    await door.locator('select').nth(1).selectOption('thinks');
    await door.locator('.field:has-text("备注") input').fill('老板在外地');
    await page.locator('.doors li').nth(1).locator('select').first().selectOption('nobody');
    await page.locator('.hand-in button.primary').click();
    await page.waitForSelector('.walk .said[role=alert]:not(:empty)');
    // Without a network the page opens again, and nothing is lost.
    await page.reload();
    await page.waitForSelector('.doors li');
    assert.equal(await door.locator('.field:has-text("备注") input').inputValue(), '老板在外地');
    await context.setOffline(false);
    await page.reload();
    await page.waitForSelector('.doors li');
    assert.equal(await door.locator('.field:has-text("备注") input').inputValue(), '老板在外地');
    await page.locator('.hand-in button.primary', { hasText: '2' }).click();
    await page.waitForSelector('.walk .receipt .good');
    await page.waitForSelector('.doors li .status.ok');
    await page.waitForSelector('.take-back');
    const { visitList } = await ask(origin(page), `query ($id: ID!) { visitList(id: $id) { visits { door answer note state } } }`, { id: `visits:${city.list}` });
    assert.deepEqual(visitList.visits.map((visit) => [visit.door, visit.answer]).sort(), [['met', 'thinks'], ['nobody', null]]);
    await page.locator('.take-back input').fill('填错了');
    await page.locator('.take-back button').click();
    await page.waitForSelector('.visits td:has-text("已撤回")');
    await page.locator('.hand-in .plain').click();
    await page.waitForSelector('.doors', { state: 'detached' });
  },
};
