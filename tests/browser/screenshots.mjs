// SPDX-License-Identifier: Apache-2.0
//
// Takes the pictures of the documentation from the running thing: node screenshots.mjs DIR
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { openBrowser, openPage } from './support/browser.mjs';
import { settle, waitUntil } from './support/film.mjs';
import { TITLE, openHouse } from './support/house.mjs';

const SDH = { 'primrose.preferences': JSON.stringify({ text: 'en/SDH' }) };

const pictures = [
  { name: 'browse', path: '/', ready: (page) => page.getByText('All titles').waitFor() },
  {
    name: 'title',
    path: `/title/${TITLE}`,
    options: { colorScheme: 'light' },
    ready: (page) => page.getByText('Audio and subtitles').waitFor(),
  },
  {
    name: 'player',
    path: `/watch/${TITLE}?t=19`,
    ready: async (page) => {
      await waitUntil(page, 21);
      await page.keyboard.press('k');
      await settle(page);
      const box = await page.getByRole('slider', { name: 'Seek' }).boundingBox();
      await page.mouse.move(box.x + box.width * 0.83, box.y + box.height / 2);
      await page.locator('.preview-tile').waitFor();
    },
  },
];

const out = process.argv[2];
if (!out) {
  console.error('usage: node screenshots.mjs DIR');
  process.exit(2);
}
mkdirSync(out, { recursive: true });
const house = await openHouse();
const browser = await openBrowser();
try {
  for (const { name, path: at, ready, options } of pictures) {
    const page = await openPage(browser, { colorScheme: 'dark', ...options }, []);
    await page.addInitScript((kept) => Object.assign(localStorage, kept), SDH);
    await page.goto(house.url + at);
    await ready(page);
    await page.waitForLoadState('networkidle');
    await page.screenshot({ path: path.join(out, `${name}.jpg`), type: 'jpeg', quality: 86 });
    await page.context().close();
  }
} finally {
  await browser.close();
  await house.close();
}
