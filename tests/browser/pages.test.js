// What every page owes to whoever looks at it, or cannot.
import { DOCTOR, PIXEL, expect, test } from './scene/index.js';
import { expectAccessible, expectFits } from './scene/accessibility.js';
import { atDesk } from './scene/desk.js';
import { enrol, onPhone } from './scene/phone.js';
import { agenda, dossier } from './scene/service.js';
import { simulatePhone } from './scene/simulated-phone.js';

/** Pages and how one comes to each of them. */
const PAGES = {
  'the sandbox’s first page': ({ page, programs }) => page.goto(programs.provider),
  'the portal': ({ page, programs }) => page.goto(`${programs.provider}/portal`),
  'an enrolment': async ({ page, programs }) => { await atDesk(page, programs).startEnrolment(DOCTOR.id); },
  'the choice of a means': ({ page, programs }) => agenda(page, programs).askLogin(),
  'the number while waiting': async ({ page, programs }) => {
    await simulatePhone(programs, DOCTOR.id);
    await agenda(page, programs).askLogin();
    await atDesk(page, programs).sendToPhone(DOCTOR.id);
  },
  'a refused login': async ({ page, programs }) => {
    const phone = await simulatePhone(programs, DOCTOR.id);
    await agenda(page, programs).askLogin();
    await atDesk(page, programs).sendToPhone(DOCTOR.id);
    await phone.deny();
    await atDesk(page, programs).sees('denied');
  },
  'a request from a service that nobody knows': ({ page, programs }) =>
    page.goto(`${programs.provider}/auth?client_id=nobody&response_type=code&scope=openid`),
  'the sessions of nobody': ({ page, programs }) => page.goto(`${programs.provider}/account`),
  'the question before a logout, and its end': async ({ page, programs }) => {
    await agenda(page, programs).askLogin();
    await atDesk(page, programs).chooseIdentity(DOCTOR.id);
    await agenda(page, programs).greets(DOCTOR.name);
    await page.goto(`${programs.issuer}/protocol/openid-connect/logout`);
    await expectAccessible(page);
    await page.locator('button[name=logout]').click();
  },
  'the agenda, logged out': ({ page, programs }) => agenda(page, programs).open(),
  'the agenda, logged in': async ({ page, programs }) => {
    await agenda(page, programs).askLogin();
    await atDesk(page, programs).chooseIdentity(DOCTOR.id);
    await agenda(page, programs).greets(DOCTOR.name);
  },
  'the patient file, logged out': async ({ page, programs }) => {
    await dossier(page, programs).open();
    await dossier(page, programs).greetsNobody();
  },
  'the patient file, logged in': async ({ page, programs }) => {
    await dossier(page, programs).askLogin();
    await atDesk(page, programs).chooseIdentity(DOCTOR.id);
    await dossier(page, programs).greets(DOCTOR.name);
  },
  'the phone app without an e-CPS': async ({ page, programs }) => {
    await page.goto(programs.app);
    await onPhone(page).sees('welcome');
  },
};

for (const [name, visit] of Object.entries(PAGES)) {
  test(`${name}: axe finds nothing, and nothing sticks out at 320 pixels`, async ({ programs, desk }) => {
    await visit({ page: desk.page, programs });
    await expectAccessible(desk.page);
    await expectFits(desk.page, 390);
    await expectAccessible(desk.page);
    await expectFits(desk.page, 320);
  });
}

test('the phone app: axe finds nothing from the PIN to the answer', async ({ programs, desk, phone }) => {
  await phone.claim(await desk.startEnrolment(DOCTOR.id));
  await expectAccessible(phone.page);
  await desk.confirmPhone();
  await phone.sees('outcome');
  await expectAccessible(phone.page);
  await phone.leave();
  for (const way of ['history', 'device', 'home']) {
    await phone.id(`nav-${way}`).click();
    await phone.sees(way);
    await expectAccessible(phone.page);
    await expectFits(phone.page, 320);
  }
  await agenda(desk.page, programs).askLogin();
  const number = await desk.sendToPhone(DOCTOR.id);
  await phone.openRequest();
  await phone.sees('request-number');
  await expectAccessible(phone.page);
  await expectFits(phone.page, 320);
  await phone.type(number);
  await phone.sees('request-pin');
  await expectAccessible(phone.page);
  await expectFits(phone.page, 320);
});

for (const [name, look] of [['forced colours', { forcedColors: 'active' }], ['dark colours', { colorScheme: 'dark' }]]) {
  test(`in ${name} the code can be scanned and the number can be read`, async ({ programs, openBrowser }, info) => {
    await simulatePhone(programs, DOCTOR.id);
    const page = await (await openBrowser(look)).newPage();
    const desk = atDesk(page, programs);
    await agenda(page, programs).askLogin();
    expect(await desk.readQr()).toContain('#');
    await info.attach('choice', { body: await page.screenshot({ fullPage: true }), contentType: 'image/png' });
    await desk.sendToPhone(DOCTOR.id);
    const [ink, ground] = await page.locator('.number [aria-hidden]').evaluate((number) => {
      const painted = (element) => {
        const { backgroundColor } = getComputedStyle(element);
        return backgroundColor !== 'rgba(0, 0, 0, 0)' || !element.parentElement ? backgroundColor : painted(element.parentElement);
      };
      return [getComputedStyle(number).color, painted(number)];
    });
    expect(ink).not.toBe(ground);
    await expectAccessible(page);
    await info.attach('number', { body: await page.screenshot({ fullPage: true }), contentType: 'image/png' });
  });
}

test('a screen reader is told the number and then the outcome', async ({ programs, desk }) => {
  const phone = await simulatePhone(programs, DOCTOR.id);
  await agenda(desk.page, programs).askLogin();
  const number = await desk.sendToPhone(DOCTOR.id);
  const live = desk.page.getByRole('status').and(desk.page.locator('#live'));
  await expect(live).toContainText(number.split('').join(' '));
  await phone.deny();
  await desk.sees('denied');
  await expect(live).toContainText('refusé');
});

test('a login is done with the keyboard alone', async ({ programs, desk, phone }) => {
  await enrol(desk, phone, DOCTOR.id);
  const service = agenda(desk.page, programs);
  await service.open();
  await service.button.focus();
  await desk.page.keyboard.press('Enter');
  await desk.page.waitForURL(/\/login\//);
  const field = desk.page.locator('#national_id');
  await expect(async () => {
    await desk.page.keyboard.press('Tab');
    await expect(field).toBeFocused({ timeout: 100 });
  }).toPass();
  await desk.page.keyboard.type(DOCTOR.id);
  await desk.page.keyboard.press('Enter');
  const number = await desk.number();

  // The app takes the digits of a keyboard as those of its pad.
  await phone.openRequest();
  await phone.sees('request-number');
  await phone.page.keyboard.type(number);
  await phone.sees('request-pin');
  await phone.page.keyboard.type('482913');
  await phone.id('approve').focus();
  await phone.page.keyboard.press('Enter');
  await service.greets(DOCTOR.name);
});

test('pages speak English to those who ask for it', async ({ programs, openBrowser }) => {
  const page = await (await openBrowser({ locale: 'en-GB', ...PIXEL })).newPage();
  await page.goto(programs.provider);
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.goto(programs.app);
  await expect(page.getByTestId('language')).toHaveText('Français');
});
