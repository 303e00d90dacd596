// The phone app where something is missing: a script, a network, a camera.
import { DOCTOR, PIXEL, expect, test } from './scene/index.js';
import { enrol } from './scene/phone.js';

test('without JavaScript the app says so, and nothing stands above it', async ({ programs, openBrowser }) => {
  const page = await (await openBrowser({ ...PIXEL, javaScriptEnabled: false })).newPage();
  await page.goto(programs.app);
  const heading = page.getByRole('heading', { level: 1 });
  await expect(heading).toBeVisible();
  expect((await heading.boundingBox()).y).toBeLessThan(100);
  await expect(page.locator('#app')).toBeHidden();
});

test('a link that is none is told once, and can be corrected', async ({ programs, phone }) => {
  await phone.page.goto(programs.app);
  await phone.sees('welcome');
  await phone.id('link').fill('https://example.org/');
  await phone.id('use-link').click();
  await expect(phone.id('notice')).toHaveCount(1);
  await expect(phone.id('link')).toHaveValue('https://example.org/');
});

test('a phone that opens without a network does not say that nothing waits', async ({ programs, desk, phone }) => {
  await enrol(desk, phone, DOCTOR.id);
  await expect(phone.id('no-requests')).toBeVisible();
  await phone.page.goto(programs.app);
  await phone.page.waitForFunction(() => navigator.serviceWorker.controller);
  await phone.page.context().setOffline(true);
  await phone.page.reload();
  await expect(phone.id('requests-unknown')).toBeVisible();
  await expect(phone.id('no-requests')).toHaveCount(0);
  await phone.page.context().setOffline(false);
  await expect(phone.id('no-requests')).toBeVisible();
});

test('an enrolment by link says what to do on this phone, and leads back', async ({ desk, phone }) => {
  await phone.claim(await desk.startEnrolment(DOCTOR.id));
  await expect(phone.id('busy')).toContainText('Sur ce téléphone');
  // Digits are announced where they are typed, not on the screens after it.
  await expect(phone.page.locator('#announcement')).toHaveText('');
  await desk.sees('pin_set');
  await desk.confirmPhone();
  await phone.sees('outcome');
  await expect(phone.id('leave')).toHaveText('Retourner à la page d’activation');
});
