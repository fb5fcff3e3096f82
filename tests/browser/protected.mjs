// SPDX-License-Identifier: Apache-2.0
//
// A protected title from end to end: encrypted at ingest, served, licensed by `primrose serve` and
// played by the app in Chromium through EME; and what a viewer reads when the licence is denied.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { openBrowser, openPage, whyNoBrowser } from './support/browser.mjs';
import { now, waitUntil } from './support/film.mjs';
import { serve } from './support/house.mjs';
import { run, test } from './support/tap.mjs';

const source = process.env.PRIMROSE_SOURCE ?? fileURLToPath(new URL('../..', import.meta.url));
const build = process.env.PRIMROSE_BUILD ?? path.join(source, 'build');
const clips = path.join(process.env.PRIMROSE_SHARED ?? path.join(source, '../shared'), 'clips');
const clip = path.join(clips, 'croatia_1080p25_avc_aac.mp4');

let browser, data, house;
const faults = [];

async function watching(visit, expected = []) {
  const seen = [];
  const page = await openPage(browser, {}, expected.length > 0 ? seen : faults);
  try {
    await visit(page);
  } finally {
    await page.context().close();
  }
}

const pictures = (page) =>
  page.evaluate(() => {
    const { totalVideoFrames, corruptedVideoFrames } = document
      .querySelector('video')
      .getVideoPlaybackQuality();
    return { totalVideoFrames, corruptedVideoFrames };
  });

test('the app plays a protected title through EME, past a seek', () =>
  watching(async (page) => {
    const licences = [];
    page.on('response', async (response) => {
      if (new URL(response.url()).pathname !== '/v1/licences/clearkey') return;
      licences.push({
        status: response.status(),
        hasToken: /^Bearer .+\..+\..+/.test(response.request().headers().authorization ?? ''),
      });
    });
    await page.goto(`${house.url}/watch/film-1?t=0`);
    await waitUntil(page, 0.8);
    assert.equal(
      await page.evaluate(() => document.querySelector('video').mediaKeys !== null),
      true,
    );
    await page.evaluate(() => (document.querySelector('video').currentTime = 5));
    await waitUntil(page, 6);
    const { totalVideoFrames, corruptedVideoFrames } = await pictures(page);
    assert.ok(totalVideoFrames > 20, `${totalVideoFrames} frames were shown`);
    assert.equal(corruptedVideoFrames, 0);
    assert.ok(licences.length > 0, 'no licence was asked for');
    for (const { status, hasToken } of licences) assert.deepEqual([status, hasToken], [200, true]);
  }));

test('a denied licence says why, in a sentence of the service', () =>
  watching(
    async (page) => {
      await page.route('**/v1/playback', async (route) => {
        const response = await route.fetch();
        const play = await response.json();
        const parts = play.licence.token.split('.');
        parts[2] = `${parts[2].slice(0, -4)}AAAA`;
        play.licence.token = parts.join('.');
        await route.fulfill({ response, json: play });
      });
      await page.goto(`${house.url}/watch/film-1?t=0`);
      await page.getByText('Start the title again to play it.').first().waitFor();
      assert.equal(await now(page), 0);
      assert.equal((await pictures(page)).totalVideoFrames, 0);
    },
    ['401'],
  ));

await run({
  before: async () => {
    if (whyNoBrowser) return { skip: whyNoBrowser };
    if (!existsSync(clip)) return { skip: `${clip} is not there: set PRIMROSE_SHARED` };
    data = mkdtempSync(path.join(tmpdir(), 'primrose-protected-'));
    const done = spawnSync(
      path.join(build, 'primrose'),
      ['ingest', clip, '--id', 'film-1', '--ladder', 'demo', '--data', data],
      { encoding: 'utf8', timeout: 280_000 },
    );
    assert.equal(done.status, 0, done.stderr);
    house = await serve(data);
    browser = await openBrowser();
    return {};
  },
  after: async () => {
    await browser?.close();
    await house?.close();
    if (data) rmSync(data, { recursive: true, force: true });
  },
});
