// The wasm core as built, with signatures that WebCrypto makes and verifies.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';

import { Core, load } from '../dist/core.js';
import { wasm } from '../dist/inline.js';

const ISSUER = 'https://psc.example/auth/realms/esante-wallet';
const NOW = 1_767_258_000;
const DISCOVERY = JSON.stringify({
  issuer: ISSUER,
  authorization_endpoint: 'https://wallet.psc.example/auth',
  token_endpoint: `${ISSUER}/token`,
  userinfo_endpoint: `${ISSUER}/userinfo`,
  jwks_uri: `${ISSUER}/certs`,
});
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const base64url = (bytes) => Buffer.from(bytes).toString('base64url');

let pair;
before(async () => {
  await load(readFileSync(new URL('../dist/core.wasm', import.meta.url)));
  pair = await crypto.subtle.generateKey(ECDSA, false, ['sign', 'verify']);
});

async function client() {
  const core = new Core(ISSUER, 'demo', 'https://app.example/', 'openid');
  core.setProvider(DISCOVERY);
  const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey);
  core.setKeys(JSON.stringify({ keys: [{ ...jwk, kid: 'k1', use: 'sig' }] }));
  return core;
}

async function answer(claims = {}) {
  const header = base64url(JSON.stringify({ alg: 'ES256', kid: 'k1' }));
  const body = base64url(JSON.stringify({
    iss: ISSUER, aud: 'demo', sub: 's', nonce: 'no', iat: NOW, exp: NOW + 120, acr: 'eidas2', ...claims,
  }));
  const signature = await crypto.subtle.sign(ECDSA, pair.privateKey, Buffer.from(`${header}.${body}`));
  return JSON.stringify({
    access_token: 'a', token_type: 'Bearer', expires_in: 120, refresh_token: 'r',
    id_token: `${header}.${body}.${base64url(signature)}`,
  });
}

/** Why the core refuses, as its number. */
function refused(core, run) {
  run();
  const number = core.refused();
  assert.equal(core.refused(), undefined, 'a refusal is told once');
  return number;
}

test('the inline bytes are those of the file', () => {
  assert.ok(Buffer.from(wasm).equals(readFileSync(new URL('../dist/core.wasm', import.meta.url))));
});

test('a token is in force once its signature is verified', async () => {
  const core = await client();
  core.receive(await answer(), true, NOW, 'no');
  assert.equal(core.authorization(NOW), undefined);

  const { algorithm, signed, signature, key } = JSON.parse(core.toVerify());
  assert.equal(algorithm, 'ES256');
  const imported = await crypto.subtle.importKey('jwk', key, ECDSA, false, ['verify']);
  assert.ok(await crypto.subtle.verify(ECDSA, imported, Buffer.from(signature, 'base64url'), Buffer.from(signed)));

  core.accept();
  assert.equal(core.authorization(NOW), 'Bearer a');
  assert.equal(JSON.parse(core.identity('{"sub":"s"}')).level, 'eidas2');
});

test('a refusal is a number, with a detail that holds no token', async () => {
  const core = await client();
  const tokenRejected = 5;
  const text = await answer({ aud: 'other' });
  assert.equal(refused(core, () => core.receive(text, true, NOW, 'no')), tokenRejected);
  assert.equal(core.detail, 'aud');
  assert.equal(core.toVerify(), undefined);

  const levelTooLow = 7;
  const weak = await answer();
  assert.equal(refused(core, () => core.receive(weak, true, NOW, 'no', 'eidas3')), levelTooLow);
});

test('an answer to another login is refused', async () => {
  const core = await client();
  const stateMismatch = 2;
  assert.equal(refused(core, () => core.codeForm('code=c&state=x', 'st', 'ver')), stateMismatch);
  assert.match(core.codeForm('code=c&state=st', 'st', 'ver'), /code=c&redirect_uri=https%3A%2F%2Fapp\.example%2F&code_verifier=ver$/);
});

test('a proof of possession verifies with the key that it names', async () => {
  const core = await client();
  const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey);
  core.setKey(jwk.x, jwk.y);
  const text = core.proof('id', 'POST', `${ISSUER}/token?x#y`, NOW, false, 'nonce');
  const [header, claims] = text.split('.').map((part) => JSON.parse(Buffer.from(part, 'base64url')));
  assert.deepEqual(header, { typ: 'dpop+jwt', alg: 'ES256', jwk: { crv: 'P-256', kty: 'EC', x: jwk.x, y: jwk.y } });
  assert.deepEqual(claims, { jti: 'id', htm: 'POST', htu: `${ISSUER}/token`, iat: NOW, nonce: 'nonce' });
});
