// SPDX-License-Identifier: Apache-2.0
//
// The web app as a member uses it: from the front page into the film and back, with the mouse and
// without one.
import assert from 'node:assert/strict';
import http from 'node:http';
import { gunzipSync } from 'node:zlib';

import { openBrowser, openPage, whyNoBrowser } from './support/browser.mjs';
import {
  FPS,
  assertAdvances,
  assertFrame,
  counter,
  now,
  parseVtt,
  settle,
  waitUntil,
} from './support/film.mjs';
import { TITLE, openEmptyHouse, openHouse } from './support/house.mjs';
import { note, run, test } from './support/tap.mjs';

const APP_BYTES_MAX = 60_000; // script and style of the app, compressed, the engine apart

let browser, house;
const faults = [];

// A fresh member on a page of the app; closed when `visit` is done.
async function visiting(path, visit, options = {}) {
  const page = await openPage(browser, options, faults);
  try {
    await page.goto(house.url + path);
    await visit(page);
  } finally {
    await page.context().close();
  }
}

const get = async (path) => (await fetch(house.url + path)).json();
const control = (page, name) => page.getByRole('button', { name, exact: true });
const focused = (page) =>
  page.evaluate(
    () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent,
  );
const isQuiet = (page) =>
  page.evaluate(() => document.querySelector('.player').classList.contains('player-quiet'));

async function watching(visit, { at = 0, ...options } = {}) {
  await visiting(
    `/watch/${TITLE}?t=${at}`,
    async (page) => {
      await waitUntil(page, at + 0.2);
      await visit(page);
    },
    options,
  );
}

async function seek(page, seconds) {
  await page.evaluate((t) => (document.querySelector('video').currentTime = t), seconds);
  await settle(page);
}

async function pause(page) {
  await page.keyboard.press('k');
  await page.waitForFunction(() => document.querySelector('video').paused);
  await settle(page);
}

test('browse, title, play: real addresses, names, focus, and a film that moves', () =>
  visiting('/', async (page) => {
    const { title, scenes } = await get(`/v1/titles/${TITLE}`);
    await page.getByRole('heading', { name: title, level: 2 }).waitFor();
    assert.equal(await page.title(), 'Primrose');
    await page.getByRole('list').getByRole('link', { name: title }).first().click();
    await page.getByRole('heading', { name: title, level: 1 }).waitFor();
    assert.equal(new URL(page.url()).pathname, `/title/${TITLE}`);
    assert.equal(await page.title(), `${title} · Primrose`);
    assert.equal(await focused(page), title);
    for (const scene of scenes)
      await page.getByRole('main').getByRole('link', { name: scene.title }).waitFor();
    await page.getByRole('link', { name: 'Play', exact: true }).click();
    await waitUntil(page, 0.5);
    assert.equal(new URL(page.url()).pathname, `/watch/${TITLE}`);
    assert.equal(await page.title(), `Watch ${title} · Primrose`);
    await assertAdvances(page);
    await page.goBack();
    await page.getByRole('heading', { name: title, level: 1 }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: title, level: 2 }).waitFor();
  }));

test('the whole way by keyboard alone', () =>
  visiting('/', async (page) => {
    const { title } = await get(`/v1/titles/${TITLE}`);
    await page.getByRole('heading', { name: title }).first().waitFor();
    const tabTo = async (wanted, presses = 20) => {
      for (let i = 0; i < presses; i++) {
        await page.keyboard.press('Tab');
        const ring = await page.evaluate(() =>
          document.activeElement === document.body
            ? 'outside'
            : getComputedStyle(document.activeElement).outlineStyle,
        );
        assert.notEqual(ring, 'none', `focus shows on "${await focused(page)}"`);
        if (wanted.test((await focused(page)) ?? '')) return;
      }
      assert.fail(`no Tab reached ${wanted}`);
    };
    await tabTo(/^Skip to content/, 1);
    await tabTo(/^Details/);
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      (name) =>
        document.activeElement?.matches('h1') && document.activeElement.textContent === name,
      title,
    );
    await tabTo(/^Play/);
    await page.keyboard.press('Enter');
    await waitUntil(page, 0.5);
    await page.keyboard.press(' ');
    await page.waitForFunction(() => document.querySelector('video').paused);
    await tabTo(/^Seek$/);
    const before = await now(page);
    await page.keyboard.press('ArrowRight');
    await settle(page);
    assert.ok(Math.abs((await now(page)) - before - 5) < 0.01);
    assert.match(
      await page.getByRole('slider', { name: 'Seek' }).getAttribute('aria-valuetext'),
      /of 45 seconds/,
    );
    assert.ok(
      await page.locator('.preview-tile').isVisible(),
      'the storyboard shows while the seek bar has the focus',
    );
    await tabTo(/^Pause$|^Play$/);
    await page.keyboard.press('Enter');
    await assertAdvances(page);
    await tabTo(/^Back to the title$/, 30);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/title/${TITLE}`);
  }));

test('controls leave while the film plays, and never while the keyboard is among them', () =>
  watching(async (page) => {
    await page.waitForFunction(() =>
      document.querySelector('.player').classList.contains('player-quiet'),
    );
    await page.keyboard.press('Tab');
    assert.equal(await isQuiet(page), false);
    await waitUntil(page, (await now(page)) + 4); // longer than the controls wait
    assert.equal(await isQuiet(page), false);
    await page.keyboard.press('Escape');
    assert.equal(await isQuiet(page), true);
  }));

test('a seek lands within one frame of the burnt-in counter', () =>
  watching(async (page) => {
    await pause(page);
    const off = [];
    for (const frame of [0, 1, 47, 48, 49, 359, 360, 500, 719, 1000, 1077]) {
      await seek(page, (frame + 0.5) / FPS);
      off.push(await assertFrame(page, frame, `seek to frame ${frame}`));
    }
    note(`frames off: ${off.join(' ')}`);
    for (const digit of [3, 7]) {
      await page.keyboard.press(String(digit));
      await assertFrame(page, Math.floor(4.5 * digit * FPS), `key ${digit}`);
    }
  }));

test('one frame back and forward is one frame', () =>
  watching(async (page) => {
    await pause(page);
    await seek(page, 100.5 / FPS);
    const first = await counter(page);
    for (const [key, expected] of [
      ['.', 1],
      ['.', 2],
      [',', 1],
      [',', 0],
      [',', -1],
    ]) {
      await page.keyboard.press(key);
      await settle(page);
      assert.equal((await counter(page)) - first, expected);
    }
  }));

test('audio switches, to the audio description too, and is remembered', () =>
  watching(async (page) => {
    const { tracks } = await get(`/v1/titles/${TITLE}`);
    const audio = tracks.filter(({ kind }) => kind === 'audio');
    const spanish = audio.find(({ language }) => language === 'es');
    const described = audio.find(({ role }) => role === 'description');
    const fetched = (track) =>
      page.waitForRequest((request) =>
        new URL(request.url()).pathname.endsWith(`/${track.name}.mp4`),
      );
    await control(page, 'Audio and subtitles').click();
    const panel = page.getByRole('dialog', { name: 'Audio and subtitles' });
    assert.equal(
      await panel.getByRole('group', { name: 'Audio' }).getByRole('radio').count(),
      audio.length,
    );
    const choose = async (name, track) => {
      const radio = panel.getByRole('group', { name: 'Audio' }).getByRole('radio', { name });
      await Promise.all([fetched(track), radio.check()]);
      await assertAdvances(page);
      assert.ok(await radio.isChecked());
    };
    await choose('Spanish', spanish);
    await choose(/Audio description/, described);
    await page.reload();
    await waitUntil(page, 0.2);
    await page.keyboard.press('Tab');
    await control(page, 'Audio and subtitles').click();
    await page.getByRole('radio', { name: /Audio description/, checked: true }).waitFor();
  }));

test('captions show the words of their file at their time, and switch and leave', () =>
  watching(async (page) => {
    const { tracks } = await get(`/v1/titles/${TITLE}`);
    const { manifests } = await (
      await fetch(`${house.url}/v1/playback`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ title_id: TITLE }),
      })
    ).json();
    await pause(page);
    await control(page, 'Audio and subtitles').click();
    const group = page.getByRole('dialog').getByRole('group', { name: 'Subtitles' });
    const names = new Intl.DisplayNames(['en'], { type: 'language' });
    for (const track of tracks.filter(({ kind }) => kind === 'text')) {
      const name = new RegExp(
        `^${names.of(track.language)}${track.role === 'caption' ? '.*deaf' : '$'}`,
      );
      await group.getByRole('radio', { name }).check();
      const file = await fetch(new URL(`${track.name}.vtt`, new URL(manifests.dash, house.url)));
      const cues = parseVtt(await file.text());
      assert.ok(cues.length > 3);
      for (const cue of [cues[1], cues[cues.length - 2]]) {
        await seek(page, (cue.start + cue.end) / 2);
        await page.waitForFunction(
          (words) =>
            document.querySelector('.captions').textContent.replace(/\s+/g, '').includes(words),
          cue.text,
        );
      }
    }
    await group.getByRole('radio', { name: 'Off' }).check();
    await page.waitForFunction(() => document.querySelector('.captions').textContent.trim() === '');
  }));

test('the storyboard under the pointer shows the film of that moment', () =>
  watching(async (page) => {
    await pause(page);
    const bar = page.getByRole('slider', { name: 'Seek' });
    const box = await bar.boundingBox();
    const seen = new Set();
    for (const part of [0.02, 0.5, 0.98]) {
      await page.mouse.move(box.x + box.width * part, box.y + box.height / 2);
      const tile = page.locator('.preview-tile');
      await tile.waitFor();
      const { url, at, natural, size } = await tile.evaluate(async (element) => {
        const image = new Image();
        image.src = element.dataset.sheet;
        await image.decode();
        const { backgroundPosition, backgroundSize } = getComputedStyle(element);
        return {
          url: element.dataset.sheet,
          at: backgroundPosition,
          natural: image.naturalWidth,
          size: backgroundSize,
        };
      });
      assert.ok(natural > 0, `${url} is a picture`);
      assert.match(size, /^\d/);
      seen.add(`${url} ${at}`);
    }
    assert.equal(seen.size, 3, 'three moments, three tiles');
    const clock = await page.locator('.preview-time').textContent();
    assert.equal(clock, '0:44');
  }));

test('watching resumes where it stopped', () =>
  visiting(`/watch/${TITLE}?t=12`, async (page) => {
    await waitUntil(page, 13);
    await page.keyboard.press('k');
    await page.goto(`${house.url}/title/${TITLE}`);
    await page.getByRole('link', { name: /^Resume at 0:1[3-5]$/ }).click();
    await page.waitForFunction(() => document.querySelector('video')?.currentTime >= 13);
    assert.ok((await now(page)) < 20);
    await page.goto(house.url);
    await page.getByRole('heading', { name: 'Continue watching' }).waitFor();
  }));

test('the end offers to watch again, and is not a place to resume at', () =>
  visiting(`/watch/${TITLE}?t=43.5`, async (page) => {
    await page.getByText('The end').waitFor();
    await page.getByRole('button', { name: 'Watch again' }).click();
    await page.waitForFunction(
      () =>
        document.querySelector('video').currentTime > 0.3 &&
        document.querySelector('video').currentTime < 10,
    );
    await page.goto(`${house.url}/title/${TITLE}`);
    await page.getByRole('link', { name: 'Play', exact: true }).waitFor();
  }));

test('captions look as the viewer wishes: in the sample, in the film, and the next time', () =>
  watching(
    async (page) => {
      await page.keyboard.press('c');
      const cue = page.locator('.captions .shaka-text-wrapper > *').first();
      await cue.waitFor();
      await page.keyboard.press('k');
      await page.keyboard.press('Tab');
      await control(page, 'Audio and subtitles').click();
      await page.getByRole('button', { name: 'How subtitles look' }).click();
      const panel = page.getByRole('dialog', { name: 'How subtitles look' });
      assert.match(await page.evaluate(() => document.activeElement.tagName), /SELECT/);
      const look = (element) =>
        element.evaluate((one) => {
          const { color, fontFamily, textShadow } = getComputedStyle(one);
          return { color, fontFamily, textShadow, size: one.getBoundingClientRect().height };
        });
      const before = await look(cue);
      await panel.getByLabel('Text', { exact: true }).selectOption('Yellow');
      await panel.getByLabel('Font').selectOption('Monospaced');
      await panel.getByLabel('Edges').selectOption('Outline');
      await panel.getByLabel('Size').selectOption('150 %');
      const sample = panel.locator('.shaka-text-wrapper > *');
      for (const shown of [await look(sample), await look(cue)]) {
        assert.equal(shown.color, 'rgb(244, 217, 90)');
        assert.match(shown.fontFamily, /monospace/);
        assert.notEqual(shown.textShadow, 'none');
      }
      assert.ok((await look(cue)).size > before.size * 1.2, 'half as large again');
      await page.reload();
      await waitUntil(page, 6.2);
      await cue.waitFor();
      assert.equal((await look(cue)).color, 'rgb(244, 217, 90)');
      await page.keyboard.press('Tab');
      await control(page, 'Audio and subtitles').click();
      await page.getByRole('button', { name: 'How subtitles look' }).click();
      await panel.getByRole('button', { name: 'All as in the film' }).click();
      assert.equal((await look(cue)).color, before.color);
    },
    { at: 6 },
  ));

test('a quality that the viewer fixes stays, and automatic is automatic again', () =>
  watching(async (page) => {
    await page.keyboard.press('s');
    const stats = page.getByRole('region', { name: 'Statistics' });
    await page.keyboard.press('Tab');
    await control(page, 'Settings').click();
    await page.getByRole('radio', { name: '480p' }).check();
    await stats.getByText(/rung 2 of 4/).waitFor();
    await page.waitForFunction(() => document.querySelector('video').videoHeight === 480);
    await assertAdvances(page);
    await page.getByRole('radio', { name: /^Automatic/ }).check();
    assert.ok(await page.getByRole('radio', { name: /^Automatic/ }).isChecked());
    await assertAdvances(page);
  }));

test('what a play was like reaches the operators: start by part, states, title, device', async () => {
  const before = await get('/v1/qoe?hours=1');
  await watching(async (page) => {
    await assertAdvances(page);
    await page.keyboard.press('Tab');
    await Promise.all([
      page.waitForResponse((response) => response.url().endsWith('/v1/telemetry/cmcd')),
      page.getByRole('link', { name: 'Back to the title' }).click(),
    ]);
  });
  await visiting('/operators/qoe', async (page) => {
    await page.getByRole('table', { name: 'By title' }).getByText(TITLE).waitFor();
    await page.getByRole('table', { name: 'By device' }).getByText('Chrome, Linux').waitFor();
  });
  const { all } = await get('/v1/qoe?hours=1');
  assert.ok(all.sessions > before.all.sessions);
  assert.ok(all.started > before.all.started);
  const { whole, play_call, manifest, media, frame } = all.start_ms;
  note(`start ${whole.p50} ms: ${play_call.p50} + ${manifest.p50} + ${media.p50} + ${frame.p50}`);
  assert.ok(whole.p50 > 0 && play_call.p50 > 0);
  assert.ok(all.played_hours > before.all.played_hours, 'time was played');
  assert.ok(all.kbps > 0);
});

test('statistics, speed and shortcuts', () =>
  watching(async (page) => {
    await page.keyboard.press('s');
    const stats = page.getByRole('region', { name: 'Statistics' });
    await stats.getByText(/^\d+ × \d+, rung \d of \d$/).waitFor();
    await stats.getByText(/^\d+ ms$/).waitFor();
    await page.keyboard.press('>');
    await page.waitForFunction(() => document.querySelector('video').playbackRate === 1.25);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }));

test('trick play runs over the pictures, lands where it was, or goes back', () =>
  watching(async (page) => {
    const wind = page.locator('.wind-words');
    await page.keyboard.press(']');
    await wind.getByText('Forward 8×').waitFor();
    assert.ok(await page.evaluate(() => document.querySelector('video').paused));
    assert.match(
      await page.locator('.wind-tile').evaluate((tile) => tile.style.backgroundImage),
      /storyboard-0\.jpg/,
    );
    await page.keyboard.press(']');
    await wind.getByText('Forward 16×').waitFor();
    await wind.getByText(/^0:(1[5-9]|2)/).waitFor();
    await page.keyboard.press('Enter');
    await wind.waitFor({ state: 'detached' });
    await waitUntil(page, 15);
    await assertAdvances(page);
    const at = await now(page);
    await page.keyboard.press('[');
    await wind.getByText('Back 8×').waitFor();
    await wind.getByText(/^0:[0-1]/).waitFor();
    await page.keyboard.press('Escape');
    await wind.waitFor({ state: 'detached' });
    assert.ok((await now(page)) >= at, 'nothing was sought');
    await assertAdvances(page);
  }));

test('media keys and the lock screen know the film and move it', () =>
  visiting('/', async (page) => {
    await page.addInitScript(() => {
      window.handlers = {};
      const set = MediaSession.prototype.setActionHandler;
      MediaSession.prototype.setActionHandler = function (action, handler) {
        window.handlers[action] = handler;
        return set.call(this, action, handler);
      };
    });
    await page.goto(`${house.url}/watch/${TITLE}?t=0`);
    await waitUntil(page, 0.2);
    await page.waitForFunction(() => window.handlers.seekto && navigator.mediaSession.metadata);
    const { title } = await get(`/v1/titles/${TITLE}`);
    assert.equal(await page.evaluate(() => navigator.mediaSession.metadata.title), title);
    await page.evaluate(() => window.handlers.pause());
    await page.waitForFunction(() => navigator.mediaSession.playbackState === 'paused');
    await page.evaluate(() => window.handlers.seekto({ seekTime: 20 }));
    await settle(page);
    await page.evaluate(() => window.handlers.seekforward({}));
    await settle(page);
    assert.equal(Math.round(await now(page)), 30);
    await page.evaluate(() => window.handlers.seekbackward({ seekOffset: 5 }));
    await settle(page);
    assert.equal(Math.round(await now(page)), 25);
    await page.evaluate(() => window.handlers.play());
    await page.waitForFunction(() => navigator.mediaSession.playbackState === 'playing');
    await assertAdvances(page);
  }));

test('picture in picture opens and closes', () =>
  watching(async (page) => {
    if (!(await page.evaluate(() => document.pictureInPictureEnabled)))
      return note('skipped: this browser has no picture in picture');
    await page.keyboard.press('p');
    await page.waitForFunction(() => document.pictureInPictureElement !== null);
    await assertAdvances(page);
    await page.keyboard.press('p');
    await page.waitForFunction(() => document.pictureInPictureElement === null);
    await assertAdvances(page);
  }));

test(
  'a film that does not arrive is explained, and plays after a retry',
  () =>
    visiting('/', async (page) => {
      await page.route('**/media/**/*.{mpd,mp4,m3u8}', (route) => route.abort());
      await page.goto(`${house.url}/watch/${TITLE}`);
      const alert = page.getByRole('alert');
      await alert.getByText(/did not arrive/).waitFor();
      assert.equal(await focused(page), 'Try again');
      await page.unroute('**/media/**/*.{mpd,mp4,m3u8}');
      await page.keyboard.press('Enter');
      await waitUntil(page, 0.5);
      assert.equal(await alert.count(), 0);
    }),
  { timeoutMs: 90_000 },
);

test('pages that do not exist, and a server that is silent, say so', () =>
  visiting('/title/no-such-title', async (page) => {
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
    await page.route('**/v1/titles', (route) => route.abort());
    await page.getByRole('link', { name: 'Back to all titles' }).click();
    await page.getByText('The server does not answer').waitFor();
    await page.unroute('**/v1/titles');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'All titles' }).waitFor();
  }));

test('an empty house says how to fill it', async () => {
  const empty = await openEmptyHouse();
  const page = await openPage(browser, {}, faults);
  try {
    await page.goto(empty.url);
    await page.getByRole('heading', { name: 'No titles yet' }).waitFor();
    assert.match(await page.locator('code').textContent(), /^primrose ingest /);
  } finally {
    await page.context().close();
    await empty.close();
  }
});

// Bytes on the wire, as a browser asks for them.
const wire = (path) =>
  new Promise((resolve, reject) => {
    http
      .get(house.url + path, { headers: { 'accept-encoding': 'gzip' } }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve({ response, body: Buffer.concat(chunks) }));
      })
      .on('error', reject);
  });

test('the app is small, compressed, kept for ever and under a strict policy', async () => {
  const { response: shell, body } = await wire('/');
  assert.match(
    shell.headers['content-security-policy'] ?? '',
    /script-src 'self' 'wasm-unsafe-eval';/,
  );
  assert.doesNotMatch(shell.headers['content-security-policy'], /'unsafe-/);
  const html =
    shell.headers['content-encoding'] === 'gzip' ? gunzipSync(body).toString() : body.toString();
  const paths = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  let total = 0;
  for (const path of paths) {
    const { response, body: bytes } = await wire(path);
    // A few hundred bytes gain nothing by it.
    if (bytes.length > 500) assert.equal(response.headers['content-encoding'], 'gzip', path);
    assert.match(response.headers['cache-control'], /immutable/);
    total += bytes.length;
  }
  note(`app: ${total} bytes compressed`);
  assert.ok(paths.length >= 2 && total <= APP_BYTES_MAX, `${total} bytes`);
});

test('no script error and no breach of the security policy in all of this', async () => {
  assert.deepEqual(faults, []);
});

await run({
  before: async () => {
    if (whyNoBrowser) return { skip: whyNoBrowser };
    house = await openHouse();
    browser = await openBrowser();
    return {};
  },
  after: async () => {
    await browser?.close();
    await house?.close();
  },
});
