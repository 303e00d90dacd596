// From no e-CPS to a phone that may approve.
import { DOCTOR, expect, test } from './scene/index.js';
import { PIN, enrol } from './scene/phone.js';
import { advanceClock } from './scene/simulated-phone.js';

test('a phone is enrolled by following the code on the portal', async ({ desk, phone }) => {
  const link = await desk.startEnrolment(DOCTOR.id);
  const value = await phone.claim(link);
  expect(value).toMatch(/^\d{6}$/);

  await desk.sees('pin_set');
  expect(await desk.checkValue()).toBe(value);
  await desk.confirmPhone();

  await desk.sees('active');
  await phone.sees('outcome');
  await phone.leave();
  await phone.sees('home');
  await expect(phone.id('person')).toContainText(DOCTOR.name);
});

test('an enrolled phone opens on its requests after a restart', async ({ desk, phone }) => {
  await enrol(desk, phone, DOCTOR.id);
  await phone.page.reload();
  await phone.sees('home');
  await expect(phone.id('no-requests')).toBeVisible();
});

test('a PIN that everybody tries first is refused with the reason', async ({ desk, phone }) => {
  await phone.page.goto(await desk.startEnrolment(DOCTOR.id));
  for (const weak of ['111111', '123456', '140279']) {
    await phone.sees('pin-new');
    await phone.type(weak);
    await expect(phone.id('pin-problem')).toBeVisible();
  }
  await phone.type(PIN);
  await phone.sees('pin-again');
});

test('two different PINs start the choice again', async ({ desk, phone }) => {
  await phone.page.goto(await desk.startEnrolment(DOCTOR.id));
  await phone.sees('pin-new');
  await phone.type(PIN);
  await phone.sees('pin-again');
  await phone.type('713904');
  await phone.sees('pin-new');
  await expect(phone.id('pin-problem')).toBeVisible();
});

test('a phone that its owner does not recognise gets no right', async ({ desk, phone }) => {
  await phone.claim(await desk.startEnrolment(DOCTOR.id));
  await desk.sees('pin_set');
  await desk.refusePhone();
  await desk.sees('refused');
  await phone.sees('welcome');
  await expect(phone.id('notice')).toBeVisible();
});

test('a photograph of the code is worth nothing a minute later', async ({ programs, desk, phone }) => {
  const link = await desk.startEnrolment(DOCTOR.id);
  await advanceClock(programs, 60);
  await phone.page.goto(link);
  await phone.sees('welcome');
  await expect(phone.id('notice')).toBeVisible();
});
