// A service of a test's own: its back end keeps logins behind a cookie, and it
// registers itself, with the page that forgets them.
import { createServer } from 'node:http';

import * as oidc from 'openid-client';

const SANDBOX = { execute: [oidc.allowInsecureRequests] };
const HTML = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' };

/** Starts one. `deaf`: its page that forgets never answers; `hijacks`: it wants
 * the whole window instead. */
export async function ownService(programs, { deaf = false, hijacks = false } = {}) {
  const heard = { out: [], others: [] };
  const [begun, logins] = [new Map(), new Map()];
  const server = createServer((request, response) => {
    const answer = (status, body, headers = {}) => {
      response.writeHead(status, { ...HTML, 'content-security-policy': policy, ...headers });
      response.end(body);
    };
    const handler = { '/login': logIn, '/callback': callback, '/out': out, '/logout': logOut, '/watch': watch, '/watch.js': script, '/hijack.js': hijack };
    const url = new URL(request.url, home);
    Promise.resolve((handler[url.pathname] ?? front)(request, url, answer))
      .catch((error) => answer(500, `${error.stack}`));
  });
  await new Promise((done) => { server.listen(0, 'localhost', done); });
  const { port } = server.address();
  const home = `http://localhost:${port}`;
  const policy = `default-src 'self'; frame-src ${programs.provider}`;
  // One host, many ports: cookies are told apart by their names.
  const cookie = `own-${port}`;
  const config = await oidc.dynamicClientRegistration(new URL(programs.issuer), {
    client_name: `Service ${port}`,
    redirect_uris: [`${home}/callback`],
    post_logout_redirect_uris: [`${home}/bye`],
    frontchannel_logout_uri: `${home}/out`,
    frontchannel_logout_session_required: true,
    token_endpoint_auth_method: 'client_secret_post',
  }, undefined, SANDBOX);

  const loginOf = (request) => {
    const id = request.headers.cookie?.split('; ').find((pair) => pair.startsWith(`${cookie}=`))?.split('=')[1];
    return { id, login: logins.get(id) };
  };

  function front(request, url, answer) {
    heard.others.push(url.pathname);
    answer(200, `<!doctype html><html lang="fr"><title>Service</title><p id="who">${loginOf(request).login?.person ?? 'personne'}`);
  }

  async function logIn(request, url, answer) {
    const verifier = oidc.randomPKCECodeVerifier();
    const state = oidc.randomState();
    begun.set(state, verifier);
    const address = oidc.buildAuthorizationUrl(config, {
      redirect_uri: `${home}/callback`, scope: 'openid', state,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
    });
    answer(303, '', { location: address.href });
  }

  async function callback(request, url, answer) {
    const state = url.searchParams.get('state');
    const tokens = await oidc.authorizationCodeGrant(config, url, { pkceCodeVerifier: begun.get(state), expectedState: state });
    const { sid, SubjectNameID: person } = tokens.claims();
    const id = oidc.randomState();
    logins.set(id, { sid, person, idToken: tokens.id_token, state: url.searchParams.get('session_state') });
    answer(303, '', { location: '/', 'set-cookie': `${cookie}=${id}; Path=/; HttpOnly; SameSite=Lax` });
  }

  function logOut(request, url, answer) {
    const address = oidc.buildEndSessionUrl(config, {
      id_token_hint: loginOf(request).login.idToken, post_logout_redirect_uri: `${home}/bye`, state: 's1',
    });
    answer(303, '', { location: address.href });
  }

  /** Front-Channel Logout §2: the login of this browser, when it is the one named. */
  function out(request, url, answer) {
    const [iss, sid] = ['iss', 'sid'].map((name) => url.searchParams.get(name));
    heard.out.push({ iss, sid });
    if (deaf) return;
    const { id, login } = loginOf(request);
    if (iss === programs.issuer && login?.sid === sid) logins.delete(id);
    answer(200, `<!doctype html><html lang="fr"><title>Fini</title>${hijacks ? '<script src="/hijack.js"></script>' : ''}`);
  }

  /** A page that asks the provider's frame, as Session Management §3.1 says. */
  function watch(request, url, answer) {
    const iframe = `${programs.issuer}/protocol/openid-connect/login-status-iframe.html`;
    const ask = `${url.searchParams.get('as') ?? config.clientMetadata().client_id} ${url.searchParams.get('state') ?? loginOf(request).login?.state ?? ''}`;
    answer(200, `<!doctype html><html lang="fr"><title>Service</title><body data-ask="${ask}"><output id="heard"></output>`
      + `<iframe id="op" title="Session" src="${iframe}"></iframe><script src="/watch.js"></script>`);
  }

  function hijack(request, url, answer) {
    answer(200, `
      try { top.location = '${home}/hijacked'; } catch { }
      open('${home}/hijacked');
      navigator.sendBeacon('/hijacking');`, { 'content-type': 'text/javascript' });
  }

  function script(request, url, answer) {
    answer(200, `
      const frame = document.getElementById('op');
      const ask = () => frame.contentWindow.postMessage(document.body.dataset.ask, '${programs.provider}');
      setInterval(ask, 100);
      addEventListener('message', ({ data, origin }) => {
        if (origin === '${programs.provider}') document.getElementById('heard').textContent = data;
      });`, { 'content-type': 'text/javascript' });
  }

  return {
    home, heard, clientId: config.clientMetadata().client_id,
    stop: () => new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    }),
  };
}
