/** Server-kept: the back end holds the tokens, the page holds nothing. */

import { PscError, unreached } from './errors.js';
import type { Host, Keeper } from './keeper.js';
import type { SessionDocument } from './session.js';
import type { PscErrorCode, ServerKept, Session } from './types.js';

/** A header that no form and no other site can set without a preflight. */
const OURS = { 'psc-csrf': '1' };

export function serverKept(at: ServerKept['server'], locale: string | undefined, host: Host): Keeper {
  const path = typeof at === 'string'
    ? { session: `${at}/session`, login: `${at}/login`, logout: `${at}/logout` }
    : at;

  async function call(address: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(address, {
        ...init,
        headers: { ...OURS, accept: 'application/json', 'content-type': 'application/json' },
        cache: 'no-store',
        signal: AbortSignal.timeout(5000),
      });
    } catch (cause) {
      throw unreached(cause, address);
    }
  }

  async function ask(): Promise<Session | null> {
    const answer = await call(path.session, {});
    if (answer.status === 204 || answer.status === 401) return null;
    if (!answer.ok) throw new PscError('server', `${answer.status}`);
    try {
      return host.read(await answer.json() as SessionDocument);
    } catch {
      throw new PscError('server', path.session);
    }
  }

  return {
    async find() {
      const here = new URL(location.href);
      const code = here.searchParams.get('psc_error');
      if (code) {
        here.searchParams.delete('psc_error');
        history.replaceState(history.state, '', here);
      }
      const session = await ask();
      return { session, why: 'restored', ...(code && { error: new PscError(known(code)) }) };
    },

    start({ returnTo, level, maxAge, means, mode }) {
      const address = new URL(path.login, location.href);
      const wishes = { return_to: returnTo, level, max_age: maxAge, means, mode, locale };
      for (const [name, value] of Object.entries(wishes)) {
        if (value !== undefined) address.searchParams.set(name, `${value}`);
      }
      return address.href;
    },

    heard({ type, error }) {
      if (type !== 'psc-callback') return;
      // The back end has ended the session that someone else answered for.
      if (error === 'other_person') host.changed(null, 'expired');
      if (error) return Promise.reject(new PscError(known(error)));
      return ask().then((session) => ({ session, why: 'login' }));
    },

    recheck: ask,

    async end({ local = false, returnTo }) {
      const answer = await call(path.logout, { method: 'POST', body: JSON.stringify({ local, return_to: returnTo }) });
      // Without a session there is nothing left to end.
      if (answer.status === 401) return null;
      if (!answer.ok) throw new PscError('server', `${answer.status}`);
      return (await answer.json() as { redirect?: string | null }).redirect ?? null;
    },

    async fetch(input, init) {
      const request = new Request(input, init);
      if (new URL(request.url).origin !== location.origin) return fetch(request);
      for (const [name, value] of Object.entries(OURS)) request.headers.set(name, value);
      const answer = await fetch(request);
      // The session may have ended behind our back: ask, rather than guess.
      if (answer.status === 401) ask().then((session) => session || host.changed(null, 'expired'), () => {});
      return answer;
    },

    async accessToken() {
      throw new PscError('not_available', 'the back end keeps the tokens');
    },
  };
}

/** A code out of an address that anyone can write. */
function known(code: string): PscErrorCode {
  return /^[a-z_]{1,40}$/.test(code) ? code as PscErrorCode : 'server';
}
