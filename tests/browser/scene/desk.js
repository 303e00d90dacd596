// A professional at a computer: the pages of the provider, as they see them.
import { expect } from '@playwright/test';

import { readQr } from './qr.js';

/** The pages of the provider in one tab. */
export function atDesk(page, programs) {
  const main = page.locator('main#main');
  const form = (end) => page.locator(`form[action$="${end}"]`);

  return {
    page,
    main,

    /** Waits for a login page, an enrolment or an outcome to be in this state. */
    sees: (state) => expect(main).toHaveAttribute('data-state', state),

    /** What the QR code on the screen says now, read from its pixels. */
    async readQr() {
      const code = page.locator('svg.qr');
      await expect(code.locator('path')).not.toHaveAttribute('d', '');
      let link = null;
      await expect(async () => {
        link = await readQr(code);
        expect(link).toContain(programs.app);
      }).toPass();
      return link;
    },

    /** Has the request sent to a phone; the two digits to type there. */
    async sendToPhone(nationalId) {
      await page.locator('#national_id').fill(nationalId);
      await form('/ecps/push').getByRole('button').click();
      return this.number();
    },

    number: () => page.locator('.number:not(.check) [aria-hidden]').innerText(),

    /** Opens the app on this same device; the new tab. */
    async openApp() {
      const opened = page.context().waitForEvent('page');
      await form('/ecps/link').getByRole('button').locator('visible=true').first().click();
      return opened;
    },

    /** Logs in at once as somebody invented, as integrators' tests do. */
    async chooseIdentity(nationalId) {
      const person = page.locator('.people li').filter({ hasText: nationalId });
      await person.getByRole('button').first().click();
    },

    cancel: () => form('/cancel').getByRole('button').click(),

    /** Starts an enrolment on the portal; the link that its code says. */
    async startEnrolment(nationalId) {
      await page.goto(`${programs.provider}/portal`);
      const person = page.locator('.people li').filter({ hasText: nationalId });
      await person.getByRole('button').first().click();
      await this.sees('waiting');
      return this.readQr();
    },

    /** The six digits to compare with the phone's. */
    checkValue: async () =>
      (await page.locator('.number.check [aria-hidden]').innerText()).replace(/\s/g, ''),

    confirmPhone: () => form('/confirm').getByRole('button').click(),
    refusePhone: () => form('/refuse').getByRole('button').click(),
  };
}
