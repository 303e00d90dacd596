// The back end keeps the tokens: the page's half of it.
import { expect, test } from './scene/sdk-page.js';

const SERVER = { server: '/psc' };
const POPUP = { ...SERVER, mode: 'popup' };

test('a redirect ends where it began, under the strictest policy', async ({ open, others }) => {
  const tab = await open('/diary', SERVER);
  expect(await tab.ready()).toBe(null);
  await tab.page.evaluate(() => history.replaceState(null, '', '?day=1#noon'));
  await tab.wish({ level: 'eidas2', maxAge: 60, means: 'card' });
  await tab.button.click();
  await tab.isLoggedIn();
  expect(tab.page.url()).toBe(`${others.origin}/diary?day=1#noon`);
  expect(Object.fromEntries(others.heard.login)).toEqual({
    return_to: '/diary?day=1#noon', level: 'eidas2', max_age: '60', means: 'card', mode: 'redirect',
  });
});

test('a failed login comes back once, and leaves nothing in the address', async ({ open, others }) => {
  others.will.error = 'access_denied';
  const tab = await open('/diary?day=1', SERVER);
  await tab.ready();
  await tab.button.click();
  await tab.page.waitForFunction(() => window.told?.length);
  expect(await tab.ready()).toBe('access_denied');
  expect(await tab.told()).toEqual(['error:access_denied']);
  expect(tab.page.url()).toBe(`${others.origin}/diary?day=1`);
  await tab.page.reload();
  expect(await tab.ready()).toBe(null);
  expect(others.count('GET /psc/login')).toBe(1);
});

test('a window tells its end to this tab and to the others', async ({ open, others }) => {
  const tab = await open('/diary', POPUP);
  const sibling = await open('/other', POPUP);
  await sibling.ready();
  expect(await tab.logIn()).toBe('LANTERNIER');
  await sibling.isLoggedIn();
  expect(await tab.told()).toEqual(['login:LANTERNIER']);
  expect(await sibling.told()).toEqual(['other-tab:LANTERNIER']);

  await tab.page.evaluate(() => window.psc.logout({ local: true }));
  await sibling.isLoggedOut();
  expect(others.heard.logout).toEqual({ local: true, return_to: '/' });

  others.will.error = 'level_too_low';
  expect(await tab.logIn()).toBe('level_too_low');
});

test('a step-up by another person leaves nobody logged in', async ({ open, others }) => {
  const tab = await open('/diary', POPUP);
  await tab.logIn();
  others.will.error = 'other_person';
  expect(await tab.logIn()).toBe('other_person');
  expect(await tab.page.evaluate(() => window.psc.session)).toBe(null);
});

test('a call of the page carries the header that no other site can set', async ({ open, others }) => {
  const tab = await open('/diary', POPUP);
  await tab.logIn();
  expect(await tab.page.evaluate(() => window.psc.fetch('/api').then(({ status }) => status))).toBe(200);
  expect(others.heard.api.ours).toBe('1');
  expect(await tab.page.evaluate(() => window.settled(window.psc.accessToken()))).toContain('not_available');
});

test('a session that ends behind the page is noticed at the next call', async ({ open }) => {
  const tab = await open('/diary', POPUP);
  await tab.logIn();
  await tab.page.context().clearCookies();
  expect(await tab.page.evaluate(() => window.psc.fetch('/api').then(({ status }) => status))).toBe(401);
  await tab.isLoggedOut();
  expect((await tab.told()).pop()).toBe('expired:null');
});

test('a back end that says nobody by an error is understood too', async ({ open, others }) => {
  others.will.status = 401;
  const tab = await open('/diary', SERVER);
  expect(await tab.ready()).toBe(null);
  expect(await tab.told()).toEqual([]);
});

test('a page that nobody is logged in to leaves the console clean', async ({ open }) => {
  const errors = [];
  const tab = await open('/diary', SERVER);
  tab.page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
  await tab.page.reload();
  expect(await tab.ready()).toBe(null);
  expect(errors).toEqual([]);
});

test('a page that is looked at again asks whether the session still stands', async ({ open }) => {
  const tab = await open('/diary', SERVER);
  await tab.button.click();
  await tab.isLoggedIn();
  await tab.page.context().clearCookies();
  await tab.later(6);
  await tab.page.evaluate(() => dispatchEvent(new Event('focus')));
  await tab.isLoggedOut();
});

test('a back end that does not answer is told within five seconds', async ({ open, others }) => {
  others.will.silent = true;
  const since = Date.now();
  const tab = await open('/diary', SERVER);
  expect(await tab.ready()).toMatch(/^timeout/);
  expect(Date.now() - since).toBeLessThan(8000);
});

test('the end of a session is announced a minute before, once', async ({ open, others }) => {
  others.will.lives = 50;
  const tab = await open('/diary', POPUP);
  await tab.logIn();
  await tab.page.waitForFunction(() => window.told.includes('expiring'));
  expect(await tab.told()).toEqual(['login:LANTERNIER', 'expiring']);
});

test('nobody is sent to another origin', async ({ open, others }) => {
  const tab = await open('/diary', SERVER);
  for (const returnTo of ['https://evil.example/', '//evil.example', '\\\\evil.example', 'javascript:alert(1)', 'http://[']) {
    const code = await tab.page.evaluate((path) => window.settled(window.psc.login({ returnTo: path })), returnTo);
    expect(code).toBe('configuration:returnTo');
  }
  expect(others.heard.login).toBe(null);
});

test('a page from the cache of the browser is not signing in any more', async ({ open, others }) => {
  const tab = await open('/diary', SERVER);
  await tab.ready();
  others.pages.set('/elsewhere', { body: '<!doctype html>' });
  // Leave for a login, and come back before it ends.
  await tab.page.evaluate(() => { window.login = window.settled(window.psc.login({ returnTo: '/elsewhere' })); });
  await tab.page.waitForURL('**/elsewhere');
  await tab.page.goBack();
  const cached = await tab.page.evaluate(() => window.login !== undefined);
  // Whether a browser keeps the page is its own affair; a stuck page is ours.
  if (cached) expect(await tab.page.evaluate(() => window.login)).toBe('cancelled');
  await tab.isLoggedIn();
});
