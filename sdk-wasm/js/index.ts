/**
 * `createPsc`: one client of one provider, in either way of keeping tokens.
 *
 * Importing this does nothing, on a server too; `createPsc` does no I/O. What
 * browser-kept needs is fetched only by those who use it.
 */

import { PscError, isPscError, unreached } from './errors.js';
import type { Found, Host, Keeper, Message, Wish } from './keeper.js';
import { isPhone, openPopup, whenAbandoned } from './popup.js';
import { serverKept } from './server-kept.js';
import { isEnough, isLevel, readSession } from './session.js';
import type {
  Level, LoginOptions, LogoutOptions, Psc, PscOptions, Session, Why,
} from './types.js';

export { PscError, isPscError };
export { sentence } from './catalogue.js';
export type * from './types.js';

/** One client. Does no I/O, and is safe on a server. */
export function createPsc(options: PscOptions): Psc {
  if (!options || !('server' in options || 'issuer' in options)) {
    throw new PscError('configuration', 'server, or issuer and clientId');
  }
  return new Client(options);
}

/** A minute before the end. */
const WARNING = 60_000;

class Client extends EventTarget implements Psc {
  #options: PscOptions;
  #session: Session | null | undefined;
  #opening: Promise<Session | null> | undefined;
  #keeper: Keeper | undefined;
  #loading: Promise<Keeper> | undefined;
  #channel: BroadcastChannel | undefined;
  /** Settles the login whose window is open. */
  #waiting: ((answer: Promise<Found>) => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #warned = 0;
  #asked = 0;

  constructor(options: PscOptions) {
    super();
    this.#options = options;
  }

  get session(): Session | null | undefined {
    return this.#session;
  }

  ready(): Promise<Session | null> {
    return (this.#opening ??= within(this.#open(), 5000));
  }

  prepare(): void {
    this.#with((keeper) => keeper.prepare?.());
  }

  login(options: LoginOptions = {}): Promise<Session> {
    return this.#login(options, 'login');
  }

  stepUp(level: Level, options: LoginOptions = {}): Promise<Session> {
    const { maxAge } = options;
    const session = this.#session;
    if (session && isEnough(session.level, level)
      && (maxAge === undefined || Date.now() - +session.authenticatedAt <= maxAge * 1000)) {
      return Promise.resolve(session);
    }
    return this.#login({ ...options, level }, 'step-up');
  }

  async logout({ local = false, returnTo = '/' }: LogoutOptions = {}): Promise<void> {
    const path = ownPath(returnTo);
    const keeper = await this.#load();
    const address = await keeper.end({ local, returnTo: path });
    this.#change(null, 'logout');
    this.#tell({ type: 'psc-session', on: false });
    if (address && !local) {
      location.assign(address);
      await leaving();
    }
  }

  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    return (await this.#settled()).fetch(input, init);
  }

  async accessToken(): Promise<string> {
    return (await this.#settled()).accessToken();
  }

  /** The keeper, once a login that is coming back has ended. */
  async #settled(): Promise<Keeper> {
    await this.#opening?.catch(() => {});
    return this.#load();
  }

  #key(): string {
    const options = this.#options;
    return 'issuer' in options ? options.clientId
      : typeof options.server === 'string' ? options.server : options.server.session;
  }

  /** The keeper of the tokens, loaded once. */
  #load(): Promise<Keeper> {
    return (this.#loading ??= this.#make().then((keeper) => (this.#keeper = keeper), (error: unknown) => {
      this.#loading = undefined;
      throw error;
    }));
  }

  async #make(): Promise<Keeper> {
    const options = this.#options;
    const host: Host = {
      failure: (code, detail) => new PscError(code, detail),
      unreached,
      read: readSession,
      changed: (session, why) => this.#change(session, why),
      tell: (message) => this.#tell(message),
    };
    if (!('issuer' in options)) return serverKept(options.server, options.locale, host);
    const { browserKept } = await import('./browser.js').catch((cause: unknown) => {
      throw unreached(cause, 'browser.js');
    });
    return browserKept(options, host);
  }

  /** Does something with the keeper, and leaves failures to those who wait for them. */
  #with(run: (keeper: Keeper) => void): void {
    this.#load().then(run).catch(() => {});
  }

  async #open(): Promise<Session | null> {
    this.#listen();
    try {
      const keeper = await this.#load();
      const { session, why, error } = await keeper.find();
      this.#asked = Date.now();
      // A login that ended meanwhile knows better.
      if (this.#session) return this.#session;
      if (session) this.#change(session, why);
      else this.#session = null;
      if (error) throw error;
      if (session && why !== 'restored') this.#tell({ type: 'psc-session', on: true });
      return session;
    } catch (error) {
      this.#session ??= null;
      throw this.#report(error);
    }
  }

  #login(options: LoginOptions, why: Why): Promise<Session> {
    let wish: Wish;
    const { level = this.#options.level, mode = this.#options.mode ?? 'redirect', signal } = options;
    try {
      if (level && !isLevel(level)) throw new PscError('configuration', 'level');
      if (mode === 'popup' && typeof BroadcastChannel === 'undefined') throw new PscError('unsupported', 'BroadcastChannel');
      signal?.throwIfAborted();
      const returnTo = ownPath(options.returnTo ?? location.href);
      wish = { ...options, returnTo, why, ...(level && { level }), mode: isPhone() ? 'redirect' : mode };
    } catch (error) {
      return Promise.reject(isPscError(error) ? error : new PscError('cancelled'));
    }
    this.#listen();
    // Nothing may be awaited before the window opens: a browser that sees a
    // pause between the click and the window blocks it.
    const address = this.#keeper ? attempt(this.#keeper, wish) : this.#load().then((keeper) => keeper.start(wish));
    return this.#leave(wish, address).catch((error: unknown) => { throw this.#report(error); });
  }

  async #leave(wish: Wish, address: string | Promise<string>): Promise<Session> {
    if (wish.mode === 'redirect') {
      wish.window?.close();
      location.assign(await address);
      return leaving();
    }
    const popup = openPopup(address, wish.window);
    if (!popup) {
      Promise.resolve(address).catch(() => {});
      throw new PscError('popup_blocked');
    }
    // Another click opens the same window again: the first login gives way.
    this.#waiting?.(Promise.reject(new PscError('cancelled')));
    let settle: ((answer: Promise<Found>) => void) | undefined;
    let stop = (): void => {};
    try {
      const found = await new Promise<Found>((resolve, reject) => {
        this.#waiting = settle = (answer) => answer.then(resolve, reject);
        Promise.resolve(address).catch(reject);
        stop = whenAbandoned(popup, () => reject(new PscError('popup_closed')));
        wish.signal?.addEventListener('abort', () => {
          popup.close();
          reject(new PscError('cancelled'));
        }, { once: true });
      });
      if (!found.session) throw new PscError('login_required');
      return found.session;
    } finally {
      stop();
      if (this.#waiting === settle) this.#waiting = undefined;
    }
  }

  /** Hears other windows, and looks again when this one wakes up. */
  #listen(): void {
    if (this.#channel || typeof BroadcastChannel === 'undefined') return;
    const connect = (): void => {
      this.#channel = new BroadcastChannel('psc');
      this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
    };
    connect();
    // An open channel would keep this page out of the back/forward cache.
    addEventListener('pagehide', () => this.#channel?.close());
    addEventListener('pageshow', ({ persisted }) => {
      if (!persisted) return;
      connect();
      this.#recheck();
    });
    // Somebody looks at this page again: the logout may have been elsewhere.
    for (const type of ['visibilitychange', 'focus']) {
      addEventListener(type, () => {
        if (document.visibilityState === 'visible' && Date.now() - this.#asked > 5000) this.#recheck();
      });
    }
  }

  #hear(message: Message): void {
    if (!message || (message.of && message.of !== this.#key())) return;
    if (message.type === 'psc-session' || (message.type === 'psc-callback' && !this.#waiting)) {
      return this.#recheck(message.on);
    }
    this.#with((keeper) => {
      const heard = keeper.heard?.(message);
      if (!heard) return;
      const done = heard.then((found) => {
        this.#change(found.session, found.why);
        this.#tell({ type: 'psc-session', on: true });
        return found;
      });
      if (this.#waiting) this.#waiting(done);
      // The window outlived our patience: the answer still counts.
      else done.catch((error: unknown) => this.#report(error));
    });
  }

  #recheck(on?: boolean): void {
    this.#asked = Date.now();
    this.#with((keeper) => {
      keeper.recheck(this.#session ?? null).then((session) => {
        if ((on && !session) || session?.subject !== this.#session?.subject) this.#change(session, 'other-tab');
      }, (error: unknown) => this.#report(error));
    });
  }

  #tell(message: Message): void {
    this.#channel?.postMessage({ of: this.#key(), ...message });
  }

  #change(session: Session | null, why: Why): void {
    this.#session = session;
    this.#dispatch('session', { session, why });
    this.#watch();
  }

  /** Counts down to the end of the session, not to that of each token. */
  #watch(): void {
    clearTimeout(this.#timer);
    const session = this.#session;
    if (!session) return;
    const at = session.expiresAt;
    const left = +at - Date.now();
    if (left <= 0) {
      this.#with((keeper) => {
        keeper.recheck(session).then((still) => {
          if (!still || +still.expiresAt <= Date.now()) this.#change(null, 'expired');
          else this.#change(still, 'restored');
        }, () => this.#change(null, 'expired'));
      });
      return;
    }
    if (left <= WARNING && this.#warned !== +at) {
      this.#warned = +at;
      this.#dispatch('expiring', { at });
    }
    // Beyond 24 days a timer would fire at once.
    this.#timer = setTimeout(() => this.#watch(), Math.min(left > WARNING ? left - WARNING : left, 2 ** 31 - 1));
  }

  #report(cause: unknown): PscError {
    const error = isPscError(cause) ? cause : new PscError('configuration', `please report this: ${cause}`);
    if (error.code !== 'cancelled') this.#dispatch('error', error);
    return error;
  }

  #dispatch(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** A path of this origin, and nothing else (S05). */
function ownPath(returnTo: string): string {
  let address: URL | undefined;
  try {
    address = new URL(returnTo, location.href);
  } catch { /* Not even an address. */ }
  if (address?.origin !== location.origin) throw new PscError('configuration', 'returnTo');
  return address.pathname + address.search + address.hash;
}

/** A page that leaves waits here; when it comes back from the cache, it was cancelled. */
function leaving(): Promise<never> {
  return new Promise((_, reject) => {
    addEventListener('pageshow', ({ persisted }) => persisted && reject(new PscError('cancelled')));
  });
}

/** Settles in time; the work goes on, and its events still come. */
function within<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => {
      setTimeout(reject, milliseconds, new PscError('timeout', 'ready'));
    }),
  ]);
}

function attempt(keeper: Keeper, wish: Wish): string | Promise<string> {
  try {
    return keeper.start(wish);
  } catch (error) {
    return Promise.reject(error);
  }
}
