// The other engine: one login, whole.
import { DOCTOR, expect, test } from './scene/index.js';
import { startFirefox } from './scene/firefox.js';
import { simulatePhone } from './scene/simulated-phone.js';

test('a login in Firefox by typing the number on the phone', async ({ programs }) => {
  const phone = await simulatePhone(programs, DOCTOR.id);
  const firefox = await startFirefox();
  try {
    await firefox.goto(`${programs.agenda}/`);
    await firefox.until(() => firefox.evaluate(
      'const button = document.querySelector("psc-login-button")?.shadowRoot?.querySelector("button"); button?.click(); return Boolean(button);',
    ));
    await firefox.until(async () => (await firefox.url()).includes('/login/'));
    await firefox.fill('#national_id', DOCTOR.id);
    await firefox.click('form[action$="/ecps/push"] button');
    expect(await firefox.text('.number [aria-hidden]')).toMatch(/^\d\d$/);
    await phone.approve();
    await firefox.until(async () => (await firefox.url()).startsWith(programs.agenda));
    expect(await firefox.text('aside .card .name')).toContain(DOCTOR.name);
  } finally {
    await firefox.close();
  }
});
