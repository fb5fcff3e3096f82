// SPDX-License-Identifier: Apache-2.0
//
// A member keeps a protected title in Chromium, the network and the server go away, the app opens
// and the film plays; then its clocks, a damaged disk, a download that was cut off, and its end.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { pageFaults } from './support/axe.mjs';
import { openBrowser, openPage, whyNoBrowser } from './support/browser.mjs';
import { waitUntil } from './support/film.mjs';
import { serve, start } from './support/house.mjs';
import { picture } from './support/pictures.mjs';
import { run, test as quickTest } from './support/tap.mjs';

const source = process.env.PRIMROSE_SOURCE ?? fileURLToPath(new URL('../..', import.meta.url));
const build = process.env.PRIMROSE_BUILD ?? path.join(source, 'build');
const DAY_MS = 86_400_000;

// A machine that is busy with other tests decodes slowly.
const test = (name, body) => quickTest(name, body, { timeoutMs: 180_000 });

let browser, data, house;
const faults = [];

function must(command, args) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 120_000 });
  assert.equal(status, 0, stderr);
}

// Six seconds with sound and subtitles, encrypted; its owners allow downloads.
function makeFilm() {
  const film = path.join(data, 'film');
  mkdirSync(film);
  must('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25:duration=6'],
    ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=6'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-sc_threshold', '0'],
    ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', path.join(film, 'clip.mp4')],
  ]);
  writeFileSync(path.join(film, 'c.vtt'), 'WEBVTT\n\n00:00.000 --> 00:05.000\nGuten Tag\n');
  const about = {
    ...{ id: 'film', title: 'A kept film', master: 'clip.mp4', downloads: true },
    audio: [{ stream: 0, lang: 'en' }],
    text: [{ file: 'c.vtt', lang: 'de', role: 'subtitle' }],
  };
  writeFileSync(path.join(film, 'title.json'), JSON.stringify(about));
  const words = ['ingest', film, '--ladder', 'demo', '--data', data, '--drm', 'cbcs'];
  must(path.join(build, 'primrose'), words);
}

// A browser of its own; closed when `visit` is done.
async function visiting(visit, options = {}) {
  const page = await openPage(browser, options, faults);
  try {
    await visit(page, page.context());
  } finally {
    await page.context().close();
  }
}

const button = (page, name) => page.getByRole('button', { name, exact: true });
const link = (page, name) => page.getByRole('link', { name, exact: true });
const row = (page) => page.locator('li.kept');

async function download(page) {
  await page.goto(`${house.url}/title/film`);
  await button(page, 'Download').focus();
  await page.keyboard.press('Enter');
  await link(page, 'Downloaded').waitFor();
}

async function goOffline(context) {
  await house.close();
  await context.setOffline(true);
}

async function comeBack(context) {
  house = await start(['--listen', new URL(house.url).host, '--data', data]);
  await context.setOffline(false);
}

const frames = (page) =>
  page.evaluate(() => document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames);

async function assertPlays(page) {
  await waitUntil(page, 0.5);
  const before = await frames(page);
  await waitUntil(page, 1.5);
  assert.ok((await frames(page)) > before, 'the picture stood still');
}

const houseSays = async () => (await (await fetch(`${house.url}/v1/downloads`)).json()).items;

// The house hears of it in its own time.
async function until(holds) {
  const end = Date.now() + 20_000;
  while (!(await holds())) {
    assert.ok(Date.now() < end, 'the house was not told');
    await new Promise((done) => setTimeout(done, 50));
  }
}

// All records and pieces of the browser's store, with `change` applied to each piece.
const inStore = (page, change = '') =>
  page.evaluate(async (body) => {
    const done = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await done(indexedDB.open('primrose-downloads'));
    const pieces = () => database.transaction('pieces', 'readwrite').objectStore('pieces');
    const names = await done(pieces().getAllKeys());
    if (body === 'flip')
      for (const name of names.filter(([, file]) => file.startsWith('v-'))) {
        const piece = await done(pieces().get(name));
        new Uint8Array(piece.bytes)[1000] ^= 1;
        await done(pieces().put(piece, name));
      }
    const kept = await done(database.transaction('kept').objectStore('kept').getAll());
    const key = await done(database.transaction('keys').objectStore('keys').get('licences'));
    const exported = await crypto.subtle.exportKey('raw', key).then(
      () => 'read',
      (error) => error.name,
    );
    database.close();
    const licences = kept.map(({ licence }) =>
      licence === null ? '' : String.fromCharCode(...new Uint8Array(licence.sealed)),
    );
    return { pieces: names.map((name) => name.slice(1).join()), licences, exported };
  }, change);

test('a kept title plays without network and server, in an app that opens without them', () =>
  visiting(async (page, context) => {
    await download(page);
    await goOffline(context);
    try {
      await page.close();
      const later = await context.newPage();
      later.setDefaultTimeout(20_000);
      await later.goto(`${house.url}/`);
      await link(later, 'Downloads').first().click();
      await row(later).getByText('Start by').waitFor();
      await picture(later, 'downloads');
      await later.getByRole('link', { name: 'Play A kept film' }).focus();
      await later.keyboard.press('Enter');
      await assertPlays(later);
      assert.equal(
        await later.evaluate(() => document.querySelector('video').mediaKeys !== null),
        true,
      );
      await later.goto(`${house.url}/watch/film`); // as one is used to: it is found here
      await assertPlays(later);
      await later.goto(`${house.url}/downloads`);
      await row(later).getByText('Watch until').waitFor();
    } finally {
      await comeBack(context);
    }
    const back = await context.newPage();
    await back.goto(`${house.url}/downloads`);
    await row(back).getByText('Watch until').waitFor();
    await until(async () => (await houseSays()).some(({ started_at }) => started_at !== null));
  }));

test('it ends by its clocks, and when the clock goes back', () =>
  visiting(async (page, context) => {
    await download(page);
    const at = async (days) => {
      const other = await context.newPage();
      other.setDefaultTimeout(20_000);
      await other.addInitScript((shift) => {
        const now = Date.now;
        Date.now = () => now() + shift;
      }, days * DAY_MS);
      await other.goto(`${house.url}/watch/film?kept`);
      return other;
    };
    const refused = async (days, sentence) => {
      const other = await at(days);
      await other.getByText(sentence).first().waitFor();
      await other.close();
    };
    await refused(31, 'The time to start this download is over.');
    const begun = await at(29);
    await assertPlays(begun);
    await begun.close();
    await refused(28, 'clock was set back');
    await refused(0, 'clock was set back');
    await refused(31.1, 'This download has ended.');
  }));

test('a download that was cut off goes on with what is missing, and mends what is damaged', () =>
  visiting(async (page) => {
    await page.route('**/a-en.mp4', (route) => route.abort());
    await page.goto(`${house.url}/title/film`);
    await button(page, 'Download').click();
    await link(page, 'Not complete').click();
    await page.unroute('**/a-en.mp4');
    const asked = [];
    page.on('request', (request) => asked.push(path.basename(new URL(request.url()).pathname)));
    await button(page, 'Go on with the download of A kept film').click();
    await row(page).getByText('Start by').waitFor();
    assert.ok(asked.includes('a-en.mp4'));
    assert.ok(!asked.some((name) => name.startsWith('v-')), 'the picture was fetched twice');

    await inStore(page, 'flip');
    await link(page, 'Play A kept film').click();
    await page.getByText('A part of this download is damaged.').first().waitFor();
    await page.goto(`${house.url}/downloads`);
    await button(page, 'Go on with the download of A kept film').click();
    await row(page).getByText('Start by').or(row(page).getByText('Watch until')).waitFor();
    await link(page, 'Play A kept film').click();
    await assertPlays(page);
  }));

test('its licence is wrapped with a key that scripts cannot read', () =>
  visiting(async (page) => {
    const answers = [];
    page.on('response', async (response) => {
      if (new URL(response.url()).pathname === '/v1/licences/clearkey')
        answers.push(await response.json());
    });
    await download(page);
    const { licences, exported, pieces } = await inStore(page);
    assert.equal(exported, 'InvalidAccessError');
    assert.equal(answers[0].type, 'persistent-license');
    for (const { k } of answers[0].keys) assert.ok(!licences[0].includes(k));
    assert.ok(!licences[0].includes('keys') && licences[0].length > 100);
    assert.ok(pieces.includes('manifest.mpd,0') && pieces.includes('t-de.vtt,0'), pieces.join(' '));
  }));

test('what is removed gives its place back, and what the house has ended says so', () =>
  visiting(async (page) => {
    const before = (await houseSays()).length;
    await download(page);
    assert.equal((await houseSays()).length, before + 1);
    await link(page, 'Downloaded').click();
    await button(page, 'Remove the download of A kept film').focus();
    await page.keyboard.press('Enter');
    await page.getByText('A kept film was removed from this browser.').waitFor();
    assert.equal(await row(page).count(), 0);
    await until(async () => (await houseSays()).length === before);

    await download(page);
    const { id } = (await houseSays()).at(-1);
    await fetch(`${house.url}/v1/downloads/${id}`, { method: 'DELETE' });
    await page.goto(`${house.url}/downloads`);
    await row(page).getByText('Ended: it was removed on another device').waitFor();
    assert.equal(await link(page, 'Play A kept film').count(), 0);
    assert.equal((await inStore(page)).licences[0], '');
  }));

for (const locale of ['en', 'es', 'de', 'ar'])
  test(`the page of downloads is for everybody: ${locale}`, () =>
    visiting(
      async (page) => {
        await page.goto(`${house.url}/title/film`);
        await page.locator('.actions > button').click();
        await page.locator('.actions a[href="/downloads"]').waitFor();
        await page.locator('.actions a[href="/downloads"]').click();
        await page.locator('li.kept .button-accent').waitFor();
        for (const colorScheme of ['dark', 'light']) {
          await page.emulateMedia({ colorScheme });
          assert.deepEqual(await pageFaults(page), []);
        }
        await page.setViewportSize({ width: 320, height: 640 });
        assert.deepEqual(await pageFaults(page), []);
      },
      { locale, reducedMotion: 'reduce' },
    ));

test('no script error and no breach of the security policy in all of this', () => {
  assert.deepEqual(faults, []);
});

await run({
  before: async () => {
    if (whyNoBrowser) return { skip: whyNoBrowser };
    data = mkdtempSync(path.join(tmpdir(), 'primrose-downloads-'));
    makeFilm();
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
