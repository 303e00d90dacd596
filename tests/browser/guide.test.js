// Client libraries of others, as the integrator's guide configures them.
import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { startApache } from './scene/apache.js';
import { foreignService } from './scene/foreign.js';
import { fileOfGuide } from './scene/guide.js';
import { DOCTOR, expect, test as base } from './scene/index.js';
import { agenda } from './scene/service.js';

/** A service of the guide, which the sandbox knows from the start. */
const test = base.extend({
  /** The file of the guide that registers it, and perhaps a line more. */
  registration: ['', { option: true }],
  also: ['', { option: true }],

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

  sandbox: async ({ foreign, registration, also }, use) => {
    const text = await fileOfGuide(registration, foreign.ports) + (also && await fileOfGuide(also));
    // So short-lived that a client which looks after its tokens refreshes at once.
    const services = `${text.replaceAll('"certs/', `"${foreign.folder}/certs/`)}\n[tokens]\naccess = 30\n`;
    if (!text.includes('certs/')) return use({ services });
    foreign.run(await fileOfGuide('certificates.sh'));
    const [certificate, key] = ['sandbox.pem', 'sandbox.key'].map((name) => `${foreign.folder}/certs/${name}`);
    return use({ services, tls: { certificate, key } });
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

/** From the service's first page to the provider's and back; what Apache tells the service. */
async function logInThroughApache(desk, { home }) {
  await desk.page.goto(`${home}/`);
  await desk.chooseIdentity(DOCTOR.id);
  await desk.page.waitForURL(`${home}/`);
  const headers = await said(desk.page, `${home}/`);
  expect(headers).toMatchObject({ 'x-remote-user': DOCTOR.id, oidc_claim_family_name: DOCTOR.name });
  return headers;
}

/** The page asks Apache for a fresh token, as its own hook offers. */
async function refreshThroughApache({ page }, { home }, used) {
  await page.goto(`${home}/psc?refresh=${encodeURIComponent(`${home}/`)}&access_token=${used}`);
  expect(page.url()).toBe(`${home}/`);
  const fresh = (await said(page, `${home}/`)).oidc_access_token;
  expect(fresh).not.toBe(used);
  return fresh;
}

/** Out of the service and of the provider. */
async function logOutThroughApache(desk, { home }) {
  const { page } = desk;
  const bye = `${home}/public/bye`;
  await page.goto(`${home}/psc?logout=${encodeURIComponent(bye)}`);
  expect(page.url()).toBe(bye);
  expect(await said(page, bye)).not.toHaveProperty('x-remote-user');
  await page.goto(`${home}/`);
  await desk.sees('pending');
}

/** Whether the provider takes a token from somebody who has nothing but that. */
async function isTaken({ page }, programs, token) {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await page.request.get(`${programs.issuer}/protocol/openid-connect/userinfo`, { headers });
  return answer.ok();
}

test.describe('Apache with a secret', () => {
  test.use({ registration: 'apache.toml' });

  test('mod_auth_openidc, with PKCE and a secret, does every step', async ({ programs, desk, foreign }) => {
    const { page } = desk;
    await startApache(foreign, 'apache.conf');
    const headers = await logInThroughApache(desk, foreign);
    expect(headers.oidc_claim_acr).toBe('eidas2');
    expect(JSON.parse(headers.oidc_claim_subjectrefpro).exercices).toHaveLength(1);
    const fresh = await refreshThroughApache(desk, foreign, headers.oidc_access_token);
    expect(await isTaken(desk, programs, fresh)).toBe(true);
    await logOutThroughApache(desk, foreign);
    expect(await isTaken(desk, programs, fresh)).toBe(false);

    // In again, and out of another service: Apache hears of it.
    await logInThroughApache(desk, foreign);
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

test.describe('Apache with a certificate', () => {
  // The browser of this test has not been told of the authority.
  test.use({ registration: 'apache-certificate.toml', ignoreHTTPSErrors: true });

  test('mod_auth_openidc, with a certificate and as for the real one, does every step', async ({ programs, desk, foreign }) => {
    await startApache(foreign, 'apache-certificate.conf');
    const headers = await logInThroughApache(desk, foreign);
    expect(headers.oidc_claim_acr).toBe('eidas1');
    expect(JSON.parse(headers.oidc_claim_subjectrefpro).exercices).toHaveLength(1);
    const fresh = await refreshThroughApache(desk, foreign, headers.oidc_access_token);
    expect(await isTaken(desk, programs, fresh)).toBe(true);
    await logOutThroughApache(desk, foreign);
    expect(await isTaken(desk, programs, fresh)).toBe(false);
  });
});

test.describe('Apache with a certificate and bound tokens', () => {
  test.use({ registration: 'apache-certificate.toml', also: 'bound.toml', ignoreHTTPSErrors: true });

  test('mod_auth_openidc gets tokens that are worth nothing without its certificate', async ({ programs, desk, foreign }) => {
    await startApache(foreign, 'apache-certificate.conf');
    const { oidc_access_token: token } = await logInThroughApache(desk, foreign);
    const { cnf } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    const { raw } = new X509Certificate(await readFile(`${foreign.folder}/certs/service.pem`));
    const digest = createHash('sha256').update(raw).digest('hex');
    expect(cnf).toEqual({ 'x5t#S256': Buffer.from(digest).toString('base64') });
    expect(await isTaken(desk, programs, token)).toBe(false);
    await refreshThroughApache(desk, foreign, token);
    await logOutThroughApache(desk, foreign);
  });
});
