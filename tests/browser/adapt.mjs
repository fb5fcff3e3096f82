// SPDX-License-Identifier: Apache-2.0
//
// The adaptive-bitrate rule in the browser: over a shaped link it is ours that decides, by what the
// link carries, and it remembers.
import assert from 'node:assert/strict';

import { openBrowser, openPage, whyNoBrowser } from './support/browser.mjs';
import { waitUntil } from './support/film.mjs';
import { TITLE, openHouse } from './support/house.mjs';
import { Link } from './support/link.mjs';
import { note, run, test } from './support/tap.mjs';

let browser, house, link, address;
const faults = [];

// What the player decided, from its own statistics: [{rung, rungs, words}] is all that they show.
async function statistics(page) {
  if ((await page.getByRole('region', { name: 'Statistics' }).count()) === 0)
    await page.keyboard.press('s');
  await page.getByText(/rung \d of \d/).waitFor();
  return page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll('.stats dl > div')].map((row) => [
        row.querySelector('dt').textContent,
        row.querySelector('dd').textContent,
      ]),
    ),
  );
}

async function rung(page) {
  const [, at, of] = /rung (\d+) of (\d+)/.exec((await statistics(page)).Picture);
  return { at: Number(at), of: Number(of) };
}

const kbps = (text) => {
  const [, number, unit] = /([\d.,]+) ?([kM])b/.exec(text);
  return Number(number.replace(',', '')) * (unit === 'M' ? 1000 : 1);
};

async function watching(visit, options = {}) {
  const page = await openPage(browser, options, faults);
  try {
    await page.goto(`${address}/watch/${TITLE}?t=0`);
    await waitUntil(page, 0.05);
    await visit(page);
  } finally {
    await page.context().close();
  }
}

test('the rule comes as WebAssembly, a few kilobytes, and the policy lets it run', () =>
  watching(async (page) => {
    await waitUntil(page, 0.2);
    const modules = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter(({ name }) => name.endsWith('.wasm'))
        .map(({ decodedBodySize }) => decodedBodySize),
    );
    assert.equal(modules.length, 1);
    assert.ok(modules[0] > 1000 && modules[0] < 16384, `${modules[0]} bytes`);
    assert.notEqual((await statistics(page)).Decision, '–');
  }));

test('a wide link: up to the top rung', async () => {
  link.set({ kbps: 20_000, delayMs: 20 });
  await watching(async (page) => {
    await page.keyboard.press('s');
    await page.getByText(/rung 4 of 4/).waitFor();
    const seen = await statistics(page);
    note(`${seen.Picture}; ${seen.Estimate}; ${seen.Decision}`);
  });
});

test(
  'a narrow link: the rung stays below what it carries, and the estimate is true',
  async () => {
    link.set({ kbps: 450, delayMs: 60 });
    await watching(async (page) => {
      await waitUntil(page, 8);
      const seen = await statistics(page);
      note(`${seen.Picture}; ${seen.Estimate}; ${seen.Decision}; stalls ${seen.Stalls}`);
      const { at } = await rung(page);
      assert.ok(at <= 2, `rung ${at} on 450 kb/s`);
      const estimate = kbps(seen.Estimate);
      assert.ok(estimate > 250 && estimate < 560, `${estimate} kb/s estimated of 450`);
      assert.equal(seen.Stalls, '0');
    });
  },
  { timeoutMs: 90_000, tries: 3 },
);

test(
  'a link that narrows: down before the buffer is gone',
  async () => {
    link.set({ kbps: 3_000, delayMs: 40 });
    await watching(async (page) => {
      await page.keyboard.press('s');
      await page.getByText(/rung [34] of 4/).waitFor();
      link.set({ kbps: 320 });
      await page.getByText(/rung [12] of 4/).waitFor({ timeout: 40_000 });
      assert.equal((await statistics(page)).Stalls, '0');
    });
  },
  { timeoutMs: 90_000, tries: 3 },
);

test('what was learnt of the link is where the next film begins', async () => {
  link.set({ kbps: 8_000, delayMs: 20 });
  await watching(async (page) => {
    await page.keyboard.press('s');
    await page.getByText(/rung 4 of 4/).waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('link', { name: 'Back to the title' }).click();
    const kept = await page.evaluate(
      () => JSON.parse(localStorage.getItem('primrose.preferences')).link,
    );
    assert.equal(kept.length, 4);
    assert.ok(kept.every(Number.isFinite));
    await page
      .getByRole('link', { name: 'From the beginning' })
      .or(page.getByRole('link', { name: 'Play', exact: true }))
      .first()
      .click();
    await waitUntil(page, 0.1);
    await page.keyboard.press('s');
    const first = page.locator('.stats-start title');
    await first.waitFor({ state: 'attached' });
    const [, at] = /^start with rung (\d)/.exec(await first.textContent());
    note(`begins with rung ${at}`);
    assert.ok(Number(at) >= 2, `rung ${at} after 8 Mb/s`);
  });
});

test('a film begins with one request for each of manifest, video and audio, all at once', async () => {
  link.set({ kbps: 3_000, delayMs: 100 });
  const page = await openPage(browser, {}, faults);
  try {
    await page.goto(`${address}/title/${TITLE}`);
    await page.waitForLoadState('networkidle');
    const asked = [];
    page.on('request', (request) => {
      const found = /\/media\/.*\/([^/]+\.(?:mpd|mp4))$/.exec(request.url());
      if (found) asked.push([found[1], request.headers().range ?? 'whole', 'asked']);
    });
    page.on('requestfinished', (request) => {
      if (/\/media\//.test(request.url())) asked.push(['', '', 'finished']);
    });
    await page.getByRole('link', { name: 'Play', exact: true }).click();
    await waitUntil(page, 0.1);
    const atOnce = asked.slice(
      0,
      asked.findIndex(([, , what]) => what === 'finished'),
    );
    note(atOnce.map(([name, range]) => `${name} ${range}`).join(', '));
    assert.deepEqual(atOnce.map(([name]) => name).sort(), [
      'a-en.mp4',
      'manifest.mpd',
      'v-270p.mp4',
    ]);
    for (const [name, range] of atOnce)
      assert.match(range, name === 'manifest.mpd' ? /^whole$/ : /^bytes=0-\d{5}$/);
    // A higher rung's may have been asked for by now, too.
    const heads = asked.filter(([, range]) => /bytes=0-/.test(range)).map(([name]) => name);
    assert.equal(new Set(heads).size, heads.length, `no head twice: ${heads}`);
  } finally {
    await page.context().close();
  }
});

test('no script error and no breach of the security policy in all of this', async () => {
  assert.deepEqual(faults, []);
});

await run({
  before: async () => {
    if (whyNoBrowser) return { skip: whyNoBrowser };
    house = await openHouse();
    link = new Link({ kbps: 10_000, delayMs: 20 });
    address = await link.open(house.url);
    browser = await openBrowser();
    return {};
  },
  after: async () => {
    await browser?.close();
    await link?.close();
    await house?.close();
  },
});
