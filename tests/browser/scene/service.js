// The two demo services, as a professional uses them.
import { expect } from '@playwright/test';

/** What both have in common. */
function service(page, home, parts) {
  return {
    page,
    home,
    ...parts,
    open: (path = '/') => page.goto(`${home}${path}`),
    button: page.locator('psc-login-button').getByRole('button'),

    /** From the service's first page to the provider's. */
    async askLogin() {
      await page.goto(`${home}/`);
      await this.button.click();
      await page.waitForURL(/\/login\//);
    },

    /** Nobody is logged in, and the button says so. */
    async greetsNobody() {
      await expect(this.button).toBeVisible();
      await expect(parts.person).toBeHidden();
    },

    async greets(name) {
      await expect(parts.person).toContainText(name);
      expect(new URL(page.url()).origin).toBe(home);
    },
  };
}

/** The agenda: its back end keeps the tokens. */
export function agenda(page, programs) {
  return service(page, programs.agenda, {
    person: page.locator('aside .card .name'),
    nationalId: page.locator('aside .card dd').first(),
    level: page.locator('aside .level'),
    claims: page.locator('.claims pre'),
    async logOut() {
      await page.locator('.account summary').click();
      await page.locator('.account button[value=false]').click();
    },
    async leave() {
      await page.locator('.account summary').click();
      await page.locator('.account button[value=true]').click();
    },
  });
}

/** The patient file: its page keeps the tokens. */
export function dossier(page, programs) {
  return service(page, programs.dossier, {
    person: page.locator('#person'),
    nationalId: page.locator('#national-id'),
    level: page.locator('#level'),
    claims: page.locator('#claims'),
    logOut: () => page.locator('#logout').click(),
    leave: () => page.locator('#leave').click(),
  });
}
