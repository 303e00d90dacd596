// How a session ends, as services' pages and its person see it.
import { expectAccessible, expectFits } from './scene/accessibility.js';
import { atDesk } from './scene/desk.js';
import { DOCTOR, PIXEL, expect, test } from './scene/index.js';
import { ownService } from './scene/own-service.js';
import { agenda } from './scene/service.js';

/** Services of this test's own, ended with it. */
const scene = test.extend({
  open: async ({ programs }, use) => {
    const opened = [];
    await use(async (options) => {
      const service = await ownService(programs, options);
      opened.push(service);
      return service;
    });
    for (const service of opened) await service.stop();
  },
});

/** Logs in to a service; the first one of a browser asks who it is. */
async function logIn(page, programs, service, { first = false } = {}) {
  await page.goto(`${service.home}/login`);
  if (first) await atDesk(page, programs).chooseIdentity(DOCTOR.id);
  await expect(page.locator('#who')).toHaveText(DOCTOR.id);
}

const knows = async (page, service) => {
  await page.goto(service.home);
  return page.locator('#who').innerText();
};

for (const javaScriptEnabled of [true, false]) {
  scene(`every service's own page forgets the login${javaScriptEnabled ? '' : ', without JavaScript too'}`, async ({ programs, openBrowser, open }) => {
    const page = await (await openBrowser({ javaScriptEnabled })).newPage();
    const [first, second] = [await open(), await open()];
    await logIn(page, programs, first, { first: true });
    await logIn(page, programs, second);

    await page.goto(`${first.home}/logout`);
    await page.waitForURL(`${first.home}/bye?state=s1`);

    expect(await knows(page, first)).toBe('personne');
    expect(await knows(page, second)).toBe('personne');
    expect(second.heard.out).toEqual(first.heard.out);
    expect(second.heard.out).toEqual([{ iss: programs.issuer, sid: expect.stringMatching(/^[\w-]{20,}$/) }]);
  });
}

scene('a service that never answers keeps nobody waiting', async ({ programs, desk: { page }, open }) => {
  const [first, dead] = [await open(), await open({ deaf: true })];
  await logIn(page, programs, first, { first: true });
  await logIn(page, programs, dead);
  // The document of the last page waits for the dead frame: its start is enough.
  await page.goto(`${first.home}/logout`, { waitUntil: 'commit' });
  await page.waitForURL(`${first.home}/bye?state=s1`, { timeout: 10_000 });
  expect(dead.heard.out).toHaveLength(1);
  expect(await knows(page, first)).toBe('personne');
});

scene('a service’s page in the frame cannot take the window', async ({ programs, desk: { page }, open }) => {
  const [first, bad] = [await open(), await open({ hijacks: true })];
  await logIn(page, programs, first, { first: true });
  await logIn(page, programs, bad);
  await page.goto(`${first.home}/logout`);
  await page.waitForURL(`${first.home}/bye?state=s1`);
  // Its script has run, to its end, and nothing came of it.
  await expect.poll(() => bad.heard.others).toContain('/hijacking');
  expect(bad.heard.others).not.toContain('/hijacked');
  expect(page.context().pages()).toHaveLength(1);
});

scene('the frame says unchanged until the session has ended', async ({ programs, desk, open }) => {
  const service = await open();
  await logIn(desk.page, programs, service, { first: true });
  await desk.page.goto(`${service.home}/watch`);
  const heard = desk.page.locator('#heard');
  await expect(heard).toHaveText('unchanged');

  const other = await desk.page.context().newPage();
  await other.goto(`${programs.issuer}/protocol/openid-connect/logout`);
  await expect(heard).toHaveText('unchanged');
  await other.locator('button[name=logout]').click();
  await expect(heard).toHaveText('changed');
});

scene('the frame says changed when somebody else has logged in', async ({ programs, desk, open }) => {
  const service = await open();
  await logIn(desk.page, programs, service, { first: true });
  await desk.page.goto(`${service.home}/watch`);
  await expect(desk.page.locator('#heard')).toHaveText('unchanged');
  const other = await desk.page.context().newPage();
  await other.goto(`${programs.agenda}/psc/login?level=eidas2&max_age=0&return_to=/`);
  await atDesk(other, programs).chooseIdentity('899700990031');
  await other.waitForURL(`${programs.agenda}/**`);
  await expect(desk.page.locator('#heard')).toHaveText('changed');
});

scene('the frame tells nothing to a page of another service', async ({ programs, desk: { page }, open }) => {
  const [service, stranger] = [await open(), await open()];
  await logIn(page, programs, service, { first: true });
  await logIn(page, programs, stranger);
  const heard = page.locator('#heard');
  // It names the client, and even knows the session.
  const asked = page.waitForResponse(/login-status-iframe\.html\/init/);
  await page.goto(`${stranger.home}/watch?as=${service.clientId}`);
  expect((await asked).status()).toBe(403);
  await expect(heard).toHaveText('error');
  for (const nonsense of [`as=nobody&state=x`, 'as=&state=x', `as=${stranger.clientId}&state=`]) {
    await page.goto(`${stranger.home}/watch?${nonsense}`);
    await expect(heard).toHaveText('error');
  }
  // Its own name with a session that it has made up.
  await page.goto(`${stranger.home}/watch?state=made-up`);
  await expect(heard).toHaveText('changed');
});

test.describe('a person’s own page', () => {
  const begin = async (page, programs) => {
    await agenda(page, programs).askLogin();
    await atDesk(page, programs).chooseIdentity(DOCTOR.id);
    await agenda(page, programs).greets(DOCTOR.name);
  };
  const sessions = (page) => page.locator('.sessions > li');

  for (const javaScriptEnabled of [true, false]) {
    test(`it ends the session of another browser${javaScriptEnabled ? '' : ', without JavaScript too'}`, async ({ programs, openBrowser }) => {
      const here = await (await openBrowser()).newPage();
      const there = await (await openBrowser()).newPage();
      await begin(there, programs);
      await begin(here, programs);
      const context = await openBrowser({ javaScriptEnabled });
      await context.addCookies(await here.context().cookies());
      const page = await context.newPage();

      await page.goto(`${programs.provider}/account`);
      await expect(sessions(page)).toHaveCount(2);
      await expect(page.locator('#here')).toContainText('ce navigateur');
      await expect(page.locator('#here')).toContainText('Chrome');
      await sessions(page).last().locator('form[action="/account/session"] button').click();

      await expect(sessions(page)).toHaveCount(1);
      await expect.poll(async () => (await there.request.get(`${programs.agenda}/`)).text()).not.toContain(DOCTOR.name);
      expect(await (await here.request.get(`${programs.agenda}/`)).text()).toContain(DOCTOR.name);
    });
  }

  test('it withdraws a service, which hears of it', async ({ programs, desk: { page } }) => {
    await begin(page, programs);
    await page.goto(`${programs.provider}/account`);
    await page.getByRole('button', { name: /^Retirer l’accès, Agenda/ }).click();
    await expect(page.locator('.holders li')).toHaveCount(0);
    await expect(sessions(page)).toHaveCount(1);
    await expect.poll(async () => (await page.request.get(`${programs.agenda}/`)).text()).not.toContain(DOCTOR.name);
  });

  test('it ends everything, after a second thought', async ({ programs, openBrowser }) => {
    const here = await (await openBrowser()).newPage();
    const there = await (await openBrowser()).newPage();
    await begin(there, programs);
    await begin(here, programs);
    await here.goto(`${programs.provider}/account`);
    const yes = here.getByRole('button', { name: 'Oui, tout terminer' });
    await expect(yes).toBeHidden();
    await here.locator('#everything summary').click();
    await yes.click();
    await expect(here.getByRole('heading', { level: 1 })).toHaveText('Vous êtes déconnecté');
    for (const page of [here, there]) {
      await page.goto(`${programs.provider}/account`);
      await expect(page.locator('#nobody')).toBeVisible();
      await expect.poll(async () => (await page.request.get(`${programs.agenda}/`)).text()).not.toContain(DOCTOR.name);
    }
  });

  test('it reads well in both languages, on a screen and on a phone', async ({ programs, openBrowser }, info) => {
    for (const [name, look] of [['desktop', {}], ['phone', { ...PIXEL, locale: 'en-GB' }], ['dark', { colorScheme: 'dark' }]]) {
      const page = await (await openBrowser(look)).newPage();
      await page.goto(`${programs.agenda}/psc/login?return_to=/`);
      await atDesk(page, programs).chooseIdentity(DOCTOR.id);
      await page.waitForURL(`${programs.agenda}/**`);
      await page.goto(`${programs.provider}/account`);
      await page.locator('#everything summary').click();
      await expectAccessible(page);
      await info.attach(name, { body: await page.screenshot({ fullPage: true }), contentType: 'image/png' });
      await expectFits(page, 390);
      await expectAccessible(page);
      await expectFits(page, 320);
    }
  });
});
