// Client libraries of others, as the integrator's guide configures them.
import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { startApache } from './scene/apache.js';
import { atDesk } from './scene/desk.js';
import { foreignService } from './scene/foreign.js';
import { fileOfGuide } from './scene/guide.js';
import { DOCTOR, expect, test as base } from './scene/index.js';
import { lemonldapSession, startLemonldap } from './scene/lemonldap.js';
import { agenda } from './scene/service.js';

const require = createRequire(import.meta.url);

/** A service of the guide, which the sandbox knows from the start. */
const test = base.extend({
  /** The file of the guide that registers it, and perhaps a line more. */
  registration: ['', { option: true }],
  also: ['', { option: true }],

  /**
   * Seconds that its access tokens live: so few that a client which looks after
   * its tokens refreshes at once.
   */
  lives: [30, { option: true }],

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

  sandbox: async ({ foreign, registration, also, lives }, use) => {
    const text = await fileOfGuide(registration, foreign.ports) + (also && await fileOfGuide(also));
    const services = `${text.replaceAll('"certs/', `"${foreign.folder}/certs/`)}\n[tokens]\naccess = ${lives}\n`;
    if (!text.includes('certs/')) return use({ services });
    foreign.run(await fileOfGuide('certificates.sh'));
    const [certificate, key, authority] = ['sandbox.pem', 'sandbox.key', 'authority.pem']
      .map((name) => `${foreign.folder}/certs/${name}`);
    return use({ services, tls: { certificate, key, authority } });
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

/** A service whose pages are JSON: in, through a refresh of its own accord, and out. */
async function everyStep({ page, chooseIdentity, sees }, { home }, programs, level) {
  await page.goto(`${home}/login`);
  await chooseIdentity(DOCTOR.id);
  await page.waitForURL(`${home}/me`);
  const person = await said(page, `${home}/me`);
  expect(person).toMatchObject({ level, id: DOCTOR.id, name: DOCTOR.name });
  expect(person.activities).toHaveLength(1);

  await aMinutePasses(programs);
  expect(await said(page, `${home}/me`)).toEqual(person);

  await page.goto(`${home}/logout`);
  expect(new URL(page.url()).origin).toBe(home);
  expect(await said(page, `${home}/`)).toEqual({ logged_in: false });
  await page.goto(`${home}/login`);
  await sees('pending');
}

test.describe('Authlib with a secret', () => {
  test.use({ registration: 'authlib.toml' });

  test('Authlib, with a secret, logs in, refreshes by itself and logs out', async ({ programs, desk, foreign }) => {
    await foreign.copy('psc.cfg');
    await foreign.copy('service.py');
    await foreign.startPython('flask', ['--app', 'service', 'run', '--port', foreign.port]);
    // As the real one does: the level that was asked for.
    await everyStep(desk, foreign, programs, 'eidas1');
  });
});

test.describe('Authlib with a key', () => {
  test.use({ registration: 'authlib-key.toml' });

  test('Authlib, with a key, logs in, refreshes by itself and logs out', async ({ programs, desk, foreign }) => {
    foreign.run('openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out service.key');
    await foreign.copy('psc-key.cfg', 'psc.cfg');
    await foreign.copy('service.py');
    await foreign.copy('keys.py');
    await foreign.startPython('flask', ['--app', 'keys', 'run', '--port', foreign.port]);
    // As the standards say: the level that was earned.
    await everyStep(desk, foreign, programs, 'eidas2');
  });
});

test.describe('openid-client', () => {
  test.use({ registration: 'openid-client.toml' });

  test('openid-client logs in, refreshes and logs out', async ({ programs, desk, foreign }) => {
    await foreign.copy('service.mjs');
    await foreign.startNode('service.mjs');
    await everyStep(desk, foreign, programs, 'eidas2');
  });
});

test.describe('oidc-client-ts', () => {
  test.use({ registration: 'oidc-client-ts.toml' });

  test('oidc-client-ts, in a page without a back end, logs in, refreshes and logs out', async ({ desk, foreign }) => {
    const { page } = desk;
    const library = require.resolve('oidc-client-ts').replace('umd/oidc-client-ts.js', 'browser/oidc-client-ts.min.js');
    const files = {
      '/': ['text/html', await fileOfGuide('index.html', foreign.ports)],
      '/page.js': ['text/javascript', await fileOfGuide('page.js', foreign.ports)],
      '/oidc-client-ts.min.js': ['text/javascript', await readFile(library)],
    };
    await foreign.serve(9000, (request, response) => {
      const [type, text] = files[request.url.split('?')[0]] ?? ['text/plain', ''];
      response.writeHead(200, {
        'content-type': type,
        'content-security-policy': "default-src 'none'; script-src 'self'; connect-src http://localhost:*",
      });
      response.end(text);
    });
    const person = page.locator('#person');
    await page.goto(`${foreign.home}/`);
    await page.locator('#login').click();
    await desk.chooseIdentity(DOCTOR.id);
    await expect(person).toHaveText(DOCTOR.name);
    expect(page.url()).toBe(`${foreign.home}/`);

    const expires = await person.getAttribute('data-expires');
    await expect(async () => {
      await page.locator('#refresh').click();
      expect(Number(await person.getAttribute('data-expires'))).toBeGreaterThan(Number(expires));
    }).toPass();
    await expect(person).toHaveText(DOCTOR.name);

    await page.locator('#logout').click();
    await expect(person).toHaveText('');
    await page.locator('#login').click();
    await desk.sees('pending');
  });
});

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

test.describe('LemonLDAP::NG', () => {
  test.use({ registration: 'lemonldap.toml', lives: 5 });

  test('LemonLDAP::NG, its configuration pasted in, logs in, refreshes and logs out', async ({ programs, foreign, browser }) => {
    // Its own pages keep a looser policy than ours.
    const context = await browser.newContext({ locale: 'fr-FR' });
    const page = await context.newPage();
    const desk = atDesk(page, programs);
    await startLemonldap(foreign, programs, 'lemonldap.json');
    await page.goto(`${foreign.home}/`);
    await desk.chooseIdentity(DOCTOR.id);
    await expect(page.locator('body')).toContainText(`Connecté en tant que ${DOCTOR.name}`);
    const kept = await lemonldapSession(context, foreign);
    expect(await kept()).toMatchObject({ uid: DOCTOR.id, givenName: 'Aurore' });

    // Asked to look again, it fetches a fresh token for userinfo once the old one ends.
    const { _oidc_access_token: used } = await kept();
    await expect(async () => {
      await page.request.get(`${foreign.home}/refresh`);
      expect((await kept())._oidc_access_token).not.toBe(used);
    }).toPass();
    expect(await kept()).toMatchObject({ uid: DOCTOR.id, givenName: 'Aurore' });

    await page.goto(`${foreign.home}/?logout=1`);
    await page.waitForURL(`${foreign.home}/?logout=1`);
    await expect(page.locator('body')).not.toContainText(DOCTOR.name);
    await page.goto(`${foreign.home}/`);
    await desk.sees('pending');
    await context.close();
  });
});
