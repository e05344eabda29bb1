// What a page says when something is not as usual: sources that are late, an edition that waits, somebody else who was faster, addresses
// that name what is no more.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { geometry, violations } from './checks.mjs';
import { ask } from './city.mjs';
import { altered, parameter, saved, tabTo, text } from './steps.mjs';

const YEAR = new Date().getFullYear();
const fine = async (page, where) => assert.deepEqual([...(await violations(page)), ...(await geometry(page))], [], where);

/** These only look. */
export const stateLooks = {
  async 'sources that are behind are named on every page, with the day of their last good pull'({ page, go }, city) {
    const { registries } = await ask(city.url, '{ registries { name title } }');
    await altered(page, 'Standing', (data) => {
      for (const registry of data.registries) if (registry.name === 'tax') Object.assign(registry, { state: 'LATE', lateSince: `${YEAR - 1}-03-01T00:00:00Z`, lastGood: `${YEAR - 1}-02-01T00:00:00Z` });
    });
    const title = registries.find((registry) => registry.name === 'tax').title;
    for (const path of ['/', '/gaps', `/e/${city.first}`, '/review', '/targets', '/bulletin']) {
      await go(path);
      await page.waitForSelector(`.strip.warn:has-text("${title} ${YEAR - 1}-02-01")`);
    }
    await fine(page, 'behind');
    // Where it is told in full it is not told twice.
    await go('/sources');
    await page.waitForSelector('.sources tbody .status');
    assert.equal(await page.locator('.strip.warn').count(), 0);
  },
  async 'a source that is missing is named with what cannot be decided without it'({ page, go }) {
    await altered(page, 'Missing', (data) => (data.editions.nodes[0].missingSources = [{ verdict: 'GAP', text: '未建会判定缺少工会名册' }]));
    await go('/gaps');
    await page.waitForSelector('.strip.warn:has-text("未建会判定缺少工会名册")');
    await fine(page, 'missing');
  },
  async 'an edition that waits is told on every page, by what jumps, and is decided in one place with a reason'({ page, go }) {
    const jump = { figure: 'GAP', before: 300, after: 30, limitPercent: 20 };
    const waiting = { id: 'held:7', state: 'HELD', heldAt: `${YEAR}-01-02T03:04:05Z`, jumps: [jump], causes: ['工会名册'], decidedBy: null, decidedAt: null, reason: null };
    await altered(page, 'Held', (data) => (data.heldEdition = waiting));
    for (const path of ['/gaps', '/review', '/']) {
      await go(path);
      await page.waitForSelector('.strip.warn:has-text("1 项")');
    }
    await fine(page, 'held');
    await page.locator('.strip.warn a').click();
    await page.waitForSelector('.held tbody tr:has-text("未建会清单"):has-text("300"):has-text("−90.0%"):has-text("±20")');
    assert.equal(await page.locator('.strip.warn').count(), 0);
    await page.locator('.held .button.primary').click();
    await page.waitForSelector('.held .said:has-text("请写明理由")');
    await fine(page, 'to decide');
    const decided = page.waitForRequest((request) => request.postDataJSON?.()?.operationName === 'RejectEdition');
    await page.route('**/graphql', (route) => (route.request().postDataJSON().operationName === 'RejectEdition' ? route.fulfill({ json: { data: { rejectEdition: { held: null, userErrors: [{ message: '第 7 号之后数据又有变化' }] } } } }) : route.fallback()));
    await page.locator('.held input').fill('名册只有一部分');
    await page.locator('.held .button.danger').click();
    assert.deepEqual((await decided).postDataJSON().variables, { input: { held: 'held:7', reason: '名册只有一部分' } });
    await page.waitForSelector('.held .said:has-text("之后数据又有变化")');
    assert.equal(await page.locator('.held input').inputValue(), '名册只有一部分');
  },
  async 'a bulletin is chosen by period and unit, says what changed since, and holds after a reload'({ page, go }, city) {
    await go('/bulletin');
    await page.waitForSelector('.sheet tbody tr');
    const { editions } = await ask(city.url, '{ editions(first: 100) { nodes { asOf } } }');
    const [year, month] = editions.nodes[0].asOf.split('-');
    const periods = page.locator('.bulletin-tools select').nth(1);
    assert.ok((await periods.locator('optgroup').count()) === 3 && (await periods.locator('option').count()) >= 4);
    await periods.selectOption(`${year}Q${Math.ceil(Number(month) / 3)}`);
    await page.waitForSelector(`.sheet h2:has-text("${year} 年第 ${Math.ceil(Number(month) / 3)} 季度")`);
    await page.locator('.bulletin-tools select').first().selectOption(city.district);
    await page.waitForSelector(`.sheet h2:has-text("${city.districtName}")`);
    await page.waitForSelector('.lead:has-text("不列增减"), .lead:has-text("相比")');
    const [query, title] = [new URL(page.url()).search, await text(page, '.sheet h2')];
    await page.reload();
    await page.waitForSelector('.sheet tbody tr');
    assert.deepEqual([new URL(page.url()).search, await text(page, '.sheet h2')], [query, title]);
    const csv = await saved(page, () => page.locator('.bulletin-tools button', { hasText: 'CSV' }).click());
    assert.equal(csv.name, `huitu-bulletin-${city.district}-${parameter(page, 'period')}.csv`);
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator('.bulletin-tools button', { hasText: 'XLSX' }).click()]);
    assert.equal(file.suggestedFilename(), `huitu-bulletin-${city.district}-${parameter(page, 'period')}.xlsx`);
    assert.deepEqual([...(await readFile(await file.path())).subarray(0, 2)], [0x50, 0x4b]);
  },
};

export const stateJourneys = {
  async 'two people at one pair: whoever is later keeps looking at it, decides no other by mistake, and loses nothing'({ page, go }, city) {
    const queue = '{ review(first: 40) { nodes { id kind } } }';
    const pairs = (await ask(city.url, queue)).review.nodes.filter((pair) => pair.kind === 'PAIR');
    const pair = pairs[2].id;
    await go(`/review?pair=${pair}`);
    await page.waitForSelector('.decision .decide');
    const shown = await text(page, '.pair');
    await page.locator('.decision .decide input').fill('同一处办公');
    const { judge } = await ask(city.url, 'mutation ($pair: ID!) { judge(input: { pair: $pair, verdict: DIFFERENT, reason: "别人先判" }) { judgement { id } userErrors { message } } }', { pair });
    assert.deepEqual(judge.userErrors, []);
    await page.waitForSelector('.decision .gone');
    assert.equal(await text(page, '.pair'), shown, 'the pair stays where it was looked at');
    assert.equal(await page.locator('.decision .decide input').inputValue(), '同一处办公');
    await page.locator('.decision h2').click();
    await page.keyboard.press('1');
    await page.waitForSelector('.undo .said:not(.good):has-text("没有待判定的记录对")');
    assert.equal(await page.locator('.decision .decide input').inputValue(), '同一处办公');
    // No other pair was decided instead, and what the first one decided stands.
    const left = new Set((await ask(city.url, '{ review(first: 100) { nodes { id } } }')).review.nodes.map((node) => node.id));
    assert.ok(!left.has(pair) && left.has(pairs[0].id) && left.has(pairs[1].id));
    await page.locator('.decision .gone button').click();
    await page.waitForSelector('.decision .gone', { state: 'detached' });
    assert.notEqual(parameter(page, 'pair'), pair);
    await ask(city.url, 'mutation ($id: ID!) { withdrawJudgement(input: { id: $id }) { userErrors { message } } }', { id: judge.judgement.id });
  },
  async 'another policy is tried, saved upon what was seen, and taken back by somebody else'({ page, go, context }, city) {
    await go('/administration?tab=policy');
    await page.waitForSelector('.policy button');
    const grace = page.locator('.policy input[type=number]').first();
    const before = await grace.inputValue();
    await grace.fill(String(Number(before) + 1));
    await page.locator('.policy > form button[type=submit]').click();
    await page.waitForSelector('.policy-changes tbody tr', { timeout: 60_000 });
    // What is typed after the preview is previewed again before it can be saved.
    const save = page.locator('.save-policy button');
    await grace.fill(String(Number(before) + 2));
    assert.equal(await save.isDisabled(), true);
    await grace.fill(String(Number(before) + 1));
    await save.click();
    await page.waitForSelector('.save-policy .said:has-text("请写明理由")');
    await page.locator('.save-policy input').fill('试行一年');
    await save.click();
    await page.waitForSelector('.policy > .said.good:has-text("已保存为第")', { timeout: 60_000 });
    await page.waitForSelector(`.policy-versions tbody tr:has-text("试行一年"):has-text("宽限期（月） ${Number(before) + 1}")`);
    await fine(page, 'saved');
    await page.reload();
    await page.waitForSelector('.policy-versions tbody tr');
    assert.equal(await grace.inputValue(), String(Number(before) + 1));
    // Somebody else takes it back while something is typed here: it stays typed, is not saved over theirs, and goes on upon theirs.
    const heads = page.locator('.policy input[type=number]').nth(1);
    await heads.fill('123');
    const other = await context.newPage();
    await other.goto(page.url());
    await other.locator('.policy-versions form input').fill('不再试行');
    await other.locator('.policy-versions form button').click();
    await other.waitForSelector('.policy-versions .said.good', { timeout: 60_000 });
    await other.close();
    await page.waitForSelector('.policy [role=alert] button', { timeout: 60_000 });
    assert.equal(await page.locator('.policy > form button[type=submit]').isDisabled(), true);
    await page.locator('.policy [role=alert] button').click();
    assert.deepEqual([await grace.inputValue(), await heads.inputValue()], [before, '123']);
    await page.locator('.policy > form button', { hasText: '恢复现行规则' }).click();
    assert.notEqual(await heads.inputValue(), '123');
  },
  async 'another threshold is tried by keyboard alone, a limit is saved over the configuration and taken back by itself'({ page, go }) {
    await go('/administration?tab=policy');
    await page.waitForSelector('.rules .rule');
    const rule = page.locator('.rules .rule', { hasText: '规模以上工业' });
    const amount = rule.locator('input[type=number]');
    assert.equal(await amount.inputValue(), '2000', 'in 10,000 yuan, as its title says');
    await page.locator('.policy input[type=number]').first().focus();
    await tabTo(page, '.rules .rule input[type=number]');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('90000');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.policy-changes tbody tr', { timeout: 60_000 });
    const above = page.locator('.policy-changes tbody tr', { hasText: '规模以上' }).locator('td');
    const [now, then] = [await above.nth(0).textContent(), await above.nth(1).textContent()].map((n) => Number(n.replace(/\D/g, '')));
    assert.ok(then < now, `${then} of ${now}`);
    await page.locator('.policy > form button', { hasText: '恢复现行规则' }).click();
    assert.equal(await amount.inputValue(), '2000');

    const limit = page.locator('.policy .field', { hasText: '未建会变化超过' }).locator('input');
    const before = await limit.inputValue();
    await limit.fill('37.5');
    await page.locator('.policy > form button[type=submit]').click();
    await page.waitForSelector('.save-policy button:enabled', { timeout: 60_000 });
    await page.locator('.save-policy input').fill('换名册的月份');
    await page.locator('.save-policy button').click();
    const saved = page.locator('.saved-over tbody tr', { hasText: '未建会变化超过' });
    await saved.waitFor({ timeout: 60_000 });
    assert.deepEqual(await saved.locator('td').allTextContents().then((cells) => cells.slice(0, 2)), ['37.5', before]);
    await fine(page, 'saved over');
    await saved.locator('input').check();
    await page.locator('.policy > form button[type=submit]').click();
    await page.waitForSelector('.save-policy button:enabled', { timeout: 60_000 });
    await page.locator('.save-policy input').fill('已换完');
    await page.locator('.save-policy button').click();
    await page.waitForSelector('.policy-versions tbody tr:has-text("已换完"):has-text("撤回：未建会变化超过")', { timeout: 60_000 });
    await saved.waitFor({ state: 'detached' });
    assert.equal(await limit.inputValue(), before);
  },
  async 'when a registry is pulled is saved with its next times in sight, stands after a reload, and is taken back'({ page, go }) {
    await go('/administration?tab=registries');
    const row = page.locator('.registries tbody tr', { hasText: '税务' });
    await row.locator('button').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.registry-settings form');
    assert.equal(parameter(page, 'registry'), 'tax');
    const form = page.locator('.registry-settings form');
    const byHand = form.locator('input[type=checkbox]').first();
    if (await byHand.isChecked()) await byHand.uncheck();
    const schedule = form.locator('input[placeholder="30 2 * * *"]');
    await schedule.fill('半夜');
    await page.waitForSelector('.next-pulls:has-text("不是会到来的 cron 时间")');
    await schedule.fill('45 3 * * *');
    await page.waitForSelector('.next-pulls:has-text(":45")');
    await form.locator('input[type=number]').first().fill('7.5');
    await form.locator('button[type=submit]').click();
    await page.waitForSelector('.registry-settings .said:has-text("请写明理由")');
    await form.locator('input.grow').fill('避开备份');
    await form.locator('button[type=submit]').click();
    await page.waitForSelector('.registry-settings .said.good:has-text("已保存")');
    await row.locator('code:text-is("45 3 * * *")').waitFor();
    await fine(page, 'registry saved');
    await page.reload();
    await page.waitForSelector('.registry-settings tbody tr:has-text("避开备份")');
    assert.equal(await schedule.inputValue(), '45 3 * * *');
    for (const box of await form.locator('.saved-over input').all()) await box.check();
    await form.locator('input.grow').fill('恢复原定');
    await form.locator('button[type=submit]').click();
    await page.waitForSelector('.registry-settings tbody tr:has-text("恢复原定"):has-text("撤回：拉取时间")');
    await row.locator('.part').waitFor({ state: 'detached' });
  },
};

export const stateTroubles = {
  async 'a page whose file does not come says so, the others work, and trying again fetches it'({ page, go }) {
    await go('/gaps');
    await page.waitForSelector('.grid-row a');
    await page.route('**/assets/TargetsPage*', (route) => route.abort());
    await page.locator('nav a[href="/targets"]').click();
    await page.waitForSelector('.notice[role=alert] button.primary');
    assert.deepEqual(await violations(page), []);
    await page.locator('nav a[href="/gaps"]').click();
    await page.waitForSelector('.grid-row a');
    await page.locator('nav a[href="/targets"]').click();
    await page.waitForSelector('.notice[role=alert] button.primary');
    await page.unroute('**/assets/TargetsPage*');
    await page.locator('.notice[role=alert] button.primary').click();
    await page.waitForSelector('.targets tbody input');
  },
  async 'a period, a unit and an edition that are none are said, with a way on'({ page, go }, city) {
    await go('/bulletin?period=2026Q9');
    await page.waitForSelector('.said[role=alert]:has-text("2026Q9")');
    await page.waitForSelector('.sheet tbody tr');
    await page.locator('.said[role=alert] button').click();
    await page.waitForFunction(() => !new URL(location.href).searchParams.has('period'));
    await go('/bulletin?period=1990');
    await page.waitForSelector('.notice[role=alert]:has-text("EDITION_GONE")');
    await page.locator('.notice[role=alert] button').click();
    await page.waitForSelector('.sheet tbody tr');
    await go('/bulletin?unit=999999');
    await page.waitForSelector('.notice[role=alert]:has-text("999999")');
    await page.locator('.bulletin-tools select').first().selectOption(city.district);
    await page.waitForSelector(`.sheet h2:has-text("${city.districtName}")`);
  },
  async 'ten thousand values that are none, a search of five thousand letters and a sort that is none are said in a few words'({ page, go }) {
    const many = Array.from({ length: 10_000 }, (_, n) => `X${n}`).join(',');
    await go(`/gaps?ownership=${many}&sort=nonsense&cols=priority,gone`);
    await page.waitForSelector('.said[role=alert]');
    assert.ok((await text(page, '.said[role=alert]')).length < 1_000, 'not all of them');
    await page.waitForSelector('.grid-row a');
    assert.deepEqual(await geometry(page), []);
    await go(`/gaps?q=${'北'.repeat(5_000)}`);
    await page.waitForSelector('.notice[role=alert], .empty');
    await page.locator('.chips .plain').click();
    await page.waitForSelector('.grid-row a');
  },
};
