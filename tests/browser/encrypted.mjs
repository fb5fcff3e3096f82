// SPDX-License-Identifier: Apache-2.0
//
// Encrypted packages in a real browser: Chromium's own ClearKey through Shaka Player and dash.js
// over DASH, hls.js over HLS; cbcs and cenc, with one key and with one per class, with a clear
// lead. A licence server of the test hands out keys as W3C Encrypted Media Extensions write them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { ingestAv1 } from './support/av1.mjs';
import { openBrowser, openPage, whyNoBrowser } from './support/browser.mjs';
import { run, test } from './support/tap.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const source = process.env.PRIMROSE_SOURCE ?? path.join(here, '../..');
const build = process.env.PRIMROSE_BUILD ?? path.join(source, 'build');
const clips = path.join(process.env.PRIMROSE_SHARED ?? path.join(source, '../shared'), 'clips');
const clip = path.join(clips, 'croatia_1080p25_avc_aac.mp4');
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mpd': 'application/dash+xml',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.mp4': 'video/mp4',
};

const AUDIO = ['a1a2a3a4a5a6a7a8a9aaabacadaeafb0', '00112233445566778899aabbccddeeff'];
const HD = ['b1b2b3b4b5b6b7b8b9babbbcbdbebfb0', 'ffeeddccbbaa99887766554433221100'];
const base64url = (hex) => Buffer.from(hex, 'hex').toString('base64url');
const vault = new Map([AUDIO, HD].map(([kid, key]) => [base64url(kid), base64url(key)]));

let browser, folder, stage, licences;
const SEEK_S = 4.5;
const faults = [];

function answerLicence(request, response) {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    const { kids, type } = JSON.parse(body);
    licences.push(...kids);
    const keys = kids.map((kid) => ({ kty: 'oct', kid, k: vault.get(kid) }));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys, type }));
  });
}

function answerFile(request, response, root, name) {
  const file = path.join(root, path.normalize(name));
  if (!file.startsWith(root) || !existsSync(file)) return response.writeHead(404).end();
  const { size } = statSync(file);
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = asked ? Number(asked[1]) : 0;
  const end = asked && asked[2] !== '' ? Math.min(Number(asked[2]), size - 1) : size - 1;
  response.writeHead(asked ? 206 : 200, {
    'content-type': types[path.extname(file)] ?? 'application/octet-stream',
    'content-length': end - start + 1,
    'accept-ranges': 'bytes',
    ...(asked && { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  createReadStream(file, { start, end }).pipe(response);
}

function openStage() {
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://stage');
    if (pathname === '/license') return answerLicence(request, response);
    if (pathname.startsWith('/media/'))
      return answerFile(request, response, folder, pathname.slice('/media/'.length));
    return answerFile(request, response, here, pathname);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const origin = () => `http://127.0.0.1:${stage.address().port}`;

function packageClip(name, video, options) {
  const out = path.join(folder, name);
  const done = spawnSync(
    path.join(build, 'primrose'),
    ['package', '--video', video, '--audio', clip, '--out', out, ...options],
    { encoding: 'utf8', timeout: 60_000 },
  );
  assert.equal(done.status, 0, done.stderr);
}

const packages = [
  { name: 'cbcs', options: ['--drm', 'cbcs', '--key', AUDIO.join(':')], kids: [AUDIO] },
  { name: 'cenc', options: ['--drm', 'cenc', '--key', AUDIO.join(':')], kids: [AUDIO] },
  {
    name: 'cbcs-classes',
    options: ['--drm', 'cbcs', '--key', `${AUDIO.join(':')}:audio`, '--key', `${HD.join(':')}:hd`],
    kids: [AUDIO, HD],
  },
  {
    name: 'cenc-lead',
    options: ['--drm', 'cenc', '--key', AUDIO.join(':'), '--clear-lead', '3s'],
    kids: [AUDIO],
  },
  {
    name: 'cbcs-lead',
    options: ['--drm', 'cbcs', '--key', AUDIO.join(':'), '--clear-lead', '3s'],
    kids: [AUDIO],
  },
  {
    name: 'cbcs-av1',
    options: ['--drm', 'cbcs', '--key', AUDIO.join(':')],
    kids: [AUDIO],
    isAv1: true,
  },
  {
    name: 'cenc-av1',
    options: ['--drm', 'cenc', '--key', AUDIO.join(':')],
    kids: [AUDIO],
    isAv1: true,
  },
];

const players = [
  { kind: 'shaka', manifest: 'manifest.mpd' },
  { kind: 'dash.js', manifest: 'manifest.mpd' },
  // One key for all, from the first segment on: of several, and after a clear lead, it asks for none.
  { kind: 'hls.js', manifest: 'main.m3u8', plays: ['cbcs', 'cenc'] },
];

const frames = (page) =>
  page.evaluate(() => {
    const { totalVideoFrames, corruptedVideoFrames } = document
      .querySelector('video')
      .getVideoPlaybackQuality();
    return { totalVideoFrames, corruptedVideoFrames };
  });

// From the start, where a clear lead would be, and from behind it.
async function play(page, player, { name, kids }) {
  licences = [];
  await page.goto(`${origin()}/players/page.html`);
  await page.waitForFunction(() => 'openPlayer' in window);
  await page.evaluate(
    ([kind, url, license]) => window.openPlayer(kind, url, license),
    [player.kind, `${origin()}/media/${name}/${player.manifest}`, `${origin()}/license`],
  );
  const reach = (seconds) =>
    page.waitForFunction((t) => document.querySelector('video').currentTime >= t, seconds, {
      polling: 50,
    });
  await reach(0.8);
  await page.evaluate((t) => (document.querySelector('video').currentTime = t), SEEK_S);
  await reach(SEEK_S + 1);
  const { totalVideoFrames, corruptedVideoFrames } = await frames(page);
  assert.ok(totalVideoFrames > 25, `${totalVideoFrames} frames were shown`);
  assert.equal(corruptedVideoFrames, 0);
  for (const [kid] of kids)
    assert.ok(licences.includes(base64url(kid)), `no licence was asked for ${kid}`);
}

for (const made of packages)
  for (const player of players.filter(({ plays }) => plays?.includes(made.name) ?? true))
    test(`${made.name} plays on ${player.kind}, past a seek`, async () => {
      const page = await openPage(browser, {}, faults);
      try {
        await play(page, player, made);
      } finally {
        await page.context().close();
      }
    });

test('without the right key nothing is shown', async () => {
  const [right] = [vault.get(base64url(AUDIO[0]))];
  vault.set(base64url(AUDIO[0]), base64url('0123456789abcdef0123456789abcdef'));
  const page = await openPage(browser, {}, faults);
  page.setDefaultTimeout(8_000);
  try {
    await assert.rejects(play(page, players[0], packages[0]));
  } finally {
    vault.set(base64url(AUDIO[0]), right);
    await page.context().close();
  }
});

await run({
  before: async () => {
    if (whyNoBrowser) return { skip: whyNoBrowser };
    if (!existsSync(clip)) return { skip: `${clip} is not there: set PRIMROSE_SHARED` };
    folder = mkdtempSync(path.join(tmpdir(), 'primrose-encrypted-'));
    stage = await openStage();
    browser = await openBrowser();
    const av1 = ingestAv1(build, clip, folder);
    for (const { name, options, isAv1 } of packages)
      packageClip(name, isAv1 ? av1 : clip, [...options, '--license-url', `${origin()}/license`]);
    return {};
  },
  after: async () => {
    await browser?.close();
    stage?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  },
});
