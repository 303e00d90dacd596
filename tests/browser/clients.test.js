// Client libraries of others, unmodified, each in its own natural configuration.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

import * as oidc from 'openid-client';

import { DOCTOR, expect, test } from './scene/index.js';

const require = createRequire(import.meta.url);

/** The sandbox speaks http on loopback: the one thing that is not as in production. */
const SANDBOX = { execute: [oidc.allowInsecureRequests] };

/** Follows a service's address to the provider and back; the address that the service gets. */
async function logInAt(desk, address, callback) {
  await desk.page.goto(address.href);
  await desk.chooseIdentity(DOCTOR.id);
  await desk.page.waitForURL(`${callback}?*`);
  return new URL(desk.page.url());
}

/** A service of one page, on an origin of its own; with a script or without. */
async function serviceWith(script) {
  const library = script && await readFile(script);
  const html = `<!doctype html><html lang="fr"><title>Service</title>${script ? '<script src="/library.js"></script>' : ''}`;
  const server = createServer((request, response) => {
    const isLibrary = request.url === '/library.js';
    response.writeHead(200, {
      'content-type': isLibrary ? 'text/javascript' : 'text/html',
      'content-security-policy': "default-src 'none'; script-src 'self'; connect-src http://localhost:*",
    });
    response.end(isLibrary ? library : html);
  });
  await new Promise((done) => { server.listen(0, 'localhost', done); });
  const home = `http://localhost:${server.address().port}`;
  return { home, callback: `${home}/callback`, close: () => server.close() };
}

/** Registers a service as the provider offers it (RFC 7591). */
function register(programs, service, more) {
  return oidc.dynamicClientRegistration(new URL(programs.issuer), {
    client_name: 'Essai', redirect_uris: [service.callback],
    post_logout_redirect_uris: [`${service.home}/`], ...more,
  }, undefined, SANDBOX);
}

/** What every service does with a login: identity, refresh, introspection, logout. */
async function everyStep(config, tokens, desk, home, method) {
  const claims = tokens.claims();
  const person = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
  expect(person.family_name).toBe(DOCTOR.name);
  expect(person.SubjectNameID).toBe(DOCTOR.id);

  const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  expect(refreshed.claims().sub).toBe(claims.sub);
  expect(refreshed.access_token).not.toBe(tokens.access_token);

  // A public client has nothing to ask with.
  const ask = method !== 'none' && (() => oidc.tokenIntrospection(config, refreshed.access_token));
  if (ask) expect(await ask()).toMatchObject({ active: true, sub: claims.sub });

  const end = oidc.buildEndSessionUrl(config, {
    id_token_hint: refreshed.id_token, post_logout_redirect_uri: `${home}/`, state: 'bye',
  });
  await desk.page.goto(end.href);
  expect(desk.page.url()).toBe(`${home}/?state=bye`);
  if (ask) expect(await ask()).toEqual({ active: false });
  await expect(oidc.fetchUserInfo(config, refreshed.access_token, claims.sub)).rejects.toThrow();
}

async function redeem(config, back, { verifier, state, nonce }, handle) {
  return oidc.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
  }, undefined, handle && { DPoP: handle });
}

/** The parameters of a request, and what must come back. */
async function request(callback, more = {}) {
  const secrets = { verifier: oidc.randomPKCECodeVerifier(), state: oidc.randomState(), nonce: oidc.randomNonce() };
  const parameters = {
    redirect_uri: callback, scope: 'openid scope_all', state: secrets.state, nonce: secrets.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(secrets.verifier), code_challenge_method: 'S256',
    ...more,
  };
  return { secrets, parameters };
}

for (const [method, alg] of [['client_secret_basic', 'RS256'], ['client_secret_post', 'ES256'], ['none', 'EdDSA']]) {
  test(`openid-client, as it is, logs in, refreshes, asks and logs out: ${method}, ${alg}`, async ({ programs, desk }) => {
    const service = await serviceWith();
    let config = await register(programs, service, {
      token_endpoint_auth_method: method, id_token_signed_response_alg: alg,
    });
    if (method === 'client_secret_basic') {
      // Unless it is told, this library sends the secret in the body.
      const { client_id, client_secret } = config.clientMetadata();
      config = await oidc.discovery(new URL(programs.issuer), client_id, config.clientMetadata(), oidc.ClientSecretBasic(client_secret), SANDBOX);
    }
    const { secrets, parameters } = await request(service.callback);
    const back = await logInAt(desk, oidc.buildAuthorizationUrl(config, parameters), service.callback);
    const tokens = await redeem(config, back, secrets);
    await everyStep(config, tokens, desk, service.home, method);
    service.close();
  });
}

test('openid-client pushes its request and binds its tokens to a key', async ({ programs, desk }) => {
  const service = await serviceWith();
  const config = await register(programs, service, { token_endpoint_auth_method: 'client_secret_post' });
  const handle = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
  const { secrets, parameters } = await request(service.callback);
  const address = await oidc.buildAuthorizationUrlWithPAR(config, parameters, { DPoP: handle });
  expect([...address.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
  const back = await logInAt(desk, address, service.callback);
  const tokens = await redeem(config, back, secrets, handle);
  expect(tokens.token_type).toBe('dpop');
  const sub = tokens.claims().sub;
  const person = await oidc.fetchUserInfo(config, tokens.access_token, sub, { DPoP: handle });
  expect(person.family_name).toBe(DOCTOR.name);
  await expect(oidc.fetchUserInfo(config, tokens.access_token, sub)).rejects.toThrow();
  service.close();
});

test('openid-client asks a phone without a browser, and is answered', async ({ programs }) => {
  const secret = oidc.ClientSecretBasic('demo-bedside-secret-0123456789abcdef');
  const config = await oidc.discovery(new URL(programs.issuer), 'demo-bedside', undefined, secret, SANDBOX);
  await fetch(`${programs.provider}/sandbox/v1/phones/${DOCTOR.id}`, { method: 'POST' });
  const asked = await oidc.initiateBackchannelAuthentication(config, {
    scope: 'openid scope_all', login_hint: DOCTOR.id, binding_message: '42',
  });
  await fetch(`${programs.provider}/sandbox/v1/ciba/${asked.auth_req_id}/allow`, { method: 'POST' });
  const tokens = await oidc.pollBackchannelAuthenticationGrant(config, asked);
  expect(tokens.claims().SubjectNameID).toBe(DOCTOR.id);
});

test('oidc-client-ts, as it is, logs a page in, refreshes and logs out', async ({ programs, desk }) => {
  const { page } = desk;
  const service = await serviceWith(require.resolve('oidc-client-ts').replace('umd/oidc-client-ts.js', 'browser/oidc-client-ts.min.js'));
  const registered = await register(programs, service, { token_endpoint_auth_method: 'none' });
  const settings = {
    authority: programs.issuer, client_id: registered.clientMetadata().client_id,
    redirect_uri: service.callback, post_logout_redirect_uri: `${service.home}/`,
    scope: 'openid scope_all', loadUserInfo: true,
  };
  const start = () => page.evaluate((given) => { window.manager = new window.oidc.UserManager(given); }, settings);

  await page.goto(service.callback);
  await start();
  await page.evaluate(() => { window.manager.signinRedirect(); });
  await page.waitForURL(/\/login\//);
  await desk.chooseIdentity(DOCTOR.id);
  await page.waitForURL(`${service.callback}?*`);
  await start();
  const user = await page.evaluate(async () => {
    const { profile, access_token } = await window.manager.signinRedirectCallback();
    return { profile, access_token };
  });
  expect(user.profile).toMatchObject({ family_name: DOCTOR.name, SubjectNameID: DOCTOR.id });

  const renewed = await page.evaluate(async () => (await window.manager.signinSilent()).access_token);
  expect(renewed).not.toBe(user.access_token);

  await page.evaluate(() => { window.manager.signoutRedirect(); });
  await page.waitForURL((url) => url.origin === service.home && url.pathname === '/');
  await start();
  await page.evaluate(() => { window.manager.signinRedirect({ prompt: 'none' }); });
  await page.waitForURL(`${service.callback}?*`);
  expect(new URL(page.url()).searchParams.get('error')).toBe('login_required');
  service.close();
});
