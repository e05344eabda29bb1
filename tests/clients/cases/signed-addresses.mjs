// Client: eventsource, playwright-core
// Tried: a hub behind tokens from where no header can be sent: an EventSource, a link that a browser downloads, a range of an export; refused for another path, and when the token is revoked; the audit names who asked
import { EventSource } from 'eventsource';
import { chromium } from 'playwright-core';
import { check, copied, end, huitu, publish, same, started, token } from '../lib.mjs';

const data = copied();
const secret = token(data, '--name', '科室大屏', '--role', 'analyst');
const own = await started(data);
const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json', 'accept-language': 'en' };
const ask = async (query, variables = {}) => (await fetch(`${own.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })).json();
async function sign(address, seconds = 120) {
  const { data: told } = await ask('mutation($address: String!, $seconds: Int) { signAddress(input: { address: $address, seconds: $seconds }) { address until userErrors { message } } }', { address, seconds });
  return told.signAddress.address;
}

const stream = `/graphql/sse?query=${encodeURIComponent('subscription { editionPublished { number } }')}&lastEventId=edition:1`;
same('without a header or a signature nobody listens', (await fetch(own.url + stream)).status, 401);
const source = new EventSource(own.url + (await sign(stream)));
const heard = [];
await new Promise((resolve, reject) => {
  source.addEventListener('next', (event) => {
    heard.push(JSON.parse(event.data).data.editionPublished.number);
    if (heard.length === 1) publish(data, 40);
    if (heard.length === 2) resolve();
  });
  setTimeout(() => reject(new Error(`heard ${heard} within 60 s`)), 60_000).unref();
}).catch((error) => check('an EventSource hears', false, error.message));
same('an EventSource hears what it missed and what comes', heard, [2, 3]);
source.close();

const list = await sign('/export/gap.csv?columns=name,employees&codes=plain');
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = await browser.newPage();
await page.setContent(`<a id="list" href="${own.url}${list}">list</a>`);
const [file] = await Promise.all([page.waitForEvent('download'), page.click('#list')]);
check('a browser downloads by a link', file.suggestedFilename().startsWith('huitu-gap-') && (await file.failure()) === null, file.suggestedFilename());
await browser.close();

const { data: made } = await ask('mutation { createExport(input: { list: GAP, format: PARQUET }) { export { id } userErrors { message } } }');
const { id } = made.createExport.export;
const follow = new EventSource(own.url + (await sign(`/graphql/sse?query=${encodeURIComponent(`subscription { exportProgress(id: "${id}") { state url } }`)}`)));
const url = await new Promise((resolve) => follow.addEventListener('next', (event) => {
  const step = JSON.parse(event.data).data.exportProgress;
  if (step.state === 'DONE') resolve(step.url);
}));
follow.close();
const signed = own.url + (await sign(url));
const part = await fetch(signed, { headers: { range: 'bytes=0-3' } });
same('a range of an export, which is Parquet', [part.status, await part.text()], [206, 'PAR1']);
const whole = await fetch(signed);
check('all of it', whole.status === 200 && Number(whole.headers.get('content-length')) > 1000, whole.headers.get('content-length'));
same('not another path', (await fetch(signed.replace('/export/jobs/', '/export/gap.csv?x='))).status, 401);
const inAddress = await fetch(`${own.url}/export/gap.csv?access_token=${secret}`, { headers: { 'accept-language': 'en' } });
const said = await inAddress.json();
same('a token in an address is refused', [inAddress.status, said.error.hint], [401, 'signAddress']);
check('and named, but not said back', said.error.message.includes('access_token') && !said.error.message.includes(secret), said.error.message);

const names = JSON.parse(huitu('audit', 'search', '--data', data, '--caller', '科室大屏', '--json').stdout);
check('the audit names who asked', ['export', 'file'].every((way) => names.some((row) => row.way === way)), names.map((row) => row.way));
const tokens = JSON.parse(huitu('token', 'list', '--data', data, '--json').stdout);
const mine = (tokens.tokens ?? tokens).find((row) => row.name === '科室大屏');
same('the token is revoked', huitu('token', 'revoke', mine.id, '--data', data).status, 0);
same('and its addresses with it', (await fetch(signed)).status, 401);
end();
