// The e-CPS app in a hand.
import { expect } from '@playwright/test';

export const PIN = '482913';

/** The app in one tab of a phone, or of the computer itself. */
export function onPhone(page) {
  const id = (name) => page.getByTestId(name);

  return {
    page,
    id,

    /** Waits for a screen, by its name. */
    sees: (screen) => expect(id(`screen-${screen}`)).toBeVisible(),

    async type(digits) {
      for (const digit of digits) await id(`digit-${digit}`).click();
    },

    /** Follows the portal's link and chooses a PIN; the check value. */
    async claim(link, pin = PIN) {
      await page.goto(link);
      await this.sees('pin-new');
      await this.type(pin);
      await this.sees('pin-again');
      await this.type(pin);
      await this.sees('check-value');
      return id('check-value').getAttribute('data-value');
    },

    /** Opens the request that waits, as shown on the list. */
    async openRequest() {
      await id('request-card').first().click();
    },

    /** Types the number, where there is one, then the PIN, and says yes. */
    async approve({ number, pin = PIN } = {}) {
      if (number) {
        await this.sees('request-number');
        await this.type(number);
      }
      await this.sees('request-pin');
      await this.type(pin);
      await id('approve').click();
    },

    deny: (why) => id(`deny-${why}`).click(),
    leave: () => id('onwards').click(),
  };
}

/** Enrols `phone` for somebody through the portal shown at `desk`. */
export async function enrol(desk, phone, nationalId) {
  const link = await desk.startEnrolment(nationalId);
  const value = await phone.claim(link);
  await desk.sees('pin_set');
  expect(await desk.checkValue()).toBe(value);
  await desk.confirmPhone();
  await desk.sees('active');
  await phone.sees('outcome');
  await phone.leave();
  await phone.sees('home');
}
