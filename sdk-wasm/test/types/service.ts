/** How a strict service uses the types; what must not compile says so. */

import { createPsc, isPscError, sentence, type Level, type Psc, type Session } from '@openpsc/sdk';
import { PscLoginButton } from '@openpsc/sdk/button';
import { PscActivityPicker } from '@openpsc/sdk/activity-picker';
import { wasm } from '@openpsc/sdk/inline';
import { createPsc as createMock } from '@openpsc/sdk/mock';

const server: Psc = createPsc({ server: '/psc', level: 'eidas2' });
const elsewhere = createPsc({ server: { session: '/s', login: '/l', logout: '/o' }, mode: 'popup', locale: 'en' });
const browser = createPsc({ issuer: 'https://psc.example', clientId: 'demo', apis: ['https://api.example'], wasm });

// @ts-expect-error a client is one of the two ways
createPsc({ level: 'eidas2' });
// @ts-expect-error the issuer goes with a client
createPsc({ issuer: 'https://psc.example' });
// @ts-expect-error there is no such level
createPsc({ server: '/psc', level: 'eidas4' });
// @ts-expect-error a session is read, never written
server.session = null;

server.addEventListener('session', ({ detail }) => {
  const session: Session | null = detail.session;
  const why: 'login' | 'restored' | 'step-up' | 'logout' | 'expired' | 'other-tab' = detail.why;
  return [session, why];
});
server.addEventListener('expiring', ({ detail }) => detail.at.getTime(), { once: true });
server.addEventListener('error', ({ detail }) => sentence(detail, 'fr').length);
// @ts-expect-error an error has a known code
server.addEventListener('error', ({ detail }) => detail.code === 'oops');

export async function useSession(): Promise<string[]> {
  const session = await elsewhere.ready();
  if (!session) return [];
  const level: Level | null = session.level;
  const places: string[] = session.activities.map(({ place, activity }) => place || (activity?.numeroFinessSite ?? ''));
  const code: string | undefined = session.claims.SubjectRefPro?.exercices?.[0]?.codeProfession;
  // @ts-expect-error professional data may be absent
  session.claims.SubjectRefPro.exercices;
  return [level ?? '', code ?? '', ...places];
}

export async function useErrors(): Promise<void> {
  try {
    await browser.stepUp('eidas3', { maxAge: 60, signal: AbortSignal.timeout(1000) });
  } catch (error) {
    if (isPscError(error, 'level_too_low')) console.warn(error.detail?.length, error.remedy === 'login');
  }
}

const mock = createMock({ mock: { loggedIn: true, person: { level: 'eidas3' }, failure: 'popup_blocked' } });
delete mock.mock.failure;
mock.expire();

const button = document.querySelector('psc-login-button');
if (button instanceof PscLoginButton) button.psc = mock;
const picker = new PscActivityPicker();
picker.session = mock.session ?? null;
