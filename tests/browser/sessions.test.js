// One session for every service of a browser.
import { DOCTOR, expect, test } from './scene/index.js';
import { agenda, dossier } from './scene/service.js';

test.beforeEach(async ({ programs, desk }) => {
  await agenda(desk.page, programs).askLogin();
  await desk.chooseIdentity(DOCTOR.id);
  await agenda(desk.page, programs).greets(DOCTOR.name);
});

test('the second service logs in without a gesture', async ({ programs, desk }) => {
  const pages = [];
  desk.page.on('framenavigated', (frame) => { pages.push(new URL(frame.url()).pathname); });
  const service = dossier(desk.page, programs);
  await service.open();
  await service.button.click();
  await service.greets(DOCTOR.name);
  // The service's own interface takes the token, and opens the record.
  await expect(desk.page.locator('#patient-name')).toHaveText('MARCHETOUT Odile');
  expect(pages.filter((path) => path.startsWith('/login/'))).toEqual([]);
});

test('logging out of one service ends the session of both', async ({ programs, desk }) => {
  const second = dossier(desk.page, programs);
  await second.open();
  await second.button.click();
  await second.greets(DOCTOR.name);

  const first = agenda(desk.page, programs);
  await first.open();
  await first.logOut();
  await first.greetsNobody();

  await second.open();
  await second.button.click();
  await desk.page.waitForURL(/\/login\//);
});

test('leaving one service keeps the session for the other', async ({ programs, desk }) => {
  const first = agenda(desk.page, programs);
  await first.leave();
  await first.greetsNobody();

  const second = dossier(desk.page, programs);
  await second.open();
  await second.button.click();
  await second.greets(DOCTOR.name);
});

test('the page that keeps its tokens finds its session again after a reload', async ({ programs, desk }) => {
  const service = dossier(desk.page, programs);
  await service.open();
  await service.button.click();
  await service.greets(DOCTOR.name);
  await desk.page.reload();
  await service.greets(DOCTOR.name);
});

test('no token is left in a storage that scripts can read', async ({ programs, desk }) => {
  const service = dossier(desk.page, programs);
  await service.open();
  await service.button.click();
  await service.greets(DOCTOR.name);
  const kept = await desk.page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect(kept).not.toMatch(/eyJ[\w-]+\.eyJ/);
  // The provider's own, on the host that both share here: its frame for session
  // management reads it, and it opens nothing.
  const cookies = await desk.page.evaluate(() => document.cookie);
  expect(cookies).toMatch(/^(__Host-openpsc-state=[\w.-]+)?$/);
});

test('a service that is looked at again has heard of a logout everywhere', async ({ programs, desk }) => {
  const page = await desk.page.context().newPage();
  const second = dossier(page, programs);
  await second.open();
  await second.button.click();
  await second.greets(DOCTOR.name);
  await second.logOut();
  await second.greetsNobody();

  // A tab without a pause asks nothing, so look until the page has asked.
  const first = agenda(desk.page, programs);
  await expect(async () => {
    await desk.page.evaluate(() => dispatchEvent(new Event('focus')));
    await expect(first.button).toBeVisible({ timeout: 500 });
  }).toPass();
});

test('a service that nobody looks at is told of a logout everywhere', async ({ programs, desk }) => {
  // Asked without its script: its back end answers from what it knows.
  const agendaSays = async () => (await desk.page.request.get(`${programs.agenda}/`)).text();
  expect(await agendaSays()).toContain(DOCTOR.name);

  const second = dossier(desk.page, programs);
  await second.open();
  await second.button.click();
  await second.greets(DOCTOR.name);
  await second.logOut();
  await second.greetsNobody();

  await expect.poll(agendaSays).not.toContain(DOCTOR.name);
});

test('another person who confirms the identity of the first ends the session', async ({ programs, desk }) => {
  const { page } = desk;
  await page.goto(`${programs.agenda}/psc/login?level=eidas2&max_age=0&return_to=/prescription`);
  await desk.chooseIdentity('899700990031');
  await expect(page.getByText('Une autre personne s’est identifiée')).toBeVisible();
  await agenda(page, programs).open();
  await agenda(page, programs).greetsNobody();
});

test('results are validated in a chosen activity, which a reload remembers', async ({ programs, desk }) => {
  const { page } = desk;
  const service = dossier(page, programs);
  await service.open();
  await service.button.click();
  await service.greets(DOCTOR.name);
  const validate = page.locator('#validate');
  await expect(validate).toBeDisabled();
  await page.locator('psc-activity-picker').getByRole('radio').first().check();
  await expect(validate).toBeEnabled();
  await page.reload();
  await service.greets(DOCTOR.name);
  await expect(page.locator('psc-activity-picker').getByRole('radio').first()).toBeChecked();
  await validate.click();
  await expect(page.locator('#validation')).toHaveText('Résultats validés par Aurore LANTERNIER.');
});

test('a service speaks English to a browser that does, and has the login page do so', async ({ programs, openBrowser }) => {
  const page = await (await openBrowser({ locale: 'en-GB' })).newPage();
  for (const service of [agenda(page, programs), dossier(page, programs)]) {
    const asked = page.waitForRequest(/ui_locales=en/);
    await service.askLogin();
    await asked;
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  }
});
