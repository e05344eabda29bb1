// What is done with lists: enterprises ticked, streets chosen, files saved whole, queues worked through to their end, syncs begun; and
// addresses that hold after a reload.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { geometry } from './checks.mjs';
import { ask } from './city.mjs';
import { parameter, saved, text } from './steps.mjs';

const rowsAre = (page, n) => page.waitForFunction((count) => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(count + 1), n);
const YEAR = new Date().getFullYear();

/** These only look. */
export const listLooks = {
  async 'what is ticked stays ticked under another filter, which is said, and is copied whole'({ page, go }, city) {
    const { gap } = await ask(city.url, 'query ($area: [String!]) { gap(first: 40, filter: { area: $area }) { nodes { name creditCode } } }', { area: [city.district] });
    const at = gap.nodes.findIndex((one) => one.creditCode !== null);
    const other = gap.nodes.find((one) => one.name !== gap.nodes[at].name);
    await go(`/gaps?area=${city.district}`);
    await page.locator(`#row-${at} input`).check();
    await page.waitForSelector('.selection');
    assert.equal(await page.locator('.selection :text("筛选已改变")').count(), 0);
    await page.locator('.search').fill(other.name);
    await page.waitForFunction((name) => document.querySelector('#row-0 .cell-name')?.textContent === name, other.name);
    await page.waitForSelector('.selection :text("筛选已改变")');
    assert.equal(await text(page, '.selection strong'), '已选 1 家');
    await page.locator('.selection button', { hasText: '复制信用代码' }).click();
    await page.waitForSelector('.selection .good:has-text("已复制 1 个代码")');
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), gap.nodes[at].creditCode);
  },
  async 'where the browser keeps the clipboard to itself the text is there to be copied by hand'({ page, go }, city) {
    await page.addInitScript(() => (navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))));
    const { enterprise } = await ask(city.url, 'query ($id: ID!) { enterprise(by: { id: $id }) { creditCode } }', { id: city.first });
    await go('/gaps');
    await page.locator('#row-0 input').check();
    await page.locator('.selection button', { hasText: '复制信用代码' }).click();
    await page.waitForSelector('.selection .said:has-text("手动复制")');
    assert.equal(await page.locator('.by-hand').inputValue(), enterprise.creditCode ?? '');
    await go(`/e/${city.first}`);
    await page.locator('.page-head button', { hasText: '复制代码' }).click();
    await page.waitForSelector('.page-head .said:has-text("手动复制")');
    await go('/kit');
    await page.locator('.command button').first().click();
    await page.waitForSelector('.command .said:has-text("手动复制")');
  },
  async 'the list as a workbook'({ page, go }, city) {
    await go(`/gaps?area=${city.district}`);
    await rowsAre(page, city.inGap);
    await page.locator('.ends .menu summary', { hasText: '导出' }).click();
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator('.export button', { hasText: 'XLSX' }).click()]);
    assert.match(file.suggestedFilename(), new RegExp(`-${city.inGap}\\.xlsx$`));
    const bytes = await readFile(await file.path());
    assert.deepEqual([...bytes.subarray(0, 4)], [0x50, 0x4b, 3, 4]);
    assert.ok(bytes.includes('xl/worksheets/'), 'a workbook');
  },
  async 'a street is chosen within its district, stands by its name, and gives way to the whole again'({ page, go }, city) {
    const { coverage, areas } = await ask(
      city.url,
      'query ($d: ID!) { coverage(by: [TOWN], within: { code: $d }) { rows { keys { code } inGap } } areas(level: TOWN, within: { code: $d }) { code name } }'.replace('ID!', 'String!'),
      { d: city.district },
    );
    const street = coverage.rows.filter((row) => row.keys[0].code !== '' && row.inGap > 0).sort((a, b) => b.inGap - a.inGap)[0];
    const [code, name] = [street.keys[0].code, areas.find((area) => area.code === street.keys[0].code).name];
    await go('/gaps');
    await page.waitForSelector('.grid-row a');
    await page.locator('.filters > summary').click();
    assert.equal(await page.getByLabel('街道／乡镇').count(), 0);
    await page.locator('.filters select').first().selectOption(city.district);
    await page.getByLabel('街道／乡镇').selectOption(code);
    await page.waitForSelector(`.chips button:has-text("${city.districtName} ${name}")`);
    await rowsAre(page, street.inGap);
    assert.equal(parameter(page, 'area'), code);
    await page.reload();
    await page.waitForSelector(`.chips button:has-text("${city.districtName} ${name}")`);
    await page.locator('.filters > summary').click();
    await page.getByLabel('街道／乡镇').selectOption(code);
    await rowsAre(page, city.inGap);
    assert.equal(parameter(page, 'area'), city.district);
  },
  async 'contradictions are saved to the last one, not those of a page'({ page, go }, city) {
    let [lines, after] = [0, null];
    do {
      const { conflicts } = await ask(
        city.url,
        'query ($after: String) { conflicts(first: 100, after: $after, filter: { registry: ["tax"] }) { pageInfo { hasNextPage endCursor } nodes { conflict { values { registry { name } } } } } }',
        { after },
      );
      lines += conflicts.nodes.filter(({ conflict }) => conflict?.values.some((value) => value.registry.name === 'tax')).length;
      after = conflicts.pageInfo.hasNextPage ? conflicts.pageInfo.endCursor : null;
    } while (after !== null);
    assert.ok(lines > 100, `${lines} contradictions`);
    await go('/sources?registry=tax');
    const file = await saved(page, () => page.locator('.details section:has(p:has-text("该库的说法未被采用")) button', { hasText: 'CSV' }).click());
    assert.equal(file.text.trimEnd().split('\r\n').length, lines + 1);
  },
  async 'the review queue goes on to its end'({ page, go }, city) {
    const { review } = await ask(city.url, '{ review(first: 0) { totalCount } }');
    assert.ok(review.totalCount > 100, `${review.totalCount} pairs`);
    await go('/review');
    await page.waitForSelector('.queue li');
    const more = page.locator('.queue > button');
    for (let shown = 50; shown < review.totalCount; shown += 50) {
      await more.click();
      await page.waitForFunction((n) => document.querySelectorAll('.queue li').length === n, Math.min(shown + 50, review.totalCount));
    }
    assert.equal(await more.count(), 0);
  },
  async 'whoever works through the queue finds the next pairs there'({ page, go }) {
    await page.route('**/graphql', (route) => {
      const asked = route.request().postDataJSON();
      if (asked.operationName === 'ReviewQueue') asked.variables.first = 3;
      return route.continue({ postData: JSON.stringify(asked) });
    });
    await go('/review');
    await page.waitForFunction(() => document.querySelectorAll('.queue li').length >= 6);
  },
  async 'a registry is asked at this moment, and its answer shown'({ page, go }, city) {
    const { gap } = await ask(city.url, '{ gap(first: 1) { nodes { live { state } } } }');
    assert.ok(gap.nodes[0].live.length > 0);
    await go(`/e/${city.first}`);
    await page.locator('button', { hasText: '现在向各登记库查询' }).click();
    await page.waitForFunction((n) => document.querySelectorAll('.live li').length === n, gap.nodes[0].live.length);
    const word = { FOUND: '查到', NOT_FOUND: '查无此企业', UNAVAILABLE: '无法访问', TIMED_OUT: '超时未答', NOT_OFFERED: '不提供实时查询' }[gap.nodes[0].live[0].state];
    await page.waitForSelector(`.live li:has-text("${word}")`);
  },
  async 'on paper: no navigation and no buttons, the table with its head, nothing cut'({ page, go }, city) {
    await page.emulateMedia({ media: 'print' });
    // The width of A4 within its margins.
    await page.setViewportSize({ width: 688, height: 1000 });
    for (const [path, ready] of [[`/bulletin?unit=${city.district}`, '.sheet tbody tr'], [`/e/${city.first}`, '.matrix'], ['/sources?registry=tax', '.quality']]) {
      await go(path);
      await page.waitForSelector(ready);
      for (const hidden of ['header.top', '.strips', '.no-print']) {
        for (const one of await page.locator(hidden).all()) assert.equal(await one.isVisible(), false, `${path} ${hidden}`);
      }
      assert.deepEqual(await geometry(page), [], path);
    }
    await go('/bulletin');
    await page.waitForSelector('.sheet tbody tr');
    assert.equal(await page.locator('.sheet thead').first().evaluate((head) => getComputedStyle(head).display), 'table-header-group');
    assert.equal((await page.pdf({ format: 'A4' })).subarray(0, 5).toString(), '%PDF-');
  },
  async 'addresses of sources, targets, bulletin and department hold after a reload'({ page, go }, city) {
    const holds = async (path, ready) => {
      await go(path);
      for (const again of [false, true]) {
        if (again) await page.reload();
        await page.waitForSelector(ready);
        assert.equal(new URL(page.url()).pathname + new URL(page.url()).search, path);
      }
    };
    await holds('/sources?registry=tax', '.details h2:text-is("税务登记")');
    await holds(`/targets?indicator=coverage_rate&year=${YEAR - 1}`, '.targets tbody tr');
    assert.deepEqual(await page.locator('.targets .page-head select, .targets .page-head input').evaluateAll((fields) => fields.map((field) => field.value)), ['coverage_rate', String(YEAR - 1)]);
    await holds(`/bulletin?unit=${city.district}`, `.sheet h2:has-text("${city.districtName}")`);
    await page.waitForSelector('.sheet th:text-is("街道／乡镇")');
    await holds('/partner?registry=tax', '.partner .quality');
    assert.equal(await page.locator('.partner .page-head select').inputValue(), 'tax');
  },
};

export const listJourneys = {
  async 'a finding is recorded for all that are ticked, once for each'({ page, go }, city) {
    const note = `集中走访 ${Date.now()}`;
    const listed = async () => (await ask(city.url, 'query ($area: [String!]) { gap(first: 2, filter: { area: $area }) { nodes { id findings { note } } } }', { area: [city.district] })).gap.nodes;
    await go(`/gaps?area=${city.district}`);
    for (const at of [0, 1]) await page.locator(`#row-${at} input`).check();
    const ids = (await listed()).map((one) => one.id);
    await page.locator('.selection button', { hasText: '登记走访结果' }).click();
    await page.locator('.selection form input').first().fill(note);
    // It breaks off after the first one: what was typed stays, and sent again it is recorded once for each.
    let isBroken = false;
    await page.route('**/graphql', (route) => {
      const asked = route.request().postDataJSON();
      if (asked.operationName !== 'RecordFinding' || asked.variables.input.enterprise !== ids[1] || isBroken) return route.fallback();
      isBroken = true;
      return route.fulfill({ json: { errors: [{ message: '演练', extensions: { code: 'INTERNAL' } }] } });
    });
    await page.locator('.selection form button[type=submit]').click();
    await page.waitForSelector('.selection .said:has-text("已为 1 家登记"):has-text("演练")');
    assert.equal(await page.locator('.selection form input').first().inputValue(), note);
    await page.locator('.selection form button[type=submit]').click();
    await page.waitForSelector('.selection .good:has-text("已为 2 家登记")');
    for (const id of ids) {
      const { enterprise } = await ask(city.url, 'query ($id: ID!) { enterprise(by: { id: $id }) { findings { note } } }', { id });
      assert.equal(enterprise.findings.filter((finding) => finding.note === note).length, 1, id);
    }
  },
  async 'a sync is begun, its progress shown, and its end is told by itself'({ page, go }, city) {
    const { registry } = await ask(city.url, '{ registry(name: "unions") { lastGood } }');
    await go('/sources?registry=unions');
    await page.waitForSelector('.details .quality');
    // The end of a sync makes the page ask again by itself; what did not change makes no batch, and is good anew.
    const asked = page.waitForResponse(async (response) => {
      if (response.request().postDataJSON?.()?.operationName !== 'Sources') return false;
      return (await response.json()).data?.registries.some(({ name, lastGood }) => name === 'unions' && lastGood > registry.lastGood) ?? false;
    });
    await page.locator('tr.open button', { hasText: '同步' }).click();
    await page.waitForSelector('.sources .page-head [role=status]:not(:empty)');
    await asked;
    // A small registry is done before its progress can be seen: a slow one is played.
    const step = { stage: 'land', done: 40, of: 100, message: '', registry: { name: 'unions' } };
    await page.route('**/graphql/sse', (route) =>
      route.request().postDataJSON().operationName === 'SyncProgress'
        ? route.fulfill({ contentType: 'text/event-stream', body: `event: next\ndata: ${JSON.stringify({ data: { syncProgress: step } })}\n\n` })
        : route.fallback(),
    );
    await page.reload();
    const bar = page.locator('tr.open progress');
    await bar.waitFor();
    assert.deepEqual([await bar.getAttribute('value'), await bar.getAttribute('max')], ['40', '100']);
  },
};

export const listTroubles = {
  async 'a receipt that is refused is said, in the words of the hub'({ page, go }) {
    await page.route('**/receipts/*', (route) => route.fulfill({ status: 404, json: { error: { code: 'NOT_FOUND', message: '这份回执已清理', requestId: 'r1' } } }));
    await go('/sources?registry=tax');
    await page.locator('.details button', { hasText: '回执' }).first().click();
    await page.waitForSelector('.details .said:has-text("这份回执已清理")');
  },
};
