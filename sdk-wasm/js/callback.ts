/**
 * The page that a popup comes back to, browser-kept: it hands the answer to the
 * window that opened it, and closes.
 *
 * It speaks through a channel of this origin, because a provider that isolates
 * its windows cuts `opener`. The answer holds a code, which is worth nothing
 * without the verifier that the other window keeps.
 */

const query = globalThis.location?.search.slice(1) ?? '';
const state = new URLSearchParams(query).get('state');

if (state && localStorage.getItem(`psc.login.${state}`)) {
  history.replaceState(null, '', location.pathname);
  const channel = new BroadcastChannel('psc');
  channel.onmessage = ({ data }) => {
    if (data?.type === 'psc-taken' && data.state === state) close();
  };
  channel.postMessage({ type: 'psc-answer', state, query });
}

export {};
