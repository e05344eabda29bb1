// Tokens in the workbench: node session.mjs URL CLIENT_SECRET ANALYST_SECRET
import assert from 'node:assert/strict';
import { launch, open } from './workbench/browser.mjs';
import { violations } from './workbench/checks.mjs';

const [url, client, analyst] = process.argv.slice(2);
const browser = await launch();
const { page, faults, go } = await open(browser, url, { expected: [/Failed to load resource/] });
page.setDefaultTimeout(20_000);
const signIn = async (secret) => {
  await page.locator('.notice input[type=password]').first().fill(secret);
  await page.locator('.notice button').first().click();
};
const said = async (selector) => (await page.locator(selector).first().textContent()) ?? '';

try {
  // Without a token the page asks for one, and a wrong one is refused in words.
  await go('/gaps');
  await page.waitForSelector('.notice input[type=password]');
  assert.deepEqual(await violations(page), []);
  await signIn('huitu_wrong');
  await page.waitForSelector('.notice:has-text("令牌无效")');

  // A front end's token sees open fields; what it may not do says whom to ask.
  await signIn(client);
  await page.waitForSelector('.grid-row a');
  await page.locator('.ends .menu summary', { hasText: '导出' }).click();
  assert.match(await said('.export p'), /管理员/);
  await go('/review');
  await page.waitForSelector('.notice:has-text("管理员")');
  await go('/sources?registry=tax');
  await page.waitForSelector('.details .notice:has-text("管理员")');
  assert.equal(await page.locator('.sources button', { hasText: '同步' }).count(), 0);

  // The federation is its own: without the scope every page says so, and nothing else.
  for (const path of ['/units', '/units/BJ', '/places', '/places/B1', '/posts', '/services', '/dispatch', '/funds', '/breakdown', '/appraisal', '/figures']) {
    await go(path);
    await page.waitForSelector('.federation .notice:has-text("复核"):has-text("管理员")');
    assert.deepEqual(await violations(page), [], path);
  }

  // The session ends while something is typed: the page asks again and keeps the address.
  await go('/gaps?sort=-employees');
  await page.waitForSelector('.grid-row a');
  await page.evaluate(() => sessionStorage.setItem('huitu.token', 'huitu_ended'));
  await page.locator('.search').fill('北京');
  await page.waitForSelector('.notice input[type=password]');
  assert.equal(await page.locator('.search').inputValue(), '北京');
  await signIn(analyst);
  await page.waitForSelector('.grid-row a');
  assert.equal(await page.locator('.search').inputValue(), '北京');
  assert.match(page.url(), /sort=-employees/);
  // A federation of which nothing was entered says how to begin.
  await go('/units');
  await page.waitForSelector('.empty:has-text("huitu unit import")');
  await go('/administration');
  await page.waitForSelector('.administration dd:has-text("市级分析员")');
  await page.locator('.page-head button.button').click();
  await page.waitForSelector('.notice input[type=password]');
  assert.deepEqual(faults, []);
  console.log('sessions hold');
} catch (error) {
  console.log(`${error.message} at ${page.url()} ${faults.join(' ')}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
