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
/** The session ends and goes on: the page asks everything again. */
const signInAgain = async (secret) => {
  await page.evaluate(() => sessionStorage.setItem('huitu.token', 'huitu_ended'));
  await page.locator('.finding-form button').click();
  await signIn(secret);
};

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
  await page.waitForSelector('.export p:has-text("管理员")');
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
  // It ends before something typed is sent: nothing of it is lost, and after signing in it goes through.
  await page.locator('.grid-row a').first().click();
  const note = page.locator('.finding-form input').first();
  await note.fill('门卫说下周再来');
  await page.evaluate(() => sessionStorage.setItem('huitu.token', 'huitu_ended'));
  await page.locator('.finding-form button').click();
  await page.waitForSelector('.said:has-text("登录后再提交")');
  await page.waitForSelector('.sign-in input[type=password]');
  assert.deepEqual(await violations(page), []);
  assert.equal(await page.locator('.sign-in').count(), 1);
  assert.equal(await note.inputValue(), '门卫说下周再来');
  await signIn(analyst);
  await page.waitForSelector('.sign-in', { state: 'detached' });
  assert.equal(await note.inputValue(), '门卫说下周再来');
  await page.locator('.finding-form button').click();
  await page.waitForFunction(() => document.querySelector('.finding-form input').value === '');
  await page.waitForSelector('.findings li:has-text("门卫说下周再来")');
  // A page that is asked again, by a new edition, and refused keeps what was typed too; so does one that the hub fails.
  await note.fill('写到一半');
  const asked = page.waitForResponse((response) => response.request().postDataJSON?.()?.operationName === 'EnterpriseCard');
  await page.route('**/graphql', (route) => (route.request().postDataJSON().operationName === 'EnterpriseCard' ? route.fulfill({ status: 500, json: { errors: [{ message: '演练', extensions: { code: 'INTERNAL', requestId: 'r1' } }] } }) : route.fallback()));
  await signInAgain(analyst);
  await asked;
  await page.waitForSelector('.enterprise .notice.danger:has-text("演练")');
  assert.equal(await note.inputValue(), '写到一半');
  await page.unroute('**/graphql');
  await page.locator('.enterprise .notice.danger button').click();
  await page.waitForSelector('.enterprise .notice.danger', { state: 'detached' });
  assert.equal(await note.inputValue(), '写到一半');
  // A federation of which nothing was entered says how to begin.
  await go('/units');
  await page.waitForSelector('.empty:has-text("huitu unit import")');
  await go('/administration');
  await page.waitForSelector('.administration dd:has-text("市级分析员")');
  await page.locator('.page-head button.button').click();
  await page.waitForSelector('.notice input[type=password]');
  assert.equal(await page.locator('.administration dd').count(), 0, 'who leaves takes along what was told');
  assert.deepEqual(faults, []);
  console.log('sessions hold');
} catch (error) {
  console.log(`${error.message} at ${page.url()} ${faults.join(' ')}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
