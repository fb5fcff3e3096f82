// SPDX-License-Identifier: Apache-2.0
//
// A film on four players, and encrypted on ours, each behind a link of its own that replays the same
// recorded trace from the same moment (tests/browser/support/link.mjs). Two players run at a time. What is measured
// is read off the video element, alike for all: stalls after the first frame, and the height of the
// picture every 100 ms, weighed with the average rate of that rung.
//
// The film is the demo (45 s); with --minutes N a made-up one of that length in three rungs, kept in
// the build folder. The traces are 3G recordings of PRIMROSE_SHARED (or ../shared) whose means lie
// within the ladders, 0.24 to 0.83 Mb/s with sound, so that they need no scaling. Few runs: they show that the
// rule works in a browser as in the simulator, they do not rank rules (bench/abr does).
import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { openBrowser, openPage, whyNoBrowser } from '../../tests/browser/support/browser.mjs';
import { LOCKED, TITLE, openLockedHouse, serve } from '../../tests/browser/support/house.mjs';
import { Link, replay } from '../../tests/browser/support/link.mjs';

const { values: options } = parseArgs({
  options: {
    traces: { type: 'string', default: '3' },
    minutes: { type: 'string' }, // of a made-up film; without it, the demo
    json: { type: 'boolean', default: false },
  },
});

const root = fileURLToPath(new URL('../..', import.meta.url));
const shared = process.env.PRIMROSE_SHARED ?? path.join(root, '../shared');
const traces = [
  { file: 'hsdpa-no/report.2010-09-13_1046CEST-0.csv', fromMs: 60_000 },
  { file: 'hsdpa-no/report.2010-09-20_1542CEST-0.csv', fromMs: 120_000 },
  { file: 'hsdpa-no/report.2010-09-20_1542CEST-1.csv', fromMs: 200_000 },
].slice(0, Number(options.traces));
const DELAY_MS = 100; // as index.csv has it for these
const MINUTES = Number(options.minutes ?? 0);
const RUN_MS_MAX = 150_000 + MINUTES * 90_000;

const stageRoot = path.join(root, 'tests/browser');
const types = { '.html': 'text/html', '.js': 'text/javascript' };

function openStage() {
  const server = http.createServer((request, response) => {
    const file = path.join(stageRoot, path.normalize(new URL(request.url, 'http://s').pathname));
    if (!file.startsWith(stageRoot) || !existsSync(file) || !types[path.extname(file)])
      return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': types[path.extname(file)] });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

// In the page: samples of the one video element, from the moment it is asked to play.
function sample() {
  const seen = { firstMs: null, stallMs: 0, stalls: 0, heights: [], switches: 0, isOver: false };
  window.seen = seen;
  const begun = performance.now();
  let last = begun;
  let wasStalled = false;
  const timer = setInterval(() => {
    const video = document.querySelector('video');
    const now = performance.now();
    const passed = now - last;
    last = now;
    if (!video) return;
    if (seen.firstMs === null) {
      if (video.currentTime > 0 && video.readyState >= 2) seen.firstMs = now - begun;
      return;
    }
    if (video.ended || video.currentTime > video.duration - 0.3) {
      seen.isOver = true;
      return clearInterval(timer);
    }
    const isStalled = video.readyState < 3 && !video.seeking;
    if (isStalled) seen.stallMs += passed;
    if (isStalled && !wasStalled) seen.stalls++;
    wasStalled = isStalled;
    if (seen.heights.length > 0 && seen.heights.at(-1) !== video.videoHeight) seen.switches++;
    seen.heights.push(video.videoHeight);
  }, 100);
}

const watchOurs = (id) => async (page, address) => {
  await page.goto(`${address}/title/${id}`);
  await page.waitForLoadState('networkidle', { timeout: 60_000 });
  await page.evaluate(sample);
  await page.getByRole('link', { name: 'Play', exact: true }).click();
};

const watchTheirs = (kind, which) => async (page, address, stage, manifests) => {
  await page.goto(`http://127.0.0.1:${stage.address().port}/players/page.html`);
  await page.waitForFunction(() => 'openPlayer' in window);
  await page.evaluate(sample);
  await page.evaluate(
    ([name, url]) => window.openPlayer(name, url),
    [kind, new URL(manifests[which], address).href],
  );
};

const players = {
  primrose: watchOurs(TITLE),
  'primrose, encrypted': watchOurs(LOCKED),
  shaka: watchTheirs('shaka', 'dash'),
  'hls.js': watchTheirs('hls.js', 'hls'),
  'dash.js': watchTheirs('dash.js', 'dash'),
};

async function runOne(name, trace, { browser, house, stage, manifests, kbpsOf }) {
  const at = replay(readFileSync(path.join(shared, 'traces', trace.file), 'utf8'));
  const link = new Link({ kbps: (ms) => at(ms + trace.fromMs), delayMs: DELAY_MS });
  const address = await link.open(house.url);
  const page = await openPage(browser, {}, []);
  page.setDefaultTimeout(RUN_MS_MAX);
  try {
    link.begin();
    await players[name](page, address, stage, manifests);
    await page
      .waitForFunction(() => window.seen?.isOver, null, { timeout: RUN_MS_MAX, polling: 500 })
      .catch(() => {});
    const seen = await page.evaluate(() => window.seen);
    const playedMs = seen.heights.length * 100 - seen.stallMs;
    const kbps = seen.heights.reduce((sum, height) => sum + (kbpsOf.get(height) ?? 0), 0);
    return {
      player: name,
      trace: trace.file,
      start_ms: Math.round(seen.firstMs ?? NaN),
      stalls: seen.stalls,
      rebuffer_pct: (100 * seen.stallMs) / (seen.stallMs + playedMs),
      kbps: kbps / Math.max(1, seen.heights.length),
      switches: seen.switches,
      is_over: seen.isOver,
    };
  } finally {
    await page.context().close();
    await link.close();
  }
}

const rung = (name, width, height, kbps) => ({
  ...{ name, width, height, encoder: 'x264', preset: 'veryfast', crf_tenths: 230, range: 'sdr' },
  ...{ maxrate_bps: kbps * 1000, bufsize_bits: kbps * 2000 },
});
const LADDER = {
  rungs: [rung('360p', 640, 360, 600), rung('270p', 480, 270, 300), rung('180p', 320, 180, 130)],
};

function must(command, ...args) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 24 });
  if (status !== 0) throw new Error(`${path.basename(command)} ${args[0]}: ${stderr}`);
}

// A house with a long film in the clear and encrypted, made once: pictures that move and differ, so
// that the rungs' rates are what they say.
async function openLongHouse() {
  const build = process.env.PRIMROSE_BUILD ?? path.join(root, 'build');
  const folder = path.join(build, `bench-long-${MINUTES}`);
  const [film, ladder, data] = ['film.mp4', 'ladder.json', 'data'].map((n) => path.join(folder, n));
  if (!existsSync(path.join(folder, 'ready'))) {
    mkdirSync(folder, { recursive: true });
    const seconds = MINUTES * 60;
    must(
      'ffmpeg',
      ...['-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=s=640x360:r=24:d=${seconds}`],
      ...['-f', 'lavfi', '-i', `sine=frequency=330:sample_rate=48000:duration=${seconds}`],
      ...['-vf', 'noise=alls=12:allf=t', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '12'],
      ...['-c:a', 'aac', film],
    );
    writeFileSync(ladder, JSON.stringify(LADDER));
    for (const [id, drm] of [
      [TITLE, 'none'],
      [LOCKED, 'cbcs'],
    ])
      must(
        path.join(build, 'primrose'),
        ...['ingest', film, '--id', id, '--ladder', ladder, '--drm', drm, '--data', data],
      );
    writeFileSync(path.join(folder, 'ready'), '');
  }
  return serve(data);
}

if (whyNoBrowser) throw new Error(whyNoBrowser);
if (!existsSync(path.join(shared, 'traces'))) {
  console.log(`bench/players: skipped, no traces at ${shared}/traces (PRIMROSE_SHARED)`);
  process.exit(0);
}
const house = await (MINUTES > 0 ? openLongHouse() : openLockedHouse());
const stage = await openStage();
const browser = await openBrowser();
const results = [];
try {
  const title = await (await fetch(`${house.url}/v1/titles/${TITLE}`)).json();
  const kbpsOf = new Map(
    title.tracks
      .filter(({ kind }) => kind === 'video')
      .map(({ height, bandwidth_average_bps }) => [height, bandwidth_average_bps / 1000]),
  );
  const play = await fetch(`${house.url}/v1/playback`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title_id: TITLE }),
  });
  const { manifests } = await play.json();
  const stageHand = { browser, house, stage, manifests, kbpsOf };
  const names = Object.keys(players);
  if (!options.json)
    console.log('player               start ms  stalls  rebuffering %   kb/s  switches  trace');
  for (const trace of traces)
    for (let i = 0; i < names.length; i += 2)
      for (const one of await Promise.all(
        names.slice(i, i + 2).map((name) => runOne(name, trace, stageHand)),
      )) {
        results.push(one);
        if (options.json) continue;
        const { player, start_ms, stalls, rebuffer_pct, kbps, switches, is_over } = one;
        console.log(
          `${player.padEnd(19)} ${String(start_ms).padStart(9)} ${String(stalls).padStart(7)} ` +
            `${rebuffer_pct.toFixed(2).padStart(14)} ${kbps.toFixed(0).padStart(6)} ` +
            `${String(switches).padStart(9)}  ${trace.file}${is_over ? '' : ' (not over)'}`,
        );
      }
  if (options.json) console.log(JSON.stringify(results, null, 2));
} finally {
  await browser.close();
  stage.close();
  await house.close();
}
