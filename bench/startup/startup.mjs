// SPDX-License-Identifier: Apache-2.0
//
// Play intent to first frame: a member reads the title page, then presses Play; the clock stops when
// the browser has composed the first frame (requestVideoFrameCallback). Each round is a new browser
// context: nothing is cached but what the title page itself fetched. "again" is a second film in the
// same context, with what the first one taught. "direct" opens /watch/<id> with nothing at all at
// hand: the app and the engine count too.
//
// The link is tests/browser/support/link.mjs: a token bucket and added delay in user space.
import { parseArgs } from 'node:util';

import { openBrowser, openPage, whyNoBrowser } from '../../tests/browser/support/browser.mjs';
import { TITLE, openHouse } from '../../tests/browser/support/house.mjs';
import { Link } from '../../tests/browser/support/link.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    waterfall: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const links = [
  { name: '50 ms, 5 Mb/s', delayMs: 50, kbps: 5000, goalMs: 700 },
  { name: '150 ms, 1 Mb/s', delayMs: 150, kbps: 1000, goalMs: 1200 },
  { name: '150 ms, 700 kb/s', delayMs: 150, kbps: 700, goalMs: 3000 },
];

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
  async first(page, address) {
    await page.goto(`${address}/title/${TITLE}`);
    await quiet(page);
    await page.getByRole('link', { name: 'Play', exact: true }).click();
  },
  async again(page, address) {
    await ways.first(page, address);
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
  async direct(page, address) {
    await page.goto(`${address}/watch/${TITLE}`);
  },
};

async function measure(browser, address, way, isLast) {
  const page = await openPage(browser, {}, []);
  try {
    await page.addInitScript(watchStart);
    await ways[way](page, address);
    const ms = await firstFrame(page);
    if (options.waterfall && isLast) await waterfall(page);
    return ms;
  } finally {
    await page.context().close();
  }
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

if (whyNoBrowser) throw new Error(whyNoBrowser);
const rounds = Number(options.rounds);
const house = await openHouse();
const link = new Link(links[0]);
const address = await link.open(house.url);
const browser = await openBrowser();
const results = [];
try {
  if (!options.json)
    console.log(`${'link'.padEnd(18)} ${'way'.padEnd(7)}  median     all          goal`);
  for (const { name, goalMs, ...shape } of links)
    for (const way of Object.keys(ways)) {
      link.set(shape);
      const all = [];
      for (let i = 0; i < rounds; i++)
        all.push(await measure(browser, address, way, i === rounds - 1));
      const ms = median(all);
      results.push({ link: name, way, ms, all, goal_ms: goalMs });
      if (options.json) continue;
      const list = all.map((one) => one.toFixed(0)).join(' ');
      const goal =
        way === 'direct' && goalMs < 3000 ? '' : `< ${goalMs} ${ms < goalMs ? 'met' : 'MISSED'}`;
      console.log(
        `${name.padEnd(18)} ${way.padEnd(7)} ${ms.toFixed(0).padStart(5)} ms  ${list.padEnd(18)} ${goal}`,
      );
    }
  if (options.json) console.log(JSON.stringify(results, null, 2));
} finally {
  await browser.close();
  await link.close();
  await house.close();
}
