// What a machine can say about a page's accessibility.
import { expect } from '@playwright/test';
import axe from 'axe-core';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** axe finds nothing on the page as it stands. */
export async function expectAccessible(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(
    async (rules) => {
      const { violations } = await globalThis.axe.run(document, { runOnly: rules });
      return violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map((node) => node.target.join(' ')).join(', ')})`);
    },
    RULES,
  );
  expect(found, page.url()).toEqual([]);
}

/** Nothing sticks out to the right at this width. */
export async function expectFits(page, width) {
  await page.setViewportSize({ width, height: 800 });
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wider, `${page.url()} at ${width} px`).toBe(0);
}
