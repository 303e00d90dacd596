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
  expect(await desk.page.evaluate(() => document.cookie)).toBe('');
});
