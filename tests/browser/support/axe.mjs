// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a page for somebody: violations of WCAG 2.2 AA that axe-core knows of, and
// whatever runs out of the screen's side.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

// What a change of theme alone can break.
export const COLOURS = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };

export async function violations(page, only = tags) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), only);
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}

export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

export async function pageFaults(page, only = tags) {
  const wide = await overflow(page);
  return [...(await violations(page, only)), ...(wide > 0 ? [`${wide} px too wide`] : [])];
}
