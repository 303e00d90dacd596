// What the script adds to pages that work without it: the button, and news of
// other tabs. No token ever comes here.

import { createPsc } from '/openpsc/index.js';
import '/openpsc/button.js';

const psc = createPsc({ server: '/psc', locale: document.documentElement.lang });
const button = document.querySelector('psc-login-button');
const loggedIn = !button;
if (button) button.psc = psc;

// The server writes the pages: when who is logged in changes, ask it again.
psc.addEventListener('session', ({ detail }) => {
  if (Boolean(detail.session) === loggedIn) return;
  location.replace(loggedIn ? '/' : location.pathname);
});
psc.ready().catch(() => { /* The button says it, or the page already does. */ });

// With the script, sibling tabs hear of the logout at once.
document.querySelector('.account form')?.addEventListener('submit', (event) => {
  event.preventDefault();
  const local = event.submitter?.value === 'true';
  psc.logout({ local, returnTo: '/' }).then(() => location.replace('/'), () => location.reload());
});

// A logout comes back with a `state` that is of no more use.
const address = new URL(location.href);
if (address.searchParams.has('state')) {
  address.searchParams.delete('state');
  history.replaceState(history.state, '', address);
}

const locale = document.documentElement.lang === 'en' ? 'en-GB' : 'fr-FR';
for (const time of document.querySelectorAll('time[data-seconds]')) {
  const date = new Date(Number(time.dataset.seconds) * 1000);
  time.textContent = date.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });
}

// A menu closes like a menu.
addEventListener('keydown', ({ key }) => {
  const menu = document.querySelector('.account[open]');
  if (key !== 'Escape' || !menu) return;
  menu.open = false;
  menu.querySelector('summary').focus();
});
