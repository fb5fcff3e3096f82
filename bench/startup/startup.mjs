// SPDX-License-Identifier: Apache-2.0
//
// Play intent to first frame: a member reads the title page, then presses Play; the clock stops when
// the browser has composed the first frame (requestVideoFrameCallback). Each round is a new browser
// context: nothing is cached but what the title page itself fetched. "again" is a second film in the
// same context, with what the first one taught. "direct" opens /watch/<id> with nothing at all at
// hand: the app and the engine count too. Each is measured with the film in the clear and encrypted
// (cbcs, the key by ClearKey from the house's own licence service), in turn, in one run.
//
// The link is tests/browser/support/link.mjs: a token bucket and added delay in user space.
import { parseArgs } from 'node:util';

import { openBrowser, openPage, whyNoBrowser } from '../../tests/browser/support/browser.mjs';
import { LOCKED, TITLE, openLockedHouse } from '../../tests/browser/support/house.mjs';
import { Link } from '../../tests/browser/support/link.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    waterfall: { type: 'boolean', default: false },
    ways: { type: 'string', default: 'first,again,direct' },
    kbps: { type: 'string' }, // of one link alone
    json: { type: 'boolean', default: false },
  },
});

const links = [
  { name: '50 ms, 5 Mb/s', delayMs: 50, kbps: 5000, goalMs: 700 },
  { name: '150 ms, 1 Mb/s', delayMs: 150, kbps: 1000, goalMs: 1200 },
  { name: '150 ms, 700 kb/s', delayMs: 150, kbps: 700, goalMs: 3000 },
].filter(({ kbps }) => !options.kbps || kbps === Number(options.kbps));
const chosenWays = options.ways.split(',');
const titles = [
  { drm: 'clear', id: TITLE },
  { drm: 'encrypted', id: LOCKED },
];
const DRM_GOAL_MS = 50;

// In the page: when the last link was pressed, and when a frame was first shown after it.
function watchStart() {
  addEventListener('click', () => (window.pressedAt = performance.now()), true);
  const found = new MutationObserver(() => {
    const video = document.querySelector('video');
    if (!video || video === window.timedVideo) return;
    window.timedVideo = video;
    window.firstFrameAt = null;
    video.requestVideoFrameCallback((now) => (window.firstFrameAt = now));
  });
  found.observe(document, { childList: true, subtree: true });
}

const quiet = (page) => page.waitForLoadState('networkidle', { timeout: 60_000 });

async function firstFrame(page) {
  await page.waitForFunction(() => window.firstFrameAt > 0, null, { timeout: 60_000, polling: 20 });
  return page.evaluate(() => window.firstFrameAt - (window.pressedAt ?? 0));
}

// What was on the wire since the press, each with its parts in milliseconds.
async function waterfall(page) {
  const rows = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter(({ responseEnd }) => responseEnd > (window.pressedAt ?? 0))
      .map((entry) => {
        const at = (time) => Math.round(time - (window.pressedAt ?? 0));
        const { startTime, requestStart, responseStart, responseEnd, transferSize } = entry;
        const name = entry.name.split('/').pop();
        return [
          name,
          ...[startTime, requestStart, responseStart, responseEnd].map(at),
          transferSize,
        ];
      }),
  );
  console.log(`  ${'file'.padEnd(40)} asked    sent   first    last    bytes`);
  for (const [name, ...numbers] of rows.sort((a, b) => a[1] - b[1]).slice(0, 24))
    console.log(`  ${name.padEnd(40)}${numbers.map((one) => String(one).padStart(7)).join(' ')}`);
}

const ways = {
  async first(page, address, id) {
    await page.goto(`${address}/title/${id}`);
    await quiet(page);
    await page.getByRole('link', { name: 'Play', exact: true }).click();
  },
  async again(page, address, id) {
    await ways.first(page, address, id);
    await firstFrame(page);
    await page.waitForFunction(() => document.querySelector('video').currentTime > 4, null, {
      timeout: 60_000,
    });
    await page.goBack();
    await page.getByRole('link', { name: /^(Play|From the beginning)$/ }).waitFor();
    await quiet(page);
    await page.evaluate(() => performance.clearResourceTimings());
    await page.getByRole('link', { name: /^(Play|From the beginning)$/ }).click();
    await page.waitForFunction(() => window.timedVideo === document.querySelector('video'));
  },
  async direct(page, address, id) {
    await page.goto(`${address}/watch/${id}`);
  },
};

async function measure(browser, address, way, id, isLast) {
  const page = await openPage(browser, {}, []);
  try {
    await page.addInitScript(watchStart);
    await ways[way](page, address, id);
    const ms = await firstFrame(page);
    if (options.waterfall && isLast) await waterfall(page);
    return ms;
  } finally {
    await page.context().close();
  }
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

// What encryption adds: of each round the difference, clear and encrypted one after the other.
function added(clear, encrypted) {
  return median(encrypted.map((ms, i) => ms - clear[i]));
}

function print({ link, way, drm, ms, all, goal_ms, drm_adds_ms }) {
  const list = all.map((one) => one.toFixed(0)).join(' ');
  const goal = goal_ms ? `< ${goal_ms} ${ms < goal_ms ? 'met' : 'MISSED'}` : '';
  const more =
    drm_adds_ms === undefined
      ? ''
      : `  +${drm_adds_ms.toFixed(0)} ms ${drm_adds_ms < DRM_GOAL_MS ? 'met' : 'MISSED'}`;
  console.log(
    `${link.padEnd(18)} ${way.padEnd(7)} ${drm.padEnd(10)} ${ms.toFixed(0).padStart(5)} ms  ` +
      `${list.padEnd(24)} ${goal}${more}`,
  );
}

if (whyNoBrowser) throw new Error(whyNoBrowser);
const rounds = Number(options.rounds);
const house = await openLockedHouse();
const link = new Link(links[0]);
const address = await link.open(house.url);
const browser = await openBrowser();
const results = [];
try {
  if (!options.json)
    console.log(`${'link'.padEnd(18)} way     film       median     all                      goal`);
  for (const { name, goalMs, ...shape } of links)
    for (const way of chosenWays) {
      link.set(shape);
      const all = titles.map(() => []);
      for (let i = 0; i < rounds; i++)
        for (const [which, { id }] of titles.entries())
          all[which].push(await measure(browser, address, way, id, i === rounds - 1));
      for (const [which, { drm }] of titles.entries()) {
        const goal_ms = way === 'direct' && goalMs < 3000 ? 3000 : goalMs;
        const more = which > 0 ? { drm_adds_ms: added(all[0], all[which]) } : {};
        const ms = median(all[which]);
        const result = { link: name, way, drm, ms, all: all[which], goal_ms, ...more };
        results.push(result);
        if (!options.json) print(result);
      }
    }
  if (options.json) console.log(JSON.stringify(results, null, 2));
} finally {
  await browser.close();
  await link.close();
  await house.close();
}
