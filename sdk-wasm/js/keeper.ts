/** What the two ways of keeping tokens have in common. */

import type { PscError } from './errors.js';
import type { SessionDocument } from './session.js';
import type { LoginOptions, LogoutOptions, PscErrorCode, Session, Why } from './types.js';

/** A login as it is asked for, every path checked. */
export interface Wish extends LoginOptions {
  returnTo: string;
  mode: 'redirect' | 'popup';
  why: Why;
}

/** What was found when the page opened. */
export interface Found {
  session: Session | null;
  why: Why;
  /** How the login failed that came back with the page. */
  error?: PscError;
}

export interface Keeper {
  /** Ends a callback or finds the session. */
  find(): Promise<Found>;
  /** Loads what a login will need. */
  prepare?(): void;
  /** The address of a login: at once when everything is loaded. */
  start(wish: Wish): string | Promise<string>;
  /** A message of another window of this origin, when it concerns this way. */
  heard?(message: Message): Promise<Found> | undefined;
  /** Whether the session that this page knows still stands, here and at the provider. */
  recheck(session: Session | null): Promise<Session | null>;
  /** Ends the session here, and says where to end it at the provider. */
  end(options: LogoutOptions & { returnTo: string }): Promise<string | null>;
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  accessToken(): Promise<string>;
}

/** What windows of one origin tell one another. Tokens never are (S28). */
export interface Message {
  type: 'psc-callback' | 'psc-answer' | 'psc-taken' | 'psc-session';
  /** Which client of this origin is meant. */
  of?: string;
  /** Whether there is a session now. */
  on?: boolean;
  state?: string;
  query?: string;
  error?: PscErrorCode;
}

/** What a keeper asks of the client that owns it. */
export interface Host {
  failure(code: PscErrorCode, detail?: string): PscError;
  unreached(cause: unknown, what: string): PscError;
  read(document: SessionDocument): Session;
  /** The session changed without being asked. */
  changed(session: Session | null, why: Why): void;
  tell(message: Message): void;
}
