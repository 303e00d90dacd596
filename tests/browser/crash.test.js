// The provider dies as in a power cut, and starts again.
import { DOCTOR, test } from './scene/index.js';
import { enrol } from './scene/phone.js';
import { agenda } from './scene/service.js';

test('the provider dies while the page waits for the phone: the login goes on', async ({ programs, desk, phone }) => {
  await enrol(desk, phone, DOCTOR.id);
  const service = agenda(desk.page, programs);
  await service.askLogin();
  const number = await desk.sendToPhone(DOCTOR.id);
  await programs.restartProvider();
  await phone.openRequest();
  await phone.approve({ number });
  await service.greets(DOCTOR.name);
});

test('the provider dies between the approval and the way back: the login goes on', async ({ programs, desk, phone }) => {
  await enrol(desk, phone, DOCTOR.id);
  const service = agenda(desk.page, programs);
  await service.askLogin();
  const number = await desk.sendToPhone(DOCTOR.id);
  // The page learns of the approval only after the restart.
  await desk.page.context().setOffline(true);
  await phone.openRequest();
  await phone.approve({ number });
  await phone.sees('outcome');
  await programs.restartProvider();
  await desk.page.context().setOffline(false);
  await service.greets(DOCTOR.name);
});
