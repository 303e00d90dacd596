// Logins that must not succeed, and what the people in them see.
import { DOCTOR, expect, test } from './scene/index.js';
import { PIN, enrol } from './scene/phone.js';
import { agenda } from './scene/service.js';
import { advanceClock } from './scene/simulated-phone.js';

test.beforeEach(async ({ programs, desk, phone }) => {
  await enrol(desk, phone, DOCTOR.id);
  await agenda(desk.page, programs).askLogin();
});

test('a request refused by mistake can be started again', async ({ programs, desk, phone }) => {
  await desk.sendToPhone(DOCTOR.id);
  await phone.openRequest();
  await phone.deny('mistake');
  await phone.sees('outcome');
  await desk.sees('denied');

  await desk.main.locator('a.button.main').click();
  const number = await desk.sendToPhone(DOCTOR.id);
  await phone.leave();
  await phone.openRequest();
  await phone.approve({ number });
  await agenda(desk.page, programs).greets(DOCTOR.name);
});

test('saying that it was not me stops requests to the phone, and scanning still works', async ({ programs, desk, phone }) => {
  await desk.sendToPhone(DOCTOR.id);
  await phone.openRequest();
  await phone.deny('not-me');
  await desk.sees('denied');

  await desk.main.locator('a.button.main').click();
  await desk.page.locator('#national_id').fill(DOCTOR.id);
  await desk.page.locator('form[action$="/ecps/push"]').getByRole('button').click();
  await expect(desk.page.locator('#notice')).toBeVisible();

  await phone.page.goto(await desk.readQr());
  await phone.approve();
  await agenda(desk.page, programs).greets(DOCTOR.name);
});

test('a wrong number ends the request at the first try', async ({ desk, phone }) => {
  const number = await desk.sendToPhone(DOCTOR.id);
  const wrong = String((Number(number) + 1) % 100).padStart(2, '0');
  await phone.openRequest();
  await phone.approve({ number: wrong });

  await phone.sees('outcome');
  await expect(phone.id('sign')).toHaveClass(/bad/);
  await desk.sees('number_wrong');
});

test('three wrong PINs lock the PIN for five minutes', async ({ programs, desk, phone }) => {
  const number = await desk.sendToPhone(DOCTOR.id);
  await phone.openRequest();
  await phone.approve({ number, pin: '713904' });
  for (const pin of ['713905', '713906']) {
    await expect(phone.id('request-problem')).toBeVisible();
    await expect(phone.id('pin-dots')).toHaveAttribute('data-typed', '0');
    await phone.type(pin);
    await phone.id('approve').click();
  }
  await phone.sees('outcome');
  await expect(phone.id('sign')).toHaveClass(/bad/);
  await desk.sees('phone_locked');

  // Later the right PIN is taken again. The service's own clock stands still,
  // so the scene ends at the provider.
  await advanceClock(programs, 5 * 60 + 1);
  await agenda(desk.page, programs).askLogin();
  const again = await desk.sendToPhone(DOCTOR.id);
  await phone.page.goto(programs.app);
  await phone.openRequest();
  await phone.approve({ number: again, pin: PIN });
  await phone.sees('outcome');
  await expect(phone.id('sign')).toHaveClass(/good/);
});

test('a request that nobody answers in time expires on both screens', async ({ programs, desk, phone }) => {
  await desk.sendToPhone(DOCTOR.id);
  await phone.openRequest();
  await phone.sees('request-number');
  await advanceClock(programs, 121);
  await desk.sees('expired');

  await desk.main.locator('a.button.main').click();
  await expect(desk.page.locator('#national_id')).toBeVisible();
});

test('a login left for an hour ends with a sentence and a way back', async ({ programs, desk }) => {
  await advanceClock(programs, 3600);
  await expect(desk.page.getByRole('heading', { level: 1 })).toContainText('trop longtemps');
});

test('a person who cancels is back at the service, logged out', async ({ programs, desk }) => {
  await desk.cancel();
  await desk.page.waitForURL((url) => url.origin === programs.agenda);
  await agenda(desk.page, programs).greetsNobody();
});
