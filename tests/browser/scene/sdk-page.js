// A service's page that uses the SDK, against a stand-in of everything else.
import { test as base, expect } from './index.js';
import { script, standIn } from './stand-in.js';

export { expect };

/** The strictest policy that each way works under. */
export function strictPolicy({ issuer, provider }) {
  const [wasm, connect] = issuer ? [" 'wasm-unsafe-eval'", ` ${provider}`] : ['', ''];
  return `default-src 'none'; script-src 'self'${wasm}; connect-src 'self'${connect}; style-src 'none'; `
    + "require-trusted-types-for 'script'; trusted-types 'none'";
}

const PAGE = `
  import { createPsc } from '/openpsc/index.js';
  window.told = [];
  window.psc = createPsc(JSON.parse(document.querySelector('meta[name=options]').content));
  psc.addEventListener('session', ({ detail }) => told.push(detail.why + ':' + (detail.session?.familyName ?? null)));
  psc.addEventListener('expiring', () => told.push('expiring'));
  psc.addEventListener('error', ({ detail }) => told.push('error:' + detail.code));
  window.settled = (promise) => promise.then((value) => value?.familyName ?? null, (error) => error.code + (error.detail ? ':' + error.detail : ''));
  window.wish = {};
  document.querySelector('button').onclick = () => { window.login = settled(psc.login(wish)); };
  window.ready = settled(psc.ready());`;

export const test = base.extend({
  others: async ({}, use) => {
    const others = await standIn();
    others.pages.set('/page.js', script(PAGE));
    await use(others);
    await others.stop();
  },

  /** Opens a page of the service at a path, with options for its client. */
  open: async ({ openBrowser, others }, use) => {
    let context;
    await use(async (path, options, { policy, init, unwatched } = {}) => {
      const all = { ...options, ...(options.clientId && { issuer: others.issuer }) };
      others.pages.set(path.split('?')[0], {
        body: `<!doctype html><meta name="options" content='${JSON.stringify(all)}'><button>Log in</button>`
          + '<script type="module" src="/page.js"></script>',
        headers: { 'content-security-policy': policy ?? strictPolicy({ ...all, provider: others.provider }) },
      });
      context ??= unwatched ?? await openBrowser();
      const page = await context.newPage();
      if (init) await page.addInitScript(init);
      await page.goto(others.origin + path);
      return inPage(page);
    });
  },
});

/** What a test does on such a page, and asks of it. */
function inPage(page) {
  return {
    page,
    button: page.locator('button'),
    ready: () => page.evaluate(() => window.ready),
    told: () => page.evaluate(() => window.told),
    wish: (wish) => page.evaluate((given) => { window.wish = given; }, wish),
    /** Clicks, and tells how a login in a window ended. */
    async logIn() {
      await page.locator('button').click();
      return page.evaluate(() => window.login);
    },
    isLoggedIn: () => page.waitForFunction(() => window.psc?.session),
    isLoggedOut: () => page.waitForFunction(() => window.psc?.session === null),
    /** Lets the page's own clock run ahead. */
    later: (seconds) => page.evaluate((milliseconds) => {
      const now = Date.now;
      Date.now = () => now() + milliseconds;
    }, seconds * 1000),
  };
}
