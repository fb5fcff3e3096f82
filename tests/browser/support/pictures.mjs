// SPDX-License-Identifier: Apache-2.0
//
// Pictures for the documentation, of what a test has before it: PRIMROSE_PICTURES names their folder.
import path from 'node:path';

const folder = process.env.PRIMROSE_PICTURES;

export const wantsPictures = folder !== undefined;

// The page from its top, as much as fits the window; {fullPage: true} is all of it.
export async function picture(page, name, options = {}) {
  if (!folder) return;
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForLoadState('networkidle');
  const at = path.join(folder, `${name}.jpg`);
  await page.screenshot({ path: at, type: 'jpeg', quality: 86, ...options });
}
