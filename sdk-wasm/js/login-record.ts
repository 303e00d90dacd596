/**
 * Logins that were started and not yet answered, keyed by `state`.
 *
 * They live in local storage, not in that of the tab: a phone may come back
 * from the e-CPS in another tab. Two tabs never overwrite one another, each is
 * used once, and each is dead after ten minutes (S02).
 */

import type { Level, Why } from './types.js';

export interface LoginRecord {
  at: number;
  nonce: string;
  verifier: string;
  returnTo: string;
  popup: boolean;
  why: Why;
  /** Who must answer, when this is a step-up. */
  subject?: string;
  level?: Level;
  maxAge?: number;
}

const PREFIX = 'psc.login.';
const LIFE = 600_000;

/** Keeps a login until it is answered, and sweeps those that never were. */
export function keep(state: string, record: LoginRecord): void {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX) && !isAlive(parse(localStorage.getItem(key)))) localStorage.removeItem(key);
  }
  localStorage.setItem(PREFIX + state, JSON.stringify(record));
}

/** What stands under that state: a login, `'used'` when it is spent or dead, or nothing. */
export function peek(state: string): LoginRecord | 'used' | undefined {
  const text = localStorage.getItem(PREFIX + state);
  if (!text) return undefined;
  const record = parse(text);
  return record && isAlive(record) && record.verifier ? record : 'used';
}

/** Takes a login, once; a mark stays so that a second use is known for what it is. */
export function take(state: string): LoginRecord | undefined {
  const record = peek(state);
  if (!record || record === 'used') return undefined;
  localStorage.setItem(PREFIX + state, JSON.stringify({ at: record.at }));
  return record;
}

function isAlive(record: LoginRecord | undefined): boolean {
  const age = Date.now() - (record?.at ?? 0);
  return age >= -30_000 && age <= LIFE;
}

function parse(text: string | null): LoginRecord | undefined {
  try {
    return JSON.parse(text ?? '') as LoginRecord;
  } catch {
    return undefined;
  }
}
