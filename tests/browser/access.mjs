// SPDX-License-Identifier: Apache-2.0
//
// Every page in every state, in both themes, on a small phone and on a desktop: no violation that
// axe-core knows of WCAG 2.2 AA, and nothing that runs out of the screen's side.
import assert from 'node:assert/strict';

import { overflow, violations } from './support/axe.mjs';
import { openBrowser, openPage, whyNoBrowser } from './support/browser.mjs';
import { waitUntil } from './support/film.mjs';
import { TITLE, openEmptyHouse, openHouse } from './support/house.mjs';
import { run, test } from './support/tap.mjs';

const themes = ['dark', 'light'];
const sizes = [
  { width: 320, height: 640 },
  { width: 1280, height: 800 },
];
const huge = { width: 3840, height: 2160 };

let browser, house, empty;
const faults = [];

const heading = (name) => (page) => page.getByRole('heading', { name }).first().waitFor();
const open = (key, role, name) => async (page) => {
  await waitUntil(page, 0.2);
  await page.keyboard.press(key);
  await page.getByRole(role, { name }).waitFor();
};
const press = (name) => async (page) => {
  await waitUntil(page, 0.2);
  await page.keyboard.press('Tab');
  await page.getByRole('button', { name, exact: true }).click();
  await page.getByRole('dialog').waitFor();
};

// What is opened, what makes it the state it is named after, and (seldom) what is made to fail for
// it.
const pages = [
  { name: 'browse', path: '/', ready: heading('All titles') },
  { name: 'browse, nothing there', path: '/', isEmpty: true, ready: heading('No titles yet') },
  {
    name: 'browse, server silent',
    path: '/',
    block: '**/v1/titles',
    ready: heading('That did not work'),
  },
  { name: 'title', path: `/title/${TITLE}`, ready: heading('Scenes') },
  {
    name: 'operators, quality of experience',
    path: '/operators/qoe',
    ready: async (page) => {
      await heading('Quality of experience')(page);
      await page.getByRole('table').or(page.getByText('No session')).first().waitFor();
    },
  },
  { name: 'missing', path: '/title/no-such-title', ready: heading('There is no such page') },
  { name: 'player', path: `/watch/${TITLE}`, ready: open('Tab', 'slider', 'Seek') },
  { name: 'player, tracks', path: `/watch/${TITLE}`, ready: press('Audio and subtitles') },
  {
    name: 'player, how captions look',
    path: `/watch/${TITLE}`,
    ready: async (page) => {
      await press('Audio and subtitles')(page);
      await page.getByRole('button', { name: 'How subtitles look' }).click();
      await page.getByRole('dialog', { name: 'How subtitles look' }).waitFor();
    },
  },
  { name: 'player, settings', path: `/watch/${TITLE}`, ready: press('Settings') },
  {
    name: 'player, shortcuts',
    path: `/watch/${TITLE}`,
    ready: open('?', 'dialog', 'Keyboard shortcuts'),
  },
  {
    name: 'player, statistics',
    path: `/watch/${TITLE}`,
    ready: open('s', 'region', 'Statistics'),
  },
  {
    name: 'player, the end',
    path: `/watch/${TITLE}?t=44.5`,
    ready: (page) => page.getByText('The end').waitFor(),
  },
  {
    name: 'player, no film',
    path: `/watch/${TITLE}`,
    block: '**/media/**/*.{mpd,m3u8}',
    ready: (page) => page.getByRole('alert').waitFor(),
  },
];

async function visiting({ path, ready, isEmpty, block }, options, visit) {
  const page = await openPage(browser, { reducedMotion: 'reduce', ...options }, faults);
  try {
    if (block) await page.route(block, (route) => route.abort());
    await page.goto((isEmpty ? empty : house).url + path);
    await ready(page);
    await visit(page);
  } finally {
    await page.context().close();
  }
}

for (const state of pages)
  test(
    `${state.name}: no violation, nothing cut off`,
    async () => {
      for (const viewport of sizes)
        await visiting(state, { viewport }, async (page) => {
          for (const colorScheme of themes) {
            await page.emulateMedia({ colorScheme }); // motion is reduced: no colour fades
            const where = `${colorScheme}, ${viewport.width} px`;
            assert.deepEqual(await violations(page), [], where);
            assert.equal(await overflow(page), 0, where);
          }
        });
    },
    { timeoutMs: 90_000 },
  );

test('axe-core sees a fault where there is one', () =>
  visiting(pages[0], {}, async (page) => {
    await page.evaluate(() => document.querySelector('main').append(new Image()));
    assert.match((await violations(page)).join(), /image-alt/);
  }));

test('at 4K nothing is cut off, and the letters grow with the screen', async () => {
  for (const state of [pages[0], pages[3]])
    await visiting(state, { viewport: huge }, async (page) => {
      assert.equal(await overflow(page), 0);
      assert.ok(
        (await page.evaluate(() => parseFloat(getComputedStyle(document.body).fontSize))) >= 24,
      );
    });
});

test('whoever asks for less motion gets none', () =>
  visiting(pages[0], {}, async (page) => {
    const longest = await page.evaluate(() =>
      Math.max(
        ...[...document.querySelectorAll('*')]
          .flatMap((element) => getComputedStyle(element).transitionDuration.split(','))
          .map((duration) => parseFloat(duration)),
      ),
    );
    assert.equal(longest, 0);
  }));

test('the accent is readable: 4.5:1 in both themes', async () => {
  for (const colorScheme of themes)
    await visiting(pages[0], { colorScheme }, async (page) => {
      const ratios = await page.evaluate(() => {
        const canvas = new OffscreenCanvas(1, 1).getContext('2d');
        const luminance = (token) => {
          canvas.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(token);
          canvas.fillRect(0, 0, 1, 1);
          const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data]
            .map((byte) => byte / 255)
            .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ratio = (one, other) => {
          const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
          return (high + 0.05) / (low + 0.05);
        };
        const pairs = [
          ['--accent-ink', '--ground'],
          ['--on-accent', '--accent'],
          ['--ink', '--ground'],
          ['--ink-soft', '--raised'],
          ['--ink-faint', '--high'],
        ];
        return pairs.map(([one, other]) => ({
          pair: `${one} on ${other}`,
          ratio: ratio(one, other),
        }));
      });
      for (const { pair, ratio } of ratios)
        assert.ok(ratio >= 4.5, `${colorScheme}: ${pair} is ${ratio.toFixed(2)}`);
    });
});

test('no script error and no breach of the security policy in all of this', async () => {
  assert.deepEqual(faults, []);
});

await run({
  before: async () => {
    if (whyNoBrowser) return { skip: whyNoBrowser };
    house = await openHouse();
    empty = await openEmptyHouse();
    browser = await openBrowser();
    return {};
  },
  after: async () => {
    await browser?.close();
    await empty?.close();
    await house?.close();
  },
});
