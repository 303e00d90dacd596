// The people and things of a test: programs of its own, a desk, a phone.
import { test as base, devices, expect } from '@playwright/test';

import { atDesk } from './desk.js';
import { onPhone } from './phone.js';
import { watch } from './policy.js';
import { startPrograms } from './programs.js';

const { defaultBrowserType: _, ...PIXEL } = devices['Pixel 7'];

/** A doctor with two activities, from the sandbox's directory. */
export const DOCTOR = { id: '899700990015', name: 'LANTERNIER' };

export const test = base.extend({
  /** What an integrator tells the sandbox: services of their own, a certificate. */
  sandbox: [{}, { option: true }],

  programs: async ({ sandbox }, use, info) => {
    const programs = await startPrograms(sandbox);
    await use(programs);
    if (info.status !== info.expectedStatus) {
      await info.attach('programs.log', { body: programs.log(), contentType: 'text/plain' });
    }
    await programs.stop();
  },

  /** Opens a browser of its own for somebody; what it must not do is checked. */
  openBrowser: async ({ browser }, use) => {
    const opened = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ locale: 'fr-FR', ...options });
      opened.push({ context, faults: await watch(context) });
      return context;
    });
    for (const { context, faults } of opened) {
      await context.close();
      expect(faults).toEqual([]);
    }
  },

  desk: async ({ openBrowser, programs }, use) => {
    const context = await openBrowser();
    await use(atDesk(await context.newPage(), programs));
  },

  phone: async ({ openBrowser }, use) => {
    const context = await openBrowser(PIXEL);
    await use(onPhone(await context.newPage()));
  },
});

export { expect, PIXEL };
