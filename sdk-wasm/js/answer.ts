/** The answer that the provider puts into the address of the page that it comes back to. */

import { peek } from './login-record.js';

export interface Answer {
  query: string;
  state: string;
}

/** Takes the answer out of the address bar, when it is one to a login of ours (S06). */
export function answerHere(redirectUri: string, issuer: string): Answer | undefined {
  const here = new URL(location.href);
  const asked = here.searchParams;
  const state = asked.get('state');
  const registered = new URL(redirectUri);
  if (!state || here.origin + here.pathname !== registered.origin + registered.pathname) return undefined;
  const isAnswer = asked.has('code') || asked.has('error');
  if (!peek(state) && !(isAnswer && asked.get('iss') === issuer)) return undefined;
  const query = here.search.slice(1);
  // S04: nothing of the answer stays in the address bar or in the history.
  for (const name of ['state', 'code', 'iss', 'error', 'error_description', 'error_uri', 'session_state']) {
    asked.delete(name);
  }
  history.replaceState(history.state, '', here);
  return { query, state };
}

/** Hands the answer to the window that opened this one; false when it is not there any more. */
export function relayed({ query, state }: Answer, clientId: string): Promise<boolean> {
  return new Promise((resolve) => {
    const channel = new BroadcastChannel('psc');
    const done = (taken: boolean): void => {
      channel.close();
      resolve(taken);
    };
    setTimeout(done, 1000, false);
    channel.onmessage = ({ data }) => data?.type === 'psc-taken' && data.state === state && done(true);
    channel.postMessage({ type: 'psc-answer', of: clientId, state, query });
  });
}
