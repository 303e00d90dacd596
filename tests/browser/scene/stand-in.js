// A provider and a service that misbehave on demand, for what the real ones
// never do: wrong signatures, wrong clocks, rotated keys, silence.
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SDK = fileURLToPath(new URL('../../../sdk-wasm/dist', import.meta.url));
const TYPES = { js: 'text/javascript', wasm: 'application/wasm' };
const SUBJECT = 'f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:899700990015';
const base64url = (value) => Buffer.from(value).toString('base64url');
const random = () => randomBytes(12).toString('hex');

/** How both behave when nothing is asked of them. */
const WELL = {
  acr: 'eidas2', error: null, page: false, isolated: false, dpop: false, nonce: null, forgeries: false,
  clock: 0, person: SUBJECT, signsWith: 'k1', publishes: 'k1', refreshError: null, knowsSession: true, silent: false, lives: 14_400,
  status: 204,
};

/** Starts both on ports of their own. */
export async function standIn() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const will = { ...WELL };
  const heard = { requests: [], authorize: null, login: null, logout: null, api: null };
  const [codes, refreshes, sessions] = [new Map(), new Map(), new Set()];
  const pages = new Map();

  const provider = await listen(async (request, url, answer) => {
    heard.requests.push(`${request.method} ${basename(url.pathname)}`);
    const cors = {
      'access-control-allow-origin': service.origin,
      'access-control-allow-headers': 'authorization, content-type, dpop',
      'access-control-expose-headers': 'dpop-nonce, www-authenticate',
    };
    const json = (status, body, headers = {}) => answer(status, JSON.stringify(body), { 'content-type': 'application/json', ...cors, ...headers });
    if (request.method === 'OPTIONS') return answer(204, '', cors);
    if (will.silent) return request.socket.destroy();

    switch (url.pathname) {
      case '/realm/.well-known/openid-configuration':
        return json(200, {
          issuer,
          authorization_endpoint: `${provider.origin}/auth`,
          token_endpoint: `${issuer}/token`,
          userinfo_endpoint: `${issuer}/userinfo`,
          jwks_uri: `${issuer}/certs`,
          end_session_endpoint: `${issuer}/logout`,
          authorization_response_iss_parameter_supported: true,
          ...(will.dpop && { dpop_signing_alg_values_supported: ['ES256'] }),
        });
      case '/auth': return authorize(url, answer);
      case '/realm/certs': return json(200, { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: will.publishes, use: 'sig' }] });
      case '/realm/token': return token(request, json);
      case '/realm/userinfo': return json(200, { ...CLAIMS, sub: will.person });
      case '/realm/logout':
        heard.logout = url.searchParams;
        return answer(303, '', { location: url.searchParams.get('post_logout_redirect_uri') });
      case '/api':
        heard.api = { authorization: request.headers.authorization, proof: readProof(request.headers.dpop) };
        return json(200, {});
      default: return json(404, {});
    }
  });
  const issuer = `${provider.origin}/realm`;

  function authorize(url, answer) {
    const isolated = will.isolated ? { 'cross-origin-opener-policy': 'same-origin' } : {};
    const asked = url.searchParams;
    if (will.page && asked.get('prompt') !== 'none' && !asked.has('go')) {
      const link = `${url.href}&go`.replaceAll('&', '&amp;');
      return answer(200, `<!doctype html><title>Login</title><a href="${link}">Approve</a>`, { ...HTML, ...isolated });
    }
    heard.authorize = asked;
    const back = new URL(asked.get('redirect_uri'));
    back.searchParams.set('state', asked.get('state'));
    back.searchParams.set('iss', issuer);
    const error = will.error ?? (asked.get('prompt') === 'none' && !will.knowsSession ? 'login_required' : null);
    if (error) back.searchParams.set('error', error);
    else {
      const code = random();
      codes.set(code, asked);
      back.searchParams.set('code', code);
    }
    return answer(303, '', { location: back.href, ...isolated });
  }

  async function token(request, json) {
    const form = new URLSearchParams(await text(request));
    const proof = readProof(request.headers.dpop);
    if (will.nonce && proof?.nonce !== will.nonce) return json(400, { error: 'use_dpop_nonce' }, { 'dpop-nonce': will.nonce });

    let asked;
    if (form.get('grant_type') === 'refresh_token') {
      asked = refreshes.get(form.get('refresh_token'));
      refreshes.delete(form.get('refresh_token'));
      heard.requests.push(asked ? 'refresh' : 'reuse');
      if (will.refreshError) return json(400, { error: will.refreshError });
    } else {
      asked = codes.get(form.get('code'));
      codes.delete(form.get('code'));
      const challenge = createHash('sha256').update(form.get('code_verifier')).digest('base64url');
      if (asked?.get('code_challenge') !== challenge) asked = undefined;
    }
    if (!asked) return json(400, { error: 'invalid_grant' });

    const now = Math.floor(Date.now() / 1000) + will.clock;
    const access_token = `access-${random()}`;
    const refresh_token = `refresh-${random()}`;
    refreshes.set(refresh_token, asked);
    return json(200, {
      access_token,
      refresh_token,
      // RFC 9449 §5: bound to a key only when a proof came along.
      token_type: proof ? 'DPoP' : 'Bearer',
      expires_in: 120,
      id_token: signed({
        iss: issuer, aud: 'demo', sub: will.person, nonce: asked.get('nonce'), iat: now, exp: now + 120, auth_time: now,
        acr: will.acr, authMode: 'MOBILE', SubjectNameID: '899700990015',
        at_hash: createHash('sha256').update(access_token).digest().subarray(0, 16).toString('base64url'),
      }),
    });
  }

  function signed(claims) {
    const covered = `${base64url(JSON.stringify({ alg: 'ES256', kid: will.signsWith }))}.${base64url(JSON.stringify(claims))}`;
    const signature = sign('sha256', Buffer.from(covered), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    if (will.forgeries) signature[7] ^= 1;
    return `${covered}.${base64url(signature)}`;
  }

  const service = await listen(async (request, url, answer) => {
    heard.requests.push(`${request.method} ${url.pathname}`);
    const json = (status, body) => answer(status, JSON.stringify(body), { 'content-type': 'application/json' });
    const session = /sid=(\w+)/.exec(request.headers.cookie)?.[1];
    if (url.pathname.startsWith('/psc/') && will.silent) return undefined;

    switch (url.pathname) {
      case '/psc/session': {
        if (request.headers['psc-csrf'] !== '1') return json(403, {});
        if (!sessions.has(session)) return will.status === 204 ? answer(204) : json(401, {});
        const now = Math.floor(Date.now() / 1000);
        return json(200, { subject: SUBJECT, level: will.acr, means: 'MOBILE', authenticated_at: now, expires_at: now + will.lives, claims: CLAIMS });
      }
      case '/psc/login': {
        heard.login = url.searchParams;
        const popup = url.searchParams.get('mode') === 'popup';
        const back = new URL(popup ? '/psc/done' : url.searchParams.get('return_to'), service.origin);
        if (will.error) back.searchParams.set('psc_error', will.error);
        const made = random();
        if (!will.error) sessions.add(made);
        return answer(303, '', { location: back.href, 'set-cookie': `sid=${made}; Path=/; HttpOnly` });
      }
      case '/psc/done':
        return answer(200, '<!doctype html><script src="/done.js"></script>', HTML);
      case '/psc/logout':
        if (request.headers['psc-csrf'] !== '1') return json(403, {});
        heard.logout = JSON.parse(await text(request));
        sessions.delete(session);
        return json(200, { redirect: null });
      case '/api':
        heard.api = { ours: request.headers['psc-csrf'], authorization: request.headers.authorization };
        return json(sessions.has(session) ? 200 : 401, {});
    }
    if (url.pathname.startsWith('/openpsc/')) {
      const name = basename(url.pathname);
      return answer(200, await readFile(join(SDK, name)), { 'content-type': TYPES[name.split('.').pop()] });
    }
    const page = pages.get(url.pathname);
    return page ? answer(200, page.body, { ...HTML, ...page.headers }) : answer(404, '', HTML);
  });
  pages.set('/done.js', script(`
    const error = new URLSearchParams(location.search).get('psc_error');
    new BroadcastChannel('psc').postMessage({ type: 'psc-callback', ...(error && { error }) });
    close();`));

  return {
    will, heard, pages, issuer, origin: service.origin, provider: provider.origin,
    /** How often something was asked of either. */
    count: (request) => heard.requests.filter((one) => one === request).length,
    async stop() {
      await Promise.all([provider.stop(), service.stop()]);
    },
  };
}

/** A page's body that is a script. */
export function script(body) {
  return { body, headers: { 'content-type': 'text/javascript' } };
}

const HTML = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'self'" };

const CLAIMS = {
  sub: SUBJECT,
  given_name: 'AURORE',
  family_name: 'LANTERNIER',
  SubjectNameID: '899700990015',
};

/** The claims of a proof, once its signature holds. */
function readProof(proof) {
  if (!proof) return null;
  const [header, claims, signature] = proof.split('.');
  const { jwk } = JSON.parse(Buffer.from(header, 'base64url'));
  const key = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };
  const holds = verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'));
  return holds ? JSON.parse(Buffer.from(claims, 'base64url')) : null;
}

async function text(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

async function listen(handle) {
  const server = createServer((request, response) => {
    const answer = (status, body, headers = {}) => {
      response.writeHead(status, { 'cache-control': 'no-store', ...headers });
      response.end(body);
    };
    Promise.resolve(handle(request, new URL(request.url, origin), answer))
      .catch((error) => answer(500, String(error)));
  });
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  const origin = `http://localhost:${server.address().port}`;
  return {
    origin,
    stop: () => new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    }),
  };
}
