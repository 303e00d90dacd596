// Logging in, each way that the page offers.
import { DOCTOR, PIXEL, expect, test } from './scene/index.js';
import { atDesk } from './scene/desk.js';
import { enrol, onPhone } from './scene/phone.js';
import { agenda, dossier } from './scene/service.js';

test('scanning the code on the screen logs in to the agenda', async ({ programs, desk, phone }) => {
  await enrol(desk, phone, DOCTOR.id);
  const service = agenda(desk.page, programs);
  await service.askLogin();

  await phone.page.goto(await desk.readQr());
  await phone.approve();

  await service.greets(DOCTOR.name);
  await expect(service.nationalId).toHaveText(DOCTOR.id);
  await expect(service.level).toHaveClass(/eidas2/);
  await phone.sees('outcome');
});

test('scanning the code on the screen logs in to the patient file', async ({ programs, desk, phone }) => {
  await enrol(desk, phone, DOCTOR.id);
  const service = dossier(desk.page, programs);
  await service.askLogin();

  await phone.page.goto(await desk.readQr());
  await phone.approve();

  await service.greets(DOCTOR.name);
  await expect(service.nationalId).toHaveText(DOCTOR.id);
});

test('a request sent to the phone is approved by typing the number on the screen', async ({ programs, desk, phone }) => {
  await enrol(desk, phone, DOCTOR.id);
  const service = agenda(desk.page, programs);
  await service.askLogin();

  const number = await desk.sendToPhone(DOCTOR.id);
  expect(number).toMatch(/^\d\d$/);
  await phone.openRequest();
  await phone.approve({ number });

  await service.greets(DOCTOR.name);
});

test('on the phone itself the app opens with the request and the page goes on', async ({ programs, desk, openBrowser }) => {
  const context = await openBrowser(PIXEL);
  await enrol(desk, onPhone(await context.newPage()), DOCTOR.id);
  const page = await context.newPage();
  const service = agenda(page, programs);
  await service.askLogin();

  const app = onPhone(await atDesk(page, programs).openApp());
  await app.approve();
  await app.sees('outcome');
  await page.bringToFront();

  await service.greets(DOCTOR.name);
});

test('the identifier is remembered on this browser when the person wants it', async ({ programs, desk, phone }) => {
  await enrol(desk, phone, DOCTOR.id);
  const service = agenda(desk.page, programs);
  await service.askLogin();
  await desk.page.getByRole('checkbox').check();
  const number = await desk.sendToPhone(DOCTOR.id);
  await phone.openRequest();
  await phone.approve({ number });
  await service.greets(DOCTOR.name);

  await service.logOut();
  await service.greetsNobody();
  await service.askLogin();

  await expect(desk.page.locator('#national_id')).toHaveValue(DOCTOR.id);
});

test('somebody invented logs in with one click', async ({ programs, desk }) => {
  const service = agenda(desk.page, programs);
  await service.askLogin();
  await desk.chooseIdentity(DOCTOR.id);
  await service.greets(DOCTOR.name);
});

test('the activities of the directory reach both services as they stand on the wire', async ({ programs, desk }) => {
  for (const service of [agenda(desk.page, programs), dossier(desk.page, programs)]) {
    await service.open();
    await service.button.click();
    if (service.home === programs.agenda) await desk.chooseIdentity(DOCTOR.id);
    await service.greets(DOCTOR.name);
    const claims = JSON.parse(await service.claims.textContent());
    expect(claims.SubjectNameID).toBe(DOCTOR.id);
    expect(claims.SubjectRefPro.exercices.flatMap(({ activities }) => activities)).not.toHaveLength(0);
  }
});
