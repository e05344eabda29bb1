// Client: oidc-provider, playwright-core
// Tried: a person signs in through a real provider with PKCE, asks, and signs out; a program sends the provider's token; tokens of another audience and without a signature are refused
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import Provider from 'oidc-provider';
import { chromium } from 'playwright-core';
import { check, copied, end, folder, huitu, same, started } from '../lib.mjs';

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const data = copied();
const config = join(folder(), 'huitu.toml');
writeFileSync(config, `[login]\nissuer = "${issuer}"\nclient_id = "huitu"\naudience = "https://hui.example"\nscopes = ["profile"]\nrole_claim = "groups"\n\n[login.roles]\nghj-district = "district"\n`);
process.env.HUITU_CONFIG = config;
process.env.HUITU_LOGIN_SECRET = 'of-the-client';
const own = await started(data);

const resource = { scope: 'openid profile', accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'RS256' } } };
const provider = new Provider(issuer, {
  clients: [
    { client_id: 'huitu', client_secret: 'of-the-client', redirect_uris: [`${own.url}/login/callback`], post_logout_redirect_uris: [own.url] },
    { client_id: 'program', client_secret: 'of-the-program', redirect_uris: [], response_types: [], grant_types: ['client_credentials'] },
  ],
  claims: { openid: ['sub'], profile: ['preferred_username', 'groups', 'areas'] },
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: id, groups: ['ghj-district'], areas: ['110105'] }) }),
  extraTokenClaims: () => ({ groups: ['analyst'] }),
  features: {
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: (_, audience) => ({ ...resource, audience }),
    },
  },
});
server.on('request', provider.callback());

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const context = await browser.newContext({ locale: 'en' });
const page = await context.newPage();
await page.goto(`${own.url}/login?to=${encodeURIComponent('/gaps?area=110105')}`);
await page.fill('input[name=login]', 'officer-7');
await page.fill('input[name=password]', 'whatever');
await page.click('button[type=submit]');
if (!page.url().startsWith(own.url)) await page.click('button[type=submit]');
await page.waitForURL(`${own.url}/**`);
same('one comes back to where one was going', new URL(page.url()).pathname + new URL(page.url()).search, '/gaps?area=110105');
const [cookie] = (await context.cookies(own.url)).filter(({ name }) => name === 'huitu');
same('the session is no page’s to read', [cookie?.httpOnly, cookie?.sameSite], [true, 'Lax']);
const asks = () =>
  page.evaluate(async () => {
    const response = await fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: '{ viewer { name role areas { code } } }' }) });
    return { status: response.status, viewer: (await response.json()).data?.viewer };
  });
same('the page asks as whoever signed in', (await asks()).viewer, { name: 'officer-7', role: 'district', areas: [{ code: '110105' }] });
const foreign = await fetch(`${own.url}/graphql`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', cookie: `huitu=${cookie.value}`, origin: 'https://evil.example' },
  body: JSON.stringify({ query: '{ viewer { name } }' }),
});
same('another site cannot, though it had the cookie', foreign.status, 403);
const left = await page.evaluate(async () => (await fetch('/logout', { method: 'POST' })).json());
check('signing out leads to the provider’s page for it', left.provider?.startsWith(`${issuer}/session/end`), left.provider);
same('and the session is over', (await asks()).status, 401);
await browser.close();

/** An access token for the audience, of a program that nobody sits at. */
async function tokenFor(audience) {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('program:of-the-program')}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience, scope: 'profile' }),
  });
  return (await response.json()).access_token;
}
async function asked(secret) {
  const response = await fetch(`${own.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-language': 'en', authorization: `Bearer ${secret}` },
    body: JSON.stringify({ query: '{ viewer { role } gap { totalCount } }' }),
  });
  return response.json();
}
const secret = await tokenFor('https://hui.example');
const answer = await asked(secret);
check('a program asks with the provider’s token', answer.data?.viewer.role === 'analyst' && answer.data.gap.totalCount > 0, answer);
const elsewhere = await asked(await tokenFor('https://other.example'));
check('a token that is meant for somebody else is refused', /audience/.test(elsewhere.errors?.[0].message), elsewhere.errors?.[0].message);
const [, claims] = secret.split('.');
const unsigned = await asked(`${btoa('{"alg":"none"}').replaceAll('=', '')}.${claims}.`);
same('one without a signature too', unsigned.errors?.[0].extensions.code, 'UNAUTHENTICATED');

const sessions = JSON.parse(huitu('session', 'list', '--data', data, '--json').stdout);
same('the operator sees who signed in', sessions.map(({ name, role, state }) => [name, role, state]), [['officer-7', 'district', 'ended']]);
const rows = JSON.parse(huitu('audit', 'search', '--data', data, '--caller', 'officer-7', '--json').stdout);
check('the audit says so', rows.some(({ way }) => way === 'login'), rows.map(({ way }) => way));
server.close();
end();
