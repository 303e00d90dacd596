/** The one kind of error that the SDK throws. */

import type { PscError as Shape, PscErrorCode, Remedy } from './types.js';

const REMEDIES: Partial<Record<PscErrorCode, Remedy>> = {
  configuration: 'configure', wasm_blocked: 'configure', discovery: 'configure', issuer_mismatch: 'configure',
  not_available: 'configure', unsupported: 'contact', clock_skew: 'contact', token_rejected: 'contact',
  state_mismatch: 'login', nonce_mismatch: 'login', level_too_low: 'login', access_denied: 'login',
  other_person: 'login', login_required: 'login', card_unavailable: 'login',
};

/** An error with a stable code. Its message is for the console; people read the element's catalogue. */
export class PscError extends Error implements Shape {
  readonly code: PscErrorCode;
  readonly remedy: Remedy;
  readonly detail?: string;

  constructor(code: PscErrorCode, detail?: string) {
    super(detail ? `${code}: ${detail}` : code);
    this.name = 'PscError';
    this.code = code;
    this.remedy = REMEDIES[code] ?? 'retry';
    if (detail) this.detail = detail;
  }
}

/** Whether a caught value is ours and, when asked, has that code. */
export function isPscError(value: unknown, code?: PscErrorCode): value is PscError {
  return value instanceof Error && value.name === 'PscError' && (!code || (value as PscError).code === code);
}

/** What a failed `fetch` means: too late, given up, or no network. */
export function unreached(cause: unknown, what: string): PscError {
  const name = (cause as Error | undefined)?.name;
  return new PscError(name === 'TimeoutError' ? 'timeout' : name === 'AbortError' ? 'cancelled' : 'network', what);
}
