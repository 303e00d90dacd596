// The page keeps the tokens: what may go wrong, and what must never happen.
import { expect, test } from './scene/sdk-page.js';

const CLIENT = { clientId: 'demo' };
const POPUP = { ...CLIENT, mode: 'popup' };

test('a redirect ends where it began, with nothing of the answer in the address', async ({ open, others }) => {
  const tab = await open('/file', { ...CLIENT, redirectUri: '/file' });
  expect(await tab.ready()).toBe(null);
  await tab.page.evaluate(() => history.replaceState(null, '', '?patient=1#results'));
  await tab.button.click();
  await tab.isLoggedIn();
  expect(tab.page.url()).toBe(`${others.origin}/file?patient=1#results`);
  expect(await tab.told()).toEqual(['login:LANTERNIER']);
  expect(others.heard.authorize.get('code_challenge_method')).toBe('S256');
});

test('state, nonce and challenge are new for each login', async ({ open, others }) => {
  const tab = await open('/file', POPUP);
  const seen = new Set();
  for (let time = 0; time < 3; time += 1) {
    expect(await tab.logIn()).toBe('LANTERNIER');
    for (const name of ['state', 'nonce', 'code_challenge']) seen.add(others.heard.authorize.get(name));
  }
  expect(seen.size).toBe(9);
  for (const value of seen) expect(value).toMatch(/^[\w-]{43}$/);
});

test('neither token nor verifier is left in a storage', async ({ open }) => {
  const tab = await open('/file', POPUP);
  await tab.logIn();
  const kept = await tab.page.evaluate(async () => JSON.stringify({ ...localStorage, ...sessionStorage })
    + JSON.stringify((await indexedDB.databases()).map(({ name }) => name)) + document.cookie);
  expect(kept).not.toMatch(/access-|refresh-|verifier|eyJ/);
});

test('the address of an answer is used once', async ({ open, others }) => {
  const tab = await open('/file', { ...CLIENT, redirectUri: '/file' });
  const answered = tab.page.waitForRequest((request) => request.url().includes('code='));
  await tab.button.click();
  const address = (await answered).url();
  await tab.isLoggedIn();

  await tab.page.goto(address);
  expect(await tab.ready()).toMatch(/^state_mismatch/);
  expect(tab.page.url()).toBe(`${others.origin}/file`);

  // In another browser nothing is known of that login.
  await tab.page.evaluate(() => localStorage.clear());
  await tab.page.goto(address);
  expect(await tab.ready()).toMatch(/^state_mismatch/);
});

test('a page with a state of its own is left alone', async ({ open, others }) => {
  const tab = await open('/file', { ...CLIENT, redirectUri: '/file' });
  const own = `${others.origin}/file?state=Bretagne&code=35`;
  await tab.page.goto(own);
  expect(await tab.ready()).toBe(null);
  expect(tab.page.url()).toBe(own);
  expect(await tab.told()).toEqual([]);
});

test('a login is dead after ten minutes, and not before', async ({ open, others }) => {
  others.will.page = true;
  const tab = await open('/file', { ...CLIENT, redirectUri: '/file' });
  const age = async (seconds) => {
    await tab.page.goto(`${others.origin}/file`);
    await tab.button.click();
    await tab.page.waitForSelector('a');
    const link = await tab.page.locator('a').getAttribute('href');
    await tab.page.goto(`${others.origin}/file`);
    await tab.page.evaluate((by) => {
      for (const key of Object.keys(localStorage).filter((name) => name.startsWith('psc.login.'))) {
        const record = JSON.parse(localStorage.getItem(key));
        localStorage.setItem(key, JSON.stringify({ ...record, at: record.at - by * 1000 }));
      }
    }, seconds);
    await tab.page.goto(link);
    return tab.ready();
  };
  expect(await age(590)).toBe('LANTERNIER');
  expect(await age(601)).toMatch(/^state_mismatch/);
});

for (const [what, spoil, code] of [
  ['a signature is wrong', { forgeries: true }, 'token_rejected:signature'],
  ['the key is not published', { signsWith: 'k9' }, 'token_rejected:kid'],
  ['the clocks differ by five minutes', { clock: 300 }, 'clock_skew'],
  ['the level is too low', { acr: 'eidas1' }, 'level_too_low:eidas1'],
  ['the level has no known name', { acr: 'silver' }, 'level_too_low:silver'],
  ['the person refuses', { error: 'access_denied' }, 'access_denied:access_denied'],
]) {
  test(`nobody is logged in when ${what}`, async ({ open, others }) => {
    Object.assign(others.will, spoil);
    const tab = await open('/file', { ...POPUP, level: 'eidas2' });
    expect(await tab.logIn()).toContain(code);
    expect(await tab.page.evaluate(() => window.psc.session)).toBe(null);
    expect(await tab.page.evaluate(() => window.settled(window.psc.accessToken()))).toContain('login_required');
    expect(await tab.told()).toEqual([`error:${code.split(':')[0]}`]);
    expect(others.count('GET auth')).toBe(1);
  });
}

test('a rotated key is found by one reload of the keys', async ({ open, others }) => {
  const tab = await open('/file', POPUP);
  await tab.logIn();
  Object.assign(others.will, { signsWith: 'k2', publishes: 'k2' });
  expect(await tab.logIn()).toBe('LANTERNIER');
});

test('twenty calls at once renew the tokens once', async ({ open, others }) => {
  const tab = await open('/file', POPUP);
  await tab.logIn();
  await tab.later(110);
  const tokens = await tab.page.evaluate(() => Promise.all(Array.from({ length: 20 }, () => window.psc.accessToken())));
  expect(new Set(tokens).size).toBe(1);
  expect(others.count('refresh')).toBe(1);
});

test('five tabs renew their own tokens for an hour and none is logged out', async ({ open, others }) => {
  const tabs = [];
  for (const path of ['/1', '/2', '/3', '/4', '/5']) {
    const tab = await open(path, POPUP);
    expect(await tab.logIn()).toBe('LANTERNIER');
    tabs.push(tab);
  }
  for (let minute = 0; minute < 60; minute += 12) {
    others.will.clock += 720;
    for (const tab of tabs) await tab.later(720);
    const tokens = await Promise.all(tabs.map(({ page }) => page.evaluate(() => window.psc.accessToken())));
    expect(new Set(tokens).size).toBe(5);
  }
  expect(others.count('reuse')).toBe(0);
});

test('only invalid_grant ends a session', async ({ open, others }) => {
  const tab = await open('/file', POPUP);
  await tab.logIn();
  await tab.later(200);
  const token = () => tab.page.evaluate(() => window.settled(window.psc.accessToken()));

  others.will.silent = true;
  expect(await token()).toContain('network');
  others.will.silent = false;
  others.will.refreshError = 'server_error';
  expect(await token()).toContain('refresh_failed');
  expect(await tab.page.evaluate(() => window.psc.session?.familyName)).toBe('LANTERNIER');

  others.will.refreshError = 'invalid_grant';
  expect(await token()).toContain('login_required');
  await tab.isLoggedOut();
  expect(await tab.told()).toEqual(['login:LANTERNIER', 'expired:null']);
});

test('a page that is looked at again asks whether the session still stands', async ({ open, others }) => {
  const tab = await open('/file', POPUP);
  await tab.logIn();
  const lookAgain = () => tab.page.evaluate(() => dispatchEvent(new Event('focus')));
  await tab.later(6);
  const renewed = tab.page.waitForResponse(/token/);
  await lookAgain();
  await renewed;
  expect(await tab.page.evaluate(() => window.psc.session?.familyName)).toBe('LANTERNIER');

  others.will.refreshError = 'invalid_grant';
  await tab.later(6);
  await lookAgain();
  await tab.isLoggedOut();
});

test('the token goes to the listed origins and to no other', async ({ open, others }) => {
  const tab = await open('/file', { ...POPUP, apis: [others.provider] });
  await tab.logIn();
  await tab.page.evaluate((address) => window.psc.fetch(address), `${others.provider}/api`);
  expect(others.heard.api.authorization).toMatch(/^Bearer access-/);
  await tab.page.evaluate(() => window.psc.fetch('/api'));
  expect(others.heard.api.authorization).toBe(undefined);
});

test('with DPoP, every request proves the key, which cannot be exported', async ({ open, others }) => {
  Object.assign(others.will, { dpop: true, nonce: 'n1' });
  const tab = await open('/file', { ...POPUP, dpop: true, apis: [others.provider] });
  expect(await tab.logIn()).toBe('LANTERNIER');
  expect(others.heard.authorize.get('dpop_jkt')).toMatch(/^[\w-]{43}$/);
  expect(others.count('POST token')).toBe(2);

  await tab.page.evaluate((address) => window.psc.fetch(address), `${others.provider}/api?patient=1`);
  const { authorization, proof } = others.heard.api;
  expect(authorization).toMatch(/^DPoP access-/);
  expect(proof).toMatchObject({ htm: 'GET', htu: `${others.provider}/api`, ath: expect.stringMatching(/^[\w-]{43}$/) });

  const exported = await tab.page.evaluate(async () => {
    const settled = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
    const database = await settled(indexedDB.open('psc'));
    const pair = await settled(database.transaction('dpop').objectStore('dpop').get('demo'));
    return crypto.subtle.exportKey('jwk', pair.privateKey).then(() => 'exported', (error) => error.name);
  });
  expect(exported).toBe('InvalidAccessError');
});

test('without being asked, no key is bound to what interfaces may not understand', async ({ open, others }) => {
  others.will.dpop = true;
  const tab = await open('/file', { ...POPUP, apis: [others.provider] });
  expect(await tab.logIn()).toBe('LANTERNIER');
  expect(others.heard.authorize.get('dpop_jkt') ?? null).toBe(null);
  await tab.page.evaluate((address) => window.psc.fetch(address), `${others.provider}/api`);
  expect(others.heard.api.authorization).toMatch(/^Bearer access-/);
});

test('two first tabs end up with one key', async ({ open, others }) => {
  others.will.dpop = true;
  const tabs = [await open('/1', { ...POPUP, dpop: true }), await open('/2', { ...POPUP, dpop: true })];
  await Promise.all(tabs.map(({ page }) => page.evaluate(() => window.psc.prepare())));
  const thumbprints = [];
  for (const tab of tabs) {
    expect(await tab.logIn()).toBe('LANTERNIER');
    thumbprints.push(others.heard.authorize.get('dpop_jkt'));
  }
  expect(thumbprints[0]).toBe(thumbprints[1]);
});

test('a reload asks the provider once, and takes no for an answer', async ({ open, others }) => {
  const tab = await open('/file', { ...CLIENT, redirectUri: '/file', restore: true });
  expect(await tab.ready()).toBe(null);
  expect(others.count('GET auth')).toBe(0);
  await tab.button.click();
  await tab.isLoggedIn();

  await tab.page.reload();
  await tab.isLoggedIn();
  expect(others.heard.authorize.get('prompt')).toBe('none');
  expect(await tab.told()).toEqual(['restored:LANTERNIER']);

  others.will.knowsSession = false;
  const before = others.count('GET auth');
  await tab.page.reload();
  await tab.isLoggedOut();
  await tab.page.reload();
  expect(await tab.ready()).toBe(null);
  expect(others.count('GET auth') - before).toBe(1);
  expect(await tab.told()).toEqual([]);
});

test('a logout reaches the provider and the other tabs; a local one stays here', async ({ open, others }) => {
  const tab = await open('/file', POPUP);
  const sibling = await open('/other', POPUP);
  await tab.logIn();
  await sibling.logIn();
  await tab.page.evaluate(() => window.psc.logout({ local: true }));
  await sibling.isLoggedOut();
  expect(others.heard.logout).toBe(null);
  expect((await sibling.told()).pop()).toBe('other-tab:null');

  await tab.logIn();
  await tab.page.evaluate(() => { window.psc.logout({ returnTo: '/file' }); });
  await tab.isLoggedOut();
  await expect.poll(() => others.heard.logout?.get('client_id')).toBe('demo');
  expect(others.heard.logout.get('id_token_hint')).toMatch(/^eyJ/);
  expect(others.heard.logout.get('post_logout_redirect_uri')).toBe(`${others.origin}/file`);
});

for (const [where, callback] of [['the page that asked', '/file'], ['a page of its own', '/callback']]) {
  test(`a window comes back through ${where}, and closes`, async ({ open, others }) => {
    others.will.page = true;
    others.pages.set('/callback', { body: '<!doctype html><script type="module" src="/openpsc/callback.js"></script>' });
    const tab = await open('/file', { ...POPUP, redirectUri: callback });
    const opening = tab.page.context().waitForEvent('page');
    await tab.button.click();
    const window = await opening;
    const closing = window.waitForEvent('close');
    await window.locator('a').click();
    await closing;
    expect(await tab.page.evaluate(() => window.login)).toBe('LANTERNIER');
  });
}

test('a window that the provider isolates seems closed, and its answer counts all the same', async ({ open, others }) => {
  Object.assign(others.will, { page: true, isolated: true });
  const tab = await open('/file', POPUP);
  const opening = tab.page.context().waitForEvent('page');
  await tab.button.click();
  const window = await opening;
  expect(await tab.page.evaluate(() => window.login)).toBe('popup_closed');

  const closing = window.waitForEvent('close');
  await window.locator('a').click();
  await closing;
  await tab.isLoggedIn();
  expect(await tab.told()).toEqual(['error:popup_closed', 'login:LANTERNIER']);
});

test('a closed window gives the button back within three seconds', async ({ open, others }) => {
  others.will.page = true;
  const tab = await open('/file', POPUP);
  const opening = tab.page.context().waitForEvent('page');
  await tab.button.click();
  const window = await opening;
  await window.locator('a').waitFor();
  await window.close();
  await tab.page.bringToFront();
  const since = Date.now();
  expect(await tab.page.evaluate(() => window.login)).toBe('popup_closed');
  expect(Date.now() - since).toBeLessThan(4000);
});

test('a blocked window is told, and so is an abandoned login', async ({ open, others }) => {
  others.will.page = true;
  const tab = await open('/file', POPUP);
  await tab.page.evaluate(() => {
    window.stop = new AbortController();
    window.wish = { signal: window.stop.signal };
  });
  const opening = tab.page.context().waitForEvent('page');
  await tab.button.click();
  await opening;
  await tab.page.evaluate(() => window.stop.abort());
  expect(await tab.page.evaluate(() => window.login)).toBe('cancelled');

  await tab.page.evaluate(() => {
    window.wish = {};
    window.open = () => null;
  });
  expect(await tab.logIn()).toBe('popup_blocked');
  expect(await tab.told()).toEqual(['error:popup_blocked']);
});

test('a policy without wasm is named, with what to add', async ({ browser, open, others }) => {
  const policy = `default-src 'none'; script-src 'self'; connect-src 'self' ${others.provider}`;
  // This page is meant to breach its policy, so nobody watches.
  const unwatched = await browser.newContext();
  const tab = await open('/file', POPUP, { policy, unwatched });
  expect(await tab.logIn()).toBe("wasm_blocked:add 'wasm-unsafe-eval' to script-src");
  await unwatched.close();
});

test('a blocked storage is an error and not a loop', async ({ open, others }) => {
  const tab = await open('/file', { ...CLIENT, restore: true }, {
    init: () => Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } }),
  });
  expect(await tab.ready()).toBe('unsupported:localStorage');
  expect(await tab.logIn()).toBe('unsupported:localStorage');
  expect(others.count('GET auth')).toBe(0);
});

test('a provider that does not answer is an error, and the next click works', async ({ open, others }) => {
  others.will.silent = true;
  const tab = await open('/file', POPUP);
  expect(await tab.logIn()).toContain('network');
  others.will.silent = false;
  expect(await tab.logIn()).toBe('LANTERNIER');
});

test('a step-up by another person ends the session, in a window and in the page', async ({ open, others }) => {
  const someoneElse = () => { others.will.person = `${others.will.person}0`; };
  const stepUp = (tab) => tab.page.evaluate(() => {
    document.querySelector('button').onclick = () => { window.login = window.settled(window.psc.stepUp('eidas2', { maxAge: -1 })); };
  });
  const tab = await open('/file', POPUP);
  await tab.logIn();
  someoneElse();
  await stepUp(tab);
  expect(await tab.logIn()).toBe('other_person');
  expect(others.heard.authorize.get('login_hint')).toBe('899700990015');
  expect(await tab.page.evaluate(() => window.psc.session)).toBe(null);
  expect(await tab.page.evaluate(() => window.settled(window.psc.accessToken()))).toMatch(/^login_required/);

  const page = await open('/page', { ...CLIENT, redirectUri: '/page' });
  await page.button.click();
  await page.isLoggedIn();
  someoneElse();
  await stepUp(page);
  await page.button.click();
  await page.page.waitForFunction(() => window.told?.[0] === 'error:other_person');
  expect(await page.ready()).toBe('other_person');
  expect(await page.page.evaluate(() => [window.psc.session, localStorage.getItem('psc.since.demo')])).toEqual([null, null]);
});

test('a step-up asks for more, and for nothing that is already there', async ({ open, others }) => {
  const tab = await open('/file', POPUP);
  await tab.logIn();
  expect(await tab.page.evaluate(() => window.psc.stepUp('eidas2', { maxAge: 60 }).then((session) => session === window.psc.session))).toBe(true);
  expect(others.count('GET auth')).toBe(1);

  others.will.acr = 'eidas3';
  await tab.page.evaluate(() => {
    document.querySelector('button').onclick = () => { window.login = window.settled(window.psc.stepUp('eidas3', { maxAge: 60 })); };
  });
  expect(await tab.logIn()).toBe('LANTERNIER');
  expect(others.heard.authorize.get('acr_values')).toBe('eidas3');
  expect(others.heard.authorize.get('max_age')).toBe('60');
  expect((await tab.told()).pop()).toBe('step-up:LANTERNIER');
});
