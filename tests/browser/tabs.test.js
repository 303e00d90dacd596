// Windows, tabs, reloads and impatient fingers.
import { DOCTOR, expect, test } from './scene/index.js';
import { atDesk } from './scene/desk.js';
import { agenda, dossier } from './scene/service.js';
import { simulatePhone } from './scene/simulated-phone.js';

for (const [name, kind] of [['agenda', agenda], ['patient file', dossier]]) {
  test(`the ${name} logs in through a window of its own`, async ({ programs, desk }) => {
    const service = kind(desk.page, programs);
    await service.open('/?popup');
    await expect(service.button).toBeVisible();
    const opened = desk.page.waitForEvent('popup');
    await service.button.click();
    const window = await opened;
    const closed = window.waitForEvent('close');
    await atDesk(window, programs).chooseIdentity(DOCTOR.id);
    await closed;
    await service.greets(DOCTOR.name);
  });
}

test('two tabs with two logins both arrive', async ({ programs, desk }) => {
  const other = await desk.page.context().newPage();
  const first = agenda(desk.page, programs);
  const second = dossier(other, programs);
  await first.askLogin();
  await second.askLogin();

  await atDesk(other, programs).chooseIdentity(DOCTOR.id);
  await second.greets(DOCTOR.name);
  await desk.chooseIdentity(DOCTOR.id);
  await first.greets(DOCTOR.name);
});

test('a reload while waiting keeps the number and the request', async ({ programs, desk }) => {
  const phone = await simulatePhone(programs, DOCTOR.id);
  const service = agenda(desk.page, programs);
  await service.askLogin();
  const number = await desk.sendToPhone(DOCTOR.id);

  await desk.page.reload();
  expect(await desk.number()).toBe(number);
  await phone.approve();

  await service.greets(DOCTOR.name);
});

test('a double click sends one request', async ({ programs, desk }) => {
  const phone = await simulatePhone(programs, DOCTOR.id);
  const service = agenda(desk.page, programs);
  await service.askLogin();
  await desk.page.locator('#national_id').fill(DOCTOR.id);
  await desk.page.locator('form[action$="/ecps/push"]').getByRole('button').dblclick();
  await desk.sees('pending');
  await desk.number();
  expect(programs.log().match(/event="approval_asked".*reason="push"/g) ?? []).toHaveLength(1);
  await phone.approve();
  await service.greets(DOCTOR.name);
});

test('the back button after a login leads to no second login and no error', async ({ programs, desk }) => {
  const service = agenda(desk.page, programs);
  await service.askLogin();
  await desk.chooseIdentity(DOCTOR.id);
  await service.greets(DOCTOR.name);

  await desk.page.goBack();
  await desk.page.reload();
  await expect(desk.page.getByRole('heading', { level: 1 })).toBeVisible();
  await service.open();
  await service.greets(DOCTOR.name);
});

test('the back button on the waiting page leads to the choice again', async ({ programs, desk }) => {
  const phone = await simulatePhone(programs, DOCTOR.id);
  const service = agenda(desk.page, programs);
  await service.askLogin();
  await desk.sendToPhone(DOCTOR.id);
  await desk.page.goBack();
  await expect(desk.page.locator('#national_id')).toBeVisible();
  await desk.sendToPhone(DOCTOR.id);
  await phone.approve();
  await service.greets(DOCTOR.name);
});

test('a login page opened in another browser says so', async ({ programs, desk, openBrowser }) => {
  await agenda(desk.page, programs).askLogin();
  const other = await (await openBrowser()).newPage();
  await other.goto(desk.page.url());
  await expect(other.getByRole('heading', { level: 1 })).toContainText('commencé ailleurs');
});

test('third-party cookies may be blocked', async ({ playwright, launchOptions, programs }) => {
  const browser = await playwright.chromium.launch({
    ...launchOptions,
    args: ['--test-third-party-cookie-phaseout'],
  });
  try {
    const page = await browser.newPage({ locale: 'fr-FR' });
    const first = agenda(page, programs);
    await first.askLogin();
    await atDesk(page, programs).chooseIdentity(DOCTOR.id);
    await first.greets(DOCTOR.name);
    const second = dossier(page, programs);
    await second.open();
    await second.button.click();
    await second.greets(DOCTOR.name);
    // Nothing of either login may live in a frame of the provider.
    expect(page.frames()).toHaveLength(1);
  } finally {
    await browser.close();
  }
});
