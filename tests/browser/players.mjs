// SPDX-License-Identifier: Apache-2.0
//
// The same film on players that we did not write: Shaka Player, hls.js and dash.js, each on a page
// of another origin, as a site that embeds a film would have it.
import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { openBrowser, openPage, whyNoBrowser } from './support/browser.mjs';
import {
  FPS,
  assertAdvances,
  assertFrame,
  now,
  parseVtt,
  settle,
  waitUntil,
} from './support/film.mjs';
import { TITLE, openHouse } from './support/house.mjs';
import { note, run, test } from './support/tap.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript' };

let browser, house, stage, title, manifests;
const faults = [];

// The pages' own server: files of this folder, nothing else.
function openStage() {
  const server = http.createServer((request, response) => {
    const file = path.join(here, path.normalize(new URL(request.url, 'http://stage').pathname));
    if (!file.startsWith(here) || !existsSync(file) || !types[path.extname(file)])
      return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': types[path.extname(file)] });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function playing({ kind, manifest }, visit) {
  const page = await openPage(browser, {}, faults);
  try {
    await page.goto(`http://127.0.0.1:${stage.address().port}/players/page.html`);
    await page.waitForFunction(() => 'openPlayer' in window);
    await page.evaluate(
      ([name, url]) => window.openPlayer(name, url),
      [kind, new URL(manifests[manifest], house.url).href],
    );
    await waitUntil(page, 0.3);
    await visit(page);
  } finally {
    await page.context().close();
  }
}

const tracksOf = (kind) => title.tracks.filter((track) => track.kind === kind);
const fetched = (page, track) =>
  page.waitForRequest((request) => {
    const name = path.basename(new URL(request.url()).pathname);
    return name.startsWith(`${track.name}.`);
  });

async function switchAudio(page) {
  const offered = await page.evaluate(() => window.face.audio());
  const tracks = tracksOf('audio');
  assert.equal(offered.length, tracks.length, `offered: ${JSON.stringify(offered)}`);
  for (const wanted of [
    tracks.find(({ language }) => language === 'es'),
    tracks.find(({ role }) => role === 'description'),
  ]) {
    const index = offered.findIndex(
      ({ language, isDescription }) =>
        language === wanted.language && isDescription === (wanted.role === 'description'),
    );
    assert.ok(index >= 0, `${wanted.name} is not among ${JSON.stringify(offered)}`);
    await Promise.all([
      fetched(page, wanted),
      page.evaluate((at) => window.face.chooseAudio(at), index),
    ]);
    await assertAdvances(page);
  }
}

// Plays over a cue until its words show. A player may still fetch the file when the cue goes by:
// then it gets another chance, as a viewer would give it.
async function assertShown(page, cue) {
  for (let chances = 3; chances > 0; chances--) {
    await page.evaluate((t) => {
      document.querySelector('video').currentTime = t;
    }, cue.start + 0.05);
    await settle(page);
    const seen = await page.waitForFunction(
      ([words, end]) => {
        if (window.shownWords().replace(/\s+/g, '').includes(words)) return 'shown';
        return document.querySelector('video').currentTime > end && 'passed';
      },
      [cue.text, cue.end],
      { polling: 50 },
    );
    if ((await seen.jsonValue()) === 'shown') return;
  }
  assert.fail(`"${cue.text}" never showed at ${cue.start} s`);
}

async function switchText(page) {
  const offered = await page.evaluate(() => window.face.text());
  const tracks = tracksOf('text');
  assert.deepEqual([...offered].sort(), tracks.map(({ language }) => language).sort());
  for (const track of tracks) {
    await page.evaluate((at) => window.face.chooseText(at), offered.indexOf(track.language));
    await assertAdvances(page); // dash.js loses a choice that a seek follows at once
    const file = await fetch(new URL(`${track.name}.vtt`, new URL(manifests.dash, house.url)));
    await assertShown(page, parseVtt(await file.text())[2]);
  }
}

async function seekExactly(page) {
  await page.evaluate(() => document.querySelector('video').pause());
  const off = [];
  for (const frame of [1000, 24, 719, 720, 48, 505]) {
    await page.evaluate(
      (t) => (document.querySelector('video').currentTime = t),
      (frame + 0.5) / FPS,
    );
    off.push(await assertFrame(page, frame, `seek to frame ${frame}`));
  }
  note(`frames off: ${off.join(' ')}`);
}

async function playToTheEnd(page) {
  await waitUntil(page, 0.2); // dash.js goes to its beginning when it is ready, and a seek before that is lost
  await page.evaluate(
    () =>
      (document.querySelector('video').currentTime =
        document.querySelector('video').duration - 1.5),
  );
  await page.evaluate(() => document.querySelector('video').play());
  await page.waitForFunction(() => document.querySelector('video').ended);
  assert.ok(
    Math.abs((await now(page)) - title.duration_ms / 1000) < 0.1,
    `ended at ${await now(page)} s`,
  );
}

const players = [
  { kind: 'shaka', manifest: 'dash' },
  { kind: 'shaka', manifest: 'hls' },
  { kind: 'hls.js', manifest: 'hls' },
  { kind: 'dash.js', manifest: 'dash' },
];

const steps = [
  ['the film moves', assertAdvances],
  ['audio switches, to the audio description too', switchAudio],
  ['captions show the words of their file', switchText],
  ['a seek lands within one frame of the burnt-in counter', seekExactly],
  ['it plays to its end, and ends there', playToTheEnd],
];

for (const player of players)
  for (const [name, step] of steps)
    test(`${player.kind}, ${player.manifest.toUpperCase()}: ${name}`, () => playing(player, step));

test('no player met a script error', async () => {
  assert.deepEqual(faults, []);
});

await run({
  before: async () => {
    if (whyNoBrowser) return { skip: whyNoBrowser };
    house = await openHouse();
    stage = await openStage();
    browser = await openBrowser();
    title = await (await fetch(`${house.url}/v1/titles/${TITLE}`)).json();
    const play = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title_id: TITLE }),
    };
    ({ manifests } = await (await fetch(`${house.url}/v1/playback`, play)).json());
    return {};
  },
  after: async () => {
    await browser?.close();
    stage?.close();
    await house?.close();
  },
});
