// From the wire's documents to a session, without a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isPscError, PscError, sentence } from '../dist/index.js';
import { createPsc } from '../dist/mock.js';

const logIn = (person) => createPsc({ mock: { person } }).login();
const activity = (raisonSocialeSite) => ({ raisonSocialeSite });

test('activities of every exercise are flattened for a choice', async () => {
  const { activities } = await logIn({
    claims: {
      sub: 's',
      SubjectRefPro: {
        exercices: [
          { codeProfession: '10', activities: [activity('CABINET'), activity('CLINIQUE')] },
          { codeProfession: '60', activities: [activity('')] },
          { codeProfession: '21' },
        ],
      },
    },
  });
  assert.deepEqual(
    activities.map(({ exercice, place, activity }) => [exercice.codeProfession, place, activity !== null]),
    [['10', 'CABINET', true], ['10', 'CLINIQUE', true], ['60', '', true], ['21', '', false]],
  );
});

test('a person without professional data has a session all the same', async () => {
  for (const claims of [undefined, null, { sub: 's' }, { sub: 's', SubjectRefPro: {} }, { sub: 's', SubjectRefPro: { exercices: [] } }]) {
    const session = await logIn({ claims });
    assert.deepEqual(session.activities, []);
    assert.equal(session.familyName, 'LANTERNIER');
  }
});

test('an empty text means absent', async () => {
  const session = await logIn({ means: '', claims: { sub: 's', given_name: '', family_name: 'DURAND' } });
  assert.equal(session.means, null);
  assert.equal(session.givenName, 'AURORE');
  assert.equal(session.familyName, 'DURAND');
});

test('a level that nobody knows is no level', async () => {
  for (const level of ['silver', '', null]) assert.equal((await logIn({ level })).level, null);
});

test('a level is an ordered minimum', async () => {
  const psc = createPsc({ mock: { loggedIn: true, person: { level: 'eidas2' } } });
  const session = await psc.ready();
  assert.equal(await psc.stepUp('eidas1'), session);
  assert.equal(await psc.stepUp('eidas2'), session);
  const higher = await psc.stepUp('eidas3');
  assert.equal(higher.level, 'eidas3');
  assert.notEqual(higher, session);
});

test('a session that is too old is renewed whatever its level', async () => {
  const longAgo = Math.floor(Date.now() / 1000) - 600;
  const psc = createPsc({ mock: { loggedIn: true, person: { level: 'eidas3', authenticated_at: longAgo } } });
  const session = await psc.ready();
  assert.equal(await psc.stepUp('eidas2', { maxAge: 601 }), session);
  assert.notEqual(await psc.stepUp('eidas2', { maxAge: 60 }), session);
});

test('every error has a sentence in both languages, and French is the default', () => {
  const codes = ['configuration', 'network', 'popup_blocked', 'login_required', 'server', 'level_too_low', 'not_available'];
  for (const code of codes) {
    const [french, english] = ['fr-FR', 'en-GB'].map((language) => sentence(new PscError(code), language));
    assert.ok(french.length > 10 && english.length > 10 && french !== english, code);
    assert.equal(sentence(new PscError(code), ''), french);
  }
});

test('an error is recognised by its code', () => {
  const error = new PscError('network', 'token');
  assert.ok(isPscError(error) && isPscError(error, 'network') && !isPscError(error, 'server'));
  assert.ok(!isPscError(new Error('network'), 'network') && !isPscError(null) && !isPscError('network'));
  assert.equal(error.message, 'network: token');
});

test('the mock tells what the real client would tell', async () => {
  const psc = createPsc({ mock: {} });
  const told = [];
  psc.addEventListener('session', ({ detail }) => told.push([detail.why, detail.session !== null]));
  psc.addEventListener('error', ({ detail }) => told.push([detail.code]));
  assert.equal(psc.session, undefined);
  assert.equal(await psc.ready(), null);
  await psc.login();
  await psc.logout();
  psc.mock.failure = 'access_denied';
  await assert.rejects(psc.login(), (error) => isPscError(error, 'access_denied'));
  assert.deepEqual(told, [['login', true], ['logout', false], ['access_denied']]);
});
