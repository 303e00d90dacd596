/**
 * Browser-kept: the page is a public client and keeps the tokens in memory.
 *
 * The rules are in the wasm core; here is the I/O: fetch, WebCrypto, storage.
 * Nothing of this protects the tokens from a script injected into the page.
 */

import { answerHere, relayed } from './answer.js';
import { base64url, bytes, fromBase64url, random } from './bytes.js';
import type { Core } from './core.js';
import { dpopKey } from './dpop.js';
import type { Found, Host, Keeper, Wish } from './keeper.js';
import { keep, peek, take, type LoginRecord } from './login-record.js';
import type { SessionDocument } from './session.js';
import type { BrowserKept, CommonOptions, PscErrorCode, Session, Why } from './types.js';

/** In the order of the core's numbers. */
const REFUSALS: readonly PscErrorCode[] = [
  'configuration', 'discovery', 'state_mismatch', 'issuer_mismatch', 'nonce_mismatch', 'token_rejected',
  'clock_skew', 'level_too_low', 'access_denied', 'login_required', 'refresh_failed', 'server',
];

const ALGORITHMS: Record<string, RsaHashedImportParams & RsaPssParams & EcKeyImportParams & EcdsaParams> = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', saltLength: 0, namedCurve: '' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32, namedCurve: '' },
  ES256: { name: 'ECDSA', hash: 'SHA-256', saltLength: 0, namedCurve: 'P-256' },
};

/** What the core asks WebCrypto to verify. */
interface ToVerify {
  algorithm: string;
  signed: string;
  signature: string;
  key?: JsonWebKey;
}

/** How long a session of the provider lives at most, in seconds. */
const SESSION = 4 * 3600;

export function browserKept(options: BrowserKept & CommonOptions, host: Host): Keeper {
  const { issuer, clientId } = options;
  const redirectUri = new URL(options.redirectUri ?? location.pathname, location.href).href;
  const apis = new Set((options.apis ?? []).map((api) => new URL(api, location.href).origin));
  /** Set while a session should stand, so that a reload knows whether to ask. It is not a token. */
  const mark = `psc.since.${clientId}`;
  const now = (): number => Math.floor(Date.now() / 1000);

  let core: Core | undefined;
  /** The endpoints, read by the door once the core has checked the document. */
  let provider: { token_endpoint: string; userinfo_endpoint: string; jwks_uri: string };
  let key: CryptoKey | undefined;
  let loading: Promise<Core> | undefined;
  let isLoaded = false;
  let redeeming = Promise.resolve();
  let refreshing: Promise<void> | undefined;
  let session: Session | null = null;
  let renewedAt = 0;
  let keysRead: Promise<void> | undefined;
  const started = new Set<string>();
  const nonces = new Map<string, string>();
  const warned = new Set<string>();

  /** Runs a rule of the core, and names what it refuses: only then does it answer nothing. */
  function rule<T>(run: (core: Core) => T): T {
    if (!core) throw host.failure('configuration', 'not loaded');
    let value: T;
    let refused: number | undefined;
    try {
      value = run(core);
      refused = core.refused();
    } catch (cause) {
      // The instance is unusable after a trap: drop it, and the session with it.
      core = loading = undefined;
      isLoaded = false;
      lose('expired');
      throw host.failure('configuration', `please report this: ${cause}`);
    }
    if (refused !== undefined) throw host.failure(REFUSALS[refused] ?? 'configuration', core.detail);
    return value;
  }

  function load(): Promise<Core> {
    return (loading ??= Promise.all([wasm(), published(`${issuer}/.well-known/openid-configuration`)])
      .then(async ([made, text]) => {
        core = made;
        provider = JSON.parse(text) as typeof provider;
        if (rule((core) => core.setProvider(text)) && options.dpop) {
          const { privateKey, x, y } = await dpopKey(clientId).catch((cause: unknown) => missing('IndexedDB', cause));
          key = privateKey;
          rule((core) => core.setKey(x, y));
        }
        isLoaded = true;
        return made;
      })
      .catch((error: unknown) => {
        core = loading = undefined;
        throw error;
      }));
  }

  async function wasm(): Promise<Core> {
    if (!isSecureContext) missing('secure context');
    if (!crypto.subtle) missing('WebCrypto');
    if (!navigator.locks) missing('Web Locks');
    if (typeof WebAssembly === 'undefined') missing('WebAssembly');
    const module = await import('./core.js').catch((cause: unknown) => { throw host.unreached(cause, 'core.js'); });
    try {
      await module.load(options.wasm);
    } catch (cause) {
      if (cause instanceof WebAssembly.CompileError) {
        throw host.failure('wasm_blocked', "add 'wasm-unsafe-eval' to script-src");
      }
      throw host.unreached(cause, 'core.wasm');
    }
    return new module.Core(issuer, clientId, redirectUri, options.scope ?? 'openid scope_all');
  }

  function missing(what: string, cause?: unknown): never {
    throw host.failure('unsupported', cause ? `${what}: ${cause}` : what);
  }

  /** Local storage is where a login waits for its answer. */
  function storage(): Storage {
    try {
      return localStorage;
    } catch {
      return missing('localStorage');
    }
  }

  /** Sends a request of our own, and reads the whole answer. */
  async function reach(address: string, init: RequestInit): Promise<[answer: Response, text: string]> {
    try {
      const answer = await fetch(address, {
        credentials: 'omit', referrerPolicy: 'no-referrer', redirect: 'error', cache: 'no-store',
        signal: AbortSignal.timeout(15_000), ...init,
      });
      return [answer, await answer.text()];
    } catch (cause) {
      throw host.unreached(cause, new URL(address).pathname);
    }
  }

  async function published(address: string, cache: RequestCache = 'default'): Promise<string> {
    const [answer, text] = await reach(address, { cache });
    if (!answer.ok) throw host.failure('discovery', `${answer.status} ${new URL(address).pathname}`);
    return text;
  }

  function readKeys(cache?: RequestCache): Promise<void> {
    return (keysRead = published(provider.jwks_uri, cache).then((keys) => rule((core) => core.setKeys(keys))));
  }

  /** A proof of possession for one request (S22). */
  async function proof(method: string, address: string, withToken: boolean): Promise<string> {
    const nonce = nonces.get(new URL(address).origin);
    const text = rule((core) => core.proof(random(), method, address, now(), withToken, nonce)!);
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key as CryptoKey, bytes(text));
    return `${text}.${base64url(new Uint8Array(signature))}`;
  }

  /** Remembers the nonce of an answer, and says whether the request is to be sent again with it. */
  function wantsNonce(answer: Response, error: string): boolean {
    const origin = new URL(answer.url).origin;
    const nonce = answer.headers.get('dpop-nonce');
    const isNew = nonce !== null && nonces.get(origin) !== nonce;
    if (nonce !== null) nonces.set(origin, nonce);
    return isNew && !answer.ok && error.includes('use_dpop_nonce');
  }

  /**
   * Redeems a form at the token endpoint, and puts the tokens in force once
   * their signature is verified. One at a time: the core holds one answer
   * between the two steps.
   */
  function redeem(form: string, record?: LoginRecord): Promise<void> {
    return (redeeming = redeeming.catch(() => {}).then(async () => {
      const address = provider.token_endpoint;
      const send = async (): Promise<[Response, string]> => {
        const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
        if (key) headers['dpop'] = await proof('POST', address, false);
        return reach(address, { method: 'POST', body: form, headers });
      };
      let [answer, text] = await send();
      if (key && wantsNonce(answer, text)) [answer, text] = await send();
      rule((core) => core.receive(text, answer.ok, now(), record?.nonce, record?.level, record?.maxAge));
      await verify();
      rule((core) => core.accept());
      renewedAt = Date.now();
    }));
  }

  /** Verifies the signature of the token that came, if one came. */
  async function verify(): Promise<void> {
    const received = (): ToVerify | null => JSON.parse(rule((core) => core.toVerify() ?? 'null')) as ToVerify | null;
    if (!received()) return;
    await (keysRead ?? readKeys()).catch(() => readKeys());
    // An unknown key: the provider may have rotated. One reload, then failure (S10).
    if (!received()?.key) await readKeys('reload');
    const { algorithm, signed, signature, key } = received() as ToVerify;
    const how = ALGORITHMS[algorithm];
    if (!key || !how) throw host.failure('token_rejected', 'kid');
    const isTrue = await crypto.subtle.importKey('jwk', key, how, false, ['verify'])
      .then((imported) => crypto.subtle.verify(how, imported, fromBase64url(signature), bytes(signed)), () => false);
    if (!isTrue) throw host.failure('token_rejected', 'signature');
  }

  /** Who is logged in now, with their professional data. Only the same person may answer a step-up. */
  async function whoIs(confirmed?: string): Promise<Session> {
    const answer = await send(new Request(provider.userinfo_endpoint, {
      credentials: 'omit', cache: 'no-store', signal: AbortSignal.timeout(15_000),
    }));
    const text = await answer.text().catch((cause: unknown) => { throw host.unreached(cause, 'userinfo'); });
    if (!answer.ok) throw host.failure('server', `${answer.status} userinfo`);
    const identity = JSON.parse(rule((core) => core.identity(text)!)) as SessionDocument;
    if (confirmed && identity.subject !== confirmed) {
      lose('expired');
      throw host.failure('other_person');
    }
    const expires_at = identity.authenticated_at + SESSION;
    session = host.read({ ...identity, expires_at, claims: JSON.parse(text) as SessionDocument['claims'] & object });
    storage().setItem(mark, `${expires_at}`);
    sessionStorage.removeItem(mark);
    return session;
  }

  /** Sends a request with the access token. */
  async function send(request: Request): Promise<Response> {
    const authorization = await authorize();
    const isBound = authorization.startsWith('DPoP');
    const attempt = async (): Promise<Response> => {
      const sent = new Request(request.clone(), request.redirect === 'follow' ? { redirect: 'error' } : {});
      sent.headers.set('authorization', authorization);
      if (isBound) sent.headers.set('dpop', await proof(sent.method, sent.url, true));
      try {
        return await fetch(sent);
      } catch (cause) {
        throw host.unreached(cause, new URL(sent.url).pathname);
      }
    };
    const answer = await attempt();
    return isBound && wantsNonce(answer, answer.headers.get('www-authenticate') ?? '') ? attempt() : answer;
  }

  /** The value of the `Authorization` header, renewed when little time is left. */
  async function authorize(): Promise<string> {
    if (!core) throw host.failure('login_required');
    const header = rule((core) => core.authorization(now()));
    if (header) return header;
    // One refresh at a time, shared by all who wait for it (S24).
    await (refreshing ??= refresh().finally(() => { refreshing = undefined; }));
    const fresh = rule((core) => core.authorization(0));
    if (!fresh) throw host.failure('login_required');
    return fresh;
  }

  async function refresh(): Promise<void> {
    const form = rule((core) => core.refreshForm());
    try {
      if (!form) throw host.failure('login_required', 'no refresh token');
      await redeem(form);
    } catch (error) {
      if ((error as { code?: PscErrorCode }).code === 'login_required') lose('expired');
      throw error;
    }
  }

  /** Forgets the session, and says so when there was one. */
  function lose(why: Why): void {
    const had = session;
    session = null;
    core?.forget();
    storage().removeItem(mark);
    if (had) host.changed(null, why);
  }

  function start(wish: Wish): string | Promise<string> {
    storage();
    return isLoaded ? address(wish) : load().then(() => address(wish));
  }

  function address(wish: Wish, prompt?: string): string {
    const [state, nonce, verifier] = [random(), random(), random()];
    const { level, maxAge, means, returnTo, why, mode } = wish;
    const person = why === 'step-up' ? session : null;
    const wishes = new URLSearchParams();
    for (const [name, value] of Object.entries({
      // The real service wants the parameter always, and this is the least it knows.
      acr_values: level ?? 'eidas1', max_age: maxAge, prompt, means, ui_locales: options.locale, login_hint: person?.nationalId,
    })) {
      if (value !== undefined) wishes.set(name, `${value}`);
    }
    const address = rule((core) => core.loginAddress(state, nonce, verifier, `${wishes}`)!);
    keep(state, {
      at: Date.now(), nonce, verifier, returnTo, why, popup: mode === 'popup',
      ...(person && { subject: person.subject }), ...(level && { level }), ...(maxAge !== undefined && { maxAge }),
    });
    started.add(state);
    return address;
  }

  /** Ends the login that `state` started with the answer of the provider. */
  async function finish(query: string, state: string): Promise<Found> {
    const record = take(state);
    if (!record) throw host.failure('state_mismatch', 'used, too old, or started in another browser');
    if (record.returnTo && !record.popup) history.replaceState(history.state, '', record.returnTo);
    await load();
    const form = rule((core) => core.codeForm(query, state, record.verifier)!);
    if (!keysRead) readKeys().catch(() => {});
    await redeem(form, record);
    try {
      return { session: await whoIs(record.subject), why: record.why };
    } catch (error) {
      // Tokens without a known person are of no use.
      core?.forget();
      throw error;
    }
  }

  async function find(): Promise<Found> {
    const stands = storage().getItem(mark);
    const answer = answerHere(redirectUri, issuer);
    if (!answer) {
      if (!options.restore || !(Number(stands) > now()) || sessionStorage.getItem(mark) === stands) {
        return { session: null, why: 'restored' };
      }
      // One question to the provider; whatever it answers ends the matter for this tab (S28).
      sessionStorage.setItem(mark, stands as string);
      const returnTo = location.pathname + location.search + location.hash;
      await load();
      const { level } = options;
      location.replace(address({ returnTo, mode: 'redirect', why: 'restored', ...(level && { level }) }, 'none'));
      return new Promise(() => {});
    }
    const record = peek(answer.state);
    if (record && record !== 'used' && record.popup && await relayed(answer, clientId)) {
      close();
      return new Promise(() => {});
    }
    try {
      return await finish(answer.query, answer.state);
    } catch (error) {
      const { code } = error as { code?: PscErrorCode };
      const asked = record && record !== 'used' && record.why === 'restored';
      if (!asked || code !== 'login_required') throw error;
      storage().removeItem(mark);
      return { session: null, why: 'restored' };
    }
  }

  return {
    find,
    prepare: () => void load().catch(() => {}),
    start,

    heard({ type, state, query }) {
      if (type !== 'psc-answer' || !state || query === undefined || !started.delete(state)) return;
      host.tell({ type: 'psc-taken', state });
      return finish(query, state);
    },

    async recheck(known) {
      if (known && !(Number(storage().getItem(mark)) > now())) {
        session = null;
        core?.forget();
      } else if (session && Date.now() - renewedAt > 5000) {
        // A renewal shows whether the provider's session still stands; only its end ends this one.
        await (refreshing ??= refresh().finally(() => { refreshing = undefined; })).catch(() => {});
      }
      return session;
    },

    async end({ local, returnTo }) {
      const address = local ? undefined : core?.logoutAddress(new URL(returnTo, location.href).href);
      session = null;
      core?.forget();
      storage().removeItem(mark);
      return address ?? null;
    },

    async fetch(input, init) {
      const request = new Request(input, init);
      const { origin } = new URL(request.url);
      if (apis.has(origin)) return send(request);
      if (!warned.has(origin)) {
        warned.add(origin);
        console.warn(`psc.fetch: ${origin} is not in apis, so the request goes out without a token`);
      }
      return fetch(request);
    },

    accessToken: async () => (await authorize()).replace(/^\w+ /, ''),
  };
}
