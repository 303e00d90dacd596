/** The same interface without a network: for the tests of a service. */

import { PscError, isPscError } from './errors.js';
import { isEnough, readSession, type SessionDocument } from './session.js';
import type { Level, LoginOptions, LogoutOptions, Psc, PscErrorCode, PscEvents, Session, Why } from './types.js';

export { PscError, isPscError };

/** What the test gives. */
export interface Mock {
  /** Who logs in; what is left out is invented. */
  person?: Partial<SessionDocument>;
  /** Whether that person is logged in when the page opens. */
  loggedIn?: boolean;
  /** The next logins fail with this code. */
  failure?: PscErrorCode;
  /** Answers `psc.fetch`. */
  fetch?: (request: Request) => Response | Promise<Response>;
}

const PERSON = {
  subject: 'f:00000000-0000-0000-0000-000000000000:899700990015',
  national_id: '899700990015',
  given_name: 'AURORE',
  family_name: 'LANTERNIER',
  level: 'eidas2',
  means: 'MOBILE',
} as const;

/** A client that a test commands; change `mock` at any time. */
export function createPsc({ mock }: { mock: Mock }): MockPsc {
  return new MockClient(mock);
}

/** A client with the levers of a test. */
export interface MockPsc extends Psc {
  readonly mock: Mock;
  /** Ends the session as its age would. */
  expire(): void;
}

class MockClient extends EventTarget implements MockPsc {
  readonly mock: Mock;
  session: Session | null | undefined;

  constructor(mock: Mock) {
    super();
    this.mock = mock;
  }

  async ready(): Promise<Session | null> {
    if (this.session === undefined) {
      this.session = null;
      if (this.mock.loggedIn) this.#change(this.#person(), 'restored');
    }
    return this.session;
  }

  prepare(): void {}

  async login({ level }: LoginOptions = {}): Promise<Session> {
    return this.#login(level, 'login');
  }

  async stepUp(level: Level, { maxAge }: LoginOptions = {}): Promise<Session> {
    const session = this.session;
    const isRecent = maxAge === undefined || (session && Date.now() - +session.authenticatedAt <= maxAge * 1000);
    return session && isEnough(session.level, level) && isRecent ? session : this.#login(level, 'step-up');
  }

  async logout(_options?: LogoutOptions): Promise<void> {
    this.#change(null, 'logout');
  }

  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    if (!this.mock.fetch) throw new PscError('not_available', 'mock.fetch');
    return this.mock.fetch(new Request(input, init));
  }

  async accessToken(): Promise<string> {
    if (!this.session) throw new PscError('login_required');
    return 'mock-access-token';
  }

  expire(): void {
    this.#change(null, 'expired');
  }

  #login(level: Level | undefined, why: Why): Session {
    if (this.mock.failure) {
      const error = new PscError(this.mock.failure);
      this.#dispatch('error', error);
      throw error;
    }
    const session = this.#person(level);
    this.#change(session, why);
    return session;
  }

  #person(level?: Level): Session {
    const now = Math.floor(Date.now() / 1000);
    const person = readSession({ ...PERSON, authenticated_at: now, expires_at: now + 4 * 3600, ...this.mock.person });
    return level && !isEnough(person.level, level) ? { ...person, level } : person;
  }

  #change(session: Session | null, why: Why): void {
    this.session = session;
    this.#dispatch('session', { session, why });
  }

  #dispatch<K extends keyof PscEvents>(type: K, detail: PscEvents[K]['detail']): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
