// A browser without JavaScript, as some kiosks and some people have.
import { DOCTOR, expect, test } from './scene/index.js';
import { atDesk } from './scene/desk.js';
import { agenda } from './scene/service.js';
import { simulatePhone } from './scene/simulated-phone.js';

test('a person without JavaScript logs in by typing the number on the phone', async ({ programs, openBrowser }) => {
  const phone = await simulatePhone(programs, DOCTOR.id);
  const page = await (await openBrowser({ javaScriptEnabled: false })).newPage();
  const desk = atDesk(page, programs);
  const service = agenda(page, programs);
  await service.open();
  await page.locator('a.psc-link').click();

  await expect(page.locator('svg.qr')).toBeHidden();
  expect(await desk.sendToPhone(DOCTOR.id)).toMatch(/^\d\d$/);
  await phone.approve();

  await service.greets(DOCTOR.name);
});

test('a person without JavaScript logs out', async ({ programs, openBrowser }) => {
  const page = await (await openBrowser({ javaScriptEnabled: false })).newPage();
  const service = agenda(page, programs);
  await service.open();
  await page.locator('a.psc-link').click();
  await atDesk(page, programs).chooseIdentity(DOCTOR.id);
  await service.greets(DOCTOR.name);

  await service.logOut();
  await expect(page.locator('a.psc-link')).toBeVisible();
});
