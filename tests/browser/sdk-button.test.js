// The button: a link first, an element then, for everybody.
import { createHash } from 'node:crypto';

import { expectAccessible, expectFits } from './scene/accessibility.js';
import { sixLinesOfGuide } from './scene/guide.js';
import { expect, test as base } from './scene/sdk-page.js';
import { script } from './scene/stand-in.js';

const LINK = '<a href="/psc/login?return_to=/">S’identifier avec Pro Santé Connect</a>';

const test = base.extend({
  /** A page with buttons, in French unless told otherwise. */
  show: async ({ openBrowser, others }, use) => {
    others.pages.set('/listen.js', script(`
      window.told = [];
      for (const type of ['psc-before-login', 'psc-session', 'psc-error']) {
        document.addEventListener(type, ({ detail }) => told.push([type, detail.code ?? detail.session?.familyName ?? null]));
      }
      import('/openpsc/button.js');`));
    await use(async (body, { options, lang = 'fr', scripts = true } = {}) => {
      others.pages.set('/', {
        body: `<!doctype html><html lang="${lang}"><title>Service</title><main><h1>Service</h1>${body}</main>`
          + '<script type="module" src="/listen.js"></script>',
        headers: {
          'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'none'; "
            + `connect-src 'self' ${others.provider}; require-trusted-types-for 'script'; trusted-types 'none'`,
        },
      });
      const context = await openBrowser({ javaScriptEnabled: scripts, ...options });
      const page = await context.newPage();
      await page.goto(others.origin);
      return page;
    });
  },
});

const told = (page, type) => page.waitForFunction((name) => window.told?.find(([one]) => one === name), type)
  .then((handle) => handle.jsonValue());

test('the six lines of the guide log in, and tell the page who came', async ({ openBrowser, others }) => {
  const lines = await sixLinesOfGuide();
  const script = /<script type="module">(.*?)<\/script>/s.exec(lines)[1];
  const hash = createHash('sha256').update(script).digest('base64');
  others.pages.set('/', {
    body: `<!doctype html><html lang="fr"><title>Service</title>${lines}`,
    headers: { 'content-security-policy': `default-src 'none'; script-src 'self' 'sha256-${hash}'; connect-src 'self'; style-src 'none'` },
  });
  const page = await (await openBrowser()).newPage();
  await page.addInitScript(() => { window.show = (session) => { window.shown = session?.familyName; }; });
  await page.goto(others.origin);
  await page.getByRole('button').click();
  await page.waitForFunction(() => window.shown === 'LANTERNIER');
  expect(new URL(page.url()).pathname).toBe('/');
});

test('without JavaScript it is a link that logs in', async ({ show, others }) => {
  const page = await show(`<psc-login-button server="/psc">${LINK}</psc-login-button>`, { scripts: false });
  await page.getByRole('link', { name: 'S’identifier avec Pro Santé Connect' }).click();
  await page.waitForURL(others.origin);
  expect(others.heard.login.get('return_to')).toBe('/');
});

test('with JavaScript the link gives way to a button, in the language of the page', async ({ show }) => {
  const page = await show(`<psc-login-button server="/psc">${LINK}</psc-login-button>
    <p lang="en"><psc-login-button server="/psc" look="outline"></psc-login-button></p>`);
  await expect(page.getByRole('button', { name: 'S’identifier avec Pro Santé Connect' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Sign in with Pro Santé Connect' })).toBeVisible();
  await expect(page.getByRole('link')).toBeHidden();
  const { height } = await page.getByRole('button').first().boundingBox();
  expect(height).toBeGreaterThanOrEqual(44);
  await expectAccessible(page);
  await expectFits(page, 320);
});

test('the keyboard alone logs in, and the page hears who came', async ({ show }) => {
  const page = await show(`<psc-login-button server="/psc" mode="popup">${LINK}</psc-login-button>`);
  await page.getByRole('button').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await told(page, 'psc-session')).toEqual(['psc-session', 'LANTERNIER']);
  expect((await page.evaluate(() => window.told))[0]).toEqual(['psc-before-login', null]);
});

test('six lines of HTML log in browser-kept too', async ({ show, others }) => {
  const page = await show(`<psc-login-button issuer="${others.issuer}" client-id="demo" level="eidas2" mode="popup"></psc-login-button>`);
  await page.getByRole('button').click();
  expect(await told(page, 'psc-session')).toEqual(['psc-session', 'LANTERNIER']);
  expect(others.heard.authorize.get('acr_values')).toBe('eidas2');
});

test('a page may refuse the login that a click asks for', async ({ show, others }) => {
  const page = await show('<psc-login-button server="/psc"></psc-login-button>');
  await page.evaluate(() => document.addEventListener('psc-before-login', (event) => event.preventDefault()));
  await page.getByRole('button').click();
  expect(await told(page, 'psc-before-login')).toBeTruthy();
  expect(others.heard.login).toBe(null);
});

test('a failure is a sentence that a screen reader announces', async ({ show, others }) => {
  others.will.error = 'access_denied';
  const page = await show('<psc-login-button server="/psc" mode="popup"></psc-login-button>');
  await page.getByRole('button').click();
  expect(await told(page, 'psc-error')).toEqual(['psc-error', 'access_denied']);
  await expect(page.getByRole('status')).toHaveText('Connexion annulée. Vous pouvez recommencer.');
  await expect(page.getByRole('button')).toHaveAttribute('aria-disabled', 'false');
  await expectAccessible(page);
});

for (const [what, options] of [
  ['in forced colours', { forcedColors: 'active' }],
  ['in the dark', { colorScheme: 'dark' }],
]) {
  test(`it is readable ${what}`, async ({ show }) => {
    const page = await show(`<psc-login-button server="/psc"></psc-login-button>
      <psc-login-button server="/psc" look="outline"></psc-login-button>`, { options });
    await expect(page.getByRole('button')).toHaveCount(2);
    await expectAccessible(page);
  });
}

test('a client given before the element is known is the one it uses', async ({ show, others }) => {
  others.pages.set('/shared.js', script(`
    import { createPsc } from '/openpsc/index.js';
    const psc = createPsc({ server: '/psc' });
    document.querySelector('psc-login-button').psc = psc;
    await import('/openpsc/button.js');
    window.isShared = document.querySelector('psc-login-button').psc === psc;`));
  const page = await show('<psc-login-button></psc-login-button><script type="module" src="/shared.js"></script>');
  await page.waitForFunction(() => window.isShared === true);
});

test('moving the button logs in nobody twice', async ({ show, others }) => {
  const page = await show('<psc-login-button server="/psc" mode="popup"></psc-login-button><aside></aside>');
  await page.getByRole('button').click();
  await told(page, 'psc-session');
  await page.evaluate(() => document.querySelector('aside').append(document.querySelector('psc-login-button')));
  await page.getByRole('button').waitFor();
  expect(await page.evaluate(() => window.told.filter(([type]) => type === 'psc-session').length)).toBe(1);
  expect(others.count('GET /psc/login')).toBe(1);
});
