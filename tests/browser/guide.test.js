// Client libraries of others, as the integrator's guide configures them.
import { startApache } from './scene/apache.js';
import { foreignService } from './scene/foreign.js';
import { fileOfGuide } from './scene/guide.js';
import { DOCTOR, expect, test as base } from './scene/index.js';
import { agenda } from './scene/service.js';

/** A service of the guide, which the sandbox knows from the start. */
const test = base.extend({
  registration: ['', { option: true }],

  foreign: async ({}, use, info) => {
    const service = await foreignService();
    await use(service);
    if (info.status !== info.expectedStatus) {
      await info.attach('service.log', { body: await service.log(), contentType: 'text/plain' });
    }
    await service.stop();
  },

  programs: async ({ programs, foreign }, use) => {
    foreign.ports[8080] = new URL(programs.provider).port;
    await use(programs);
  },

  services: async ({ foreign, registration }, use) => {
    const text = await fileOfGuide(registration, foreign.ports);
    // So short-lived that a client which looks after its tokens refreshes at once.
    await use(`${text}\n[tokens]\naccess = 30\n`);
  },
});

/** What a page of JSON says. */
async function said(page, path) {
  const answer = await page.goto(path);
  expect(answer.status(), await answer.text()).toBe(200);
  return answer.json();
}

/** A minute goes by, at the provider alone: older access tokens are dead. */
async function aMinutePasses(programs) {
  const answer = await fetch(`${programs.provider}/sandbox/v1/clock?advance=60`, { method: 'POST' });
  expect(answer.status).toBe(200);
}

for (const { how, registration, files, app, level } of [
  // As the real one does: the level that was asked for.
  { how: 'a secret', registration: 'authlib.toml', app: 'service', level: 'eidas1', files: [['psc.cfg'], ['service.py']] },
  // As the standard says: the level that was earned.
  { how: 'a key', registration: 'authlib-key.toml', app: 'keys', level: 'eidas2', files: [['psc-key.cfg', 'psc.cfg'], ['service.py'], ['keys.py']] },
]) {
  test.describe(how, () => {
    test.use({ registration });

    test(`Authlib, with ${how}, logs in, refreshes by itself and logs out`, async ({ programs, desk, foreign }) => {
      const { page } = desk;
      if (how === 'a key') foreign.run('openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out service.key');
      for (const [name, as] of files) await foreign.copy(name, as);
      await foreign.startPython('flask', ['--app', app, 'run', '--port', foreign.port]);

      await page.goto(`${foreign.home}/login`);
      await desk.chooseIdentity(DOCTOR.id);
      await page.waitForURL(`${foreign.home}/me`);
      const person = await said(page, `${foreign.home}/me`);
      expect(person).toMatchObject({ level, id: DOCTOR.id, name: DOCTOR.name });
      expect(person.activities).toHaveLength(1);

      await aMinutePasses(programs);
      expect(await said(page, `${foreign.home}/me`)).toEqual(person);

      await page.goto(`${foreign.home}/logout`);
      expect(page.url()).toContain(`${foreign.home}/?state=`);
      expect(await said(page, `${foreign.home}/`)).toEqual({ logged_in: false });
      await page.goto(`${foreign.home}/login`);
      await desk.sees('pending');
    });
  });
}

test.describe('Apache with a secret', () => {
  test.use({ registration: 'apache.toml' });

  test('mod_auth_openidc, with PKCE and a secret, does every step', async ({ programs, desk, foreign }) => {
    const { page } = desk;
    await startApache(foreign, 'apache.conf');
    await page.goto(`${foreign.home}/`);
    await desk.chooseIdentity(DOCTOR.id);
    await page.waitForURL(`${foreign.home}/`);
    const headers = await said(page, `${foreign.home}/`);
    expect(headers).toMatchObject({
      'x-remote-user': DOCTOR.id, oidc_claim_acr: 'eidas2', oidc_claim_family_name: DOCTOR.name,
    });
    expect(JSON.parse(headers.oidc_claim_subjectrefpro).exercices).toHaveLength(1);

    const used = headers.oidc_access_token;
    const back = encodeURIComponent(`${foreign.home}/`);
    await page.goto(`${foreign.home}/psc?refresh=${back}&access_token=${used}`);
    expect(page.url()).toBe(`${foreign.home}/`);
    const fresh = (await said(page, `${foreign.home}/`)).oidc_access_token;
    expect(fresh).not.toBe(used);

    const bye = `${foreign.home}/public/bye`;
    await page.goto(`${foreign.home}/psc?logout=${encodeURIComponent(bye)}`);
    expect(page.url()).toBe(bye);
    expect(await said(page, bye)).not.toHaveProperty('x-remote-user');
    await page.goto(`${foreign.home}/`);
    await desk.sees('pending');

    // In again, and out of another service.
    await desk.chooseIdentity(DOCTOR.id);
    await page.waitForURL(`${foreign.home}/`);
    const other = agenda(page, programs);
    await other.open();
    await other.button.click();
    await other.greets(DOCTOR.name);
    const ask = () => page.request.get(`${foreign.home}/`, { maxRedirects: 0 });
    expect((await ask()).status()).toBe(200);
    await other.logOut();
    await other.greetsNobody();
    await expect(async () => { expect((await ask()).status()).toBe(302); }).toPass();
  });
});
