// The whole of logging in, browser-kept: a client, a button, and what follows.
//
// The real Pro Santé Connect registers services with a server only; this way is
// for those that have none. See the agenda for the other, recommended one.

import { createPsc, sentence } from '/openpsc/index.js';
import '/openpsc/button.js';
import '/openpsc/activity-picker.js';
import { agenda, clientId, issuer } from '/config.js';
import { showRecord } from '/record.js';
import { language, locale, say, speak, switchLanguage } from '/texts.js';

// `?popup` shows the login in a window, which ends on a page of its own.
const popup = new URLSearchParams(location.search).has('popup');
const psc = createPsc({
  issuer,
  clientId,
  redirectUri: popup ? '/callback.html' : '/',
  mode: popup ? 'popup' : 'redirect',
  locale: language(),
  // The access token goes to these origins and to no other.
  apis: [location.origin],
  // After a reload, one round trip to the provider instead of a login.
  restore: true,
});

const $ = (id) => document.getElementById(id);
const button = document.querySelector('psc-login-button');
const picker = document.querySelector('psc-activity-picker');
button.psc = psc;
$('agenda').href = agenda;

psc.addEventListener('session', ({ detail }) => show(detail.session));
psc.addEventListener('error', ({ detail }) => showFailure(detail));
psc.addEventListener('expiring', () => { showFailure(null, say('expiring')); });
picker.addEventListener('psc-activity', ({ detail }) => {
  $('activity').textContent = detail.place;
  $('to-choose').hidden = true;
  $('validate').disabled = false;
  // Until this person's tab is closed: a real service keeps it in its database.
  sessionStorage.setItem('activity', JSON.stringify([psc.session.subject, psc.session.activities.indexOf(detail)]));
});
// An explicit click ends the session everywhere; leaving one service does not.
$('logout').addEventListener('click', () => psc.logout().catch(showFailure));
$('leave').addEventListener('click', () => psc.logout({ local: true }).catch(showFailure));

// Validating wants a login by the e-CPS at least, less than a minute old. The
// page leaves for it and comes back, so what was wanted is remembered.
$('validate').addEventListener('click', async () => {
  sessionStorage.setItem('wanted', 'validate');
  try {
    await psc.stepUp('eidas2', { maxAge: 60 });
    validate();
  } catch { /* The `error` event has told it. */ }
});

function validate() {
  sessionStorage.removeItem('wanted');
  $('validation').textContent = say('validated', `${psc.session.givenName} ${psc.session.familyName}`);
  $('validation').classList.add('done');
  $('validate').hidden = true;
}

async function show(session) {
  for (const part of document.querySelectorAll('.logged-in')) part.hidden = !session;
  for (const part of document.querySelectorAll('.logged-out')) part.hidden = Boolean(session);
  button.hidden = Boolean(session);
  if (!session) {
    showRecord(null);
    return;
  }
  $('failure').hidden = true;
  showPerson(session);
  // Somebody with several activities acts in one of them, and says which.
  $('validate').disabled = session.activities.length > 1;
  $('to-choose').hidden = !$('validate').disabled;
  picker.session = session;
  const [person, chosen] = JSON.parse(sessionStorage.getItem('activity') ?? '[]');
  if (person === session.subject) picker.activity = session.activities[chosen];
  try {
    const answer = await psc.fetch('/api/patient');
    if (answer.ok) showRecord(await answer.json());
    else showFailure(null, say('noRecord'));
  } catch (error) {
    showFailure(error);
  }
}

function showPerson(session) {
  const time = (date) => date.toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit' });
  const { level, means } = session;
  $('person').textContent = `${session.givenName} ${session.familyName}`;
  $('national-id').textContent = session.nationalId;
  $('level').textContent = say(level ?? 'notStated');
  $('means').textContent = means ? say(means) : say('notStated');
  $('since').textContent = time(session.authenticatedAt);
  $('until').textContent = time(session.expiresAt);
  $('claims').textContent = JSON.stringify(session.claims, null, 2);
}

function showFailure(error, text = sentence(error, language())) {
  if (error?.code === 'cancelled') return;
  // Without a session the button itself says it.
  if (!psc.session) return;
  $('failure').textContent = text;
  $('failure').hidden = false;
}

$('language').addEventListener('click', () => {
  switchLanguage();
  location.reload();
});
speak();

// Ends a login that comes back here, or finds the session that stands.
const session = await psc.ready().catch(() => null);
if (!session) await show(null);
const fresh = session && Date.now() - session.authenticatedAt < 60_000;
if (fresh && sessionStorage.getItem('wanted') === 'validate') validate();
else sessionStorage.removeItem('wanted');
