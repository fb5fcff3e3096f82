// SPDX-License-Identifier: Apache-2.0
//
// The web app's pure parts, and its types. The modules are bundled for Node with the browser's few globals put in.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { run, test } from '../browser/support/tap.mjs';

const web = fileURLToPath(new URL('../../web', import.meta.url));
const require = createRequire(path.join(web, 'package.json'));

const kept = new Map();
globalThis.keptStorage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => {
    if (globalThis.isStorageFull) throw new Error('full');
    kept.set(key, value);
  },
};
globalThis.pretendHistory = { state: {}, replaceState() {} };

async function load(names) {
  const folder = mkdtempSync(path.join(tmpdir(), 'primrose-web-'));
  try {
    const { outputFiles } = await require('esbuild').build({
      stdin: {
        contents: names.map((name) => `export * from './src/${name}';`).join('\n'),
        resolveDir: web,
      },
      bundle: true,
      format: 'esm',
      platform: 'node',
      write: false,
      jsx: 'automatic',
      jsxImportSource: 'preact',
      external: ['shaka-player'],
      define: {
        localStorage: 'keptStorage',
        history: 'pretendHistory',
        'navigator.languages': '["en-GB"]',
      },
    });
    const file = path.join(folder, 'values.mjs');
    writeFileSync(file, outputFiles[0].text);
    return await import(pathToFileURL(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

let app;

test('chunks of one state are drawn as one field', () => {
  assert.deepEqual(app.runsOf('ddlr'), [
    ['d', 0, 2],
    ['l', 2, 1],
    ['r', 3, 1],
  ]);
  assert.deepEqual(app.runsOf('.'), [['.', 0, 1]]);
  assert.equal(app.runsOf('d'.repeat(3600)).length, 1);
});

test('the sources are well typed', () => {
  const tsc = require.resolve('typescript/package.json').replace('package.json', 'bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', web], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout);
});

test('the sources are formatted as prettier does it', () => {
  const prettier = require
    .resolve('prettier/package.json')
    .replace('package.json', 'bin/prettier.cjs');
  const config = path.join(web, 'package.json');
  const tests = fileURLToPath(new URL('..', import.meta.url));
  const files = [web, path.join(tests, 'web'), path.join(tests, 'browser')].flatMap((folder) => [
    `${folder}/*.mjs`,
    `${folder}/{src,support,players}/**/*.{ts,tsx,css,js,mjs}`,
  ]);
  const args = [
    prettier,
    '--config',
    config,
    '--list-different',
    '--no-error-on-unmatched-pattern',
  ];
  const { stdout, stderr } = spawnSync(process.execPath, [...args, ...files], { encoding: 'utf8' });
  assert.equal(stdout + stderr, '', 'run: npm run format --prefix web');
});

test('addresses become pages, and nothing else does', () => {
  const page = (url) => app.parse(new URL(url, 'http://house'));
  assert.deepEqual(page('/'), { page: 'browse' });
  assert.deepEqual(page('/title/t%C3%A9'), { page: 'title', id: 'té' });
  const watch = (startMs, isKept = false) => ({ page: 'watch', id: 'one', startMs, isKept });
  assert.deepEqual(page('/watch/one?t=12.5'), watch(12500));
  assert.deepEqual(page('/watch/one?t=-1'), watch(null));
  assert.deepEqual(page('/watch/one?t=soon'), watch(null));
  assert.deepEqual(page(app.keptPath('one')), watch(null, true));
  assert.deepEqual(page('/downloads'), { page: 'downloads' });
  for (const wrong of [
    '/operators/',
    '/operators/a/b/c',
    '/toString',
    '/title/',
    '/title/a/b',
    '/titles',
    '/watch',
    '/title/%E0%A4%A',
  ])
    assert.deepEqual(page(wrong), { page: 'missing' });
  assert.deepEqual(page(app.titlePath('a/b ?')), { page: 'title', id: 'a/b ?' });
  assert.deepEqual(page('/sign-in?to=%2F'), { page: 'sign-in' });
  assert.deepEqual(page('/operators/log'), { page: 'operators', section: 'log', id: null });
  assert.deepEqual(page('/operators/members/member_1'), {
    page: 'operators',
    section: 'members',
    id: 'member_1',
  });
});

test('after signing in one comes to pages of this app alone', () => {
  assert.equal(app.destination('?to=%2Ftitle%2Fone%3Ft%3D1'), '/title/one?t=1');
  for (const wrong of ['', '?to=', '?to=%2F%2Fevil', '?to=%2F%5Cevil', '?to=https%3A%2F%2Fevil'])
    assert.equal(app.destination(wrong), '/');
});

test('a kept licence holds its clocks', () => {
  const day = 86_400_000;
  const sealed = (change) => ({
    ...{ keys: [], issuedAt: 100 * day, startBy: 130 * day, endsAt: 132 * day },
    ...{ playWithinMs: 2 * day, startedAt: 0, latestAt: 100 * day, ...change },
  });
  for (const [change, now, expected] of [
    [{}, 100 * day, null],
    [{}, 100 * day - 119_000, null], // honest clocks differ
    [{}, 100 * day - 121_000, 'clock'],
    [{}, 130 * day - 1, null],
    [{}, 130 * day, 'late'],
    [{ startedAt: 129 * day, latestAt: 129 * day }, 131 * day - 1, null],
    [{ startedAt: 129 * day, latestAt: 129 * day }, 131 * day, 'over'],
    [{ startedAt: 129 * day, latestAt: 130 * day }, 129 * day, 'clock'],
    [{ endsAt: 110 * day }, 110 * day, 'over'], // a right that ends sooner
  ])
    assert.equal(app.refusal(sealed(change), now), expected, `${JSON.stringify(change)} at ${now}`);
});

test('the design language names the tokens as they are', () => {
  const css = readFileSync(path.join(web, 'src/style/tokens.css'), 'utf8');
  const text = readFileSync(path.join(web, '../docs/design-language.md'), 'utf8');
  const named = [...text.matchAll(/`(--[a-z-]+)`/g)].map(([, token]) => token);
  assert.ok(named.length > 20);
  for (const token of named) assert.ok(css.includes(`${token}:`), `${token} is not in tokens.css`);
  const colours = [...text.matchAll(/`(#[0-9a-f]{6})`/g)].map(([, colour]) => colour);
  assert.ok(colours.length > 15);
  for (const colour of colours) assert.ok(css.includes(colour), `${colour} is not in tokens.css`);
});

const MARKS = [
  { kind: 'recap', start_ms: 0, end_ms: 10_000 },
  { kind: 'intro', start_ms: 10_000, end_ms: 20_000 },
  { kind: 'credits', start_ms: 90_000, end_ms: 100_000 },
];

test('what runs now is offered to be skipped, until it is nearly over', () => {
  const at = (ms) => app.markAt(MARKS, ms)?.kind ?? null;
  assert.equal(at(0), 'recap');
  assert.equal(at(9_000), null, 'over before one has pressed');
  assert.equal(at(10_000), 'intro');
  assert.equal(at(50_000), null);
});

test('the next episode is offered from the credits on, or shortly before the end', () => {
  assert.equal(app.isEnding(MARKS, 89_999, 100_000), false);
  assert.equal(app.isEnding(MARKS, 90_000, 100_000), true);
  assert.equal(app.isEnding([], 79_000, 100_000), false);
  assert.equal(app.isEnding([], 80_000, 100_000), true);
  assert.equal(app.isEnding([], 0, 0), false, 'before the film is there');
});

test('series and people have addresses of their own', () => {
  const parse = (path) => app.parse(new URL(path, 'http://house.example'));
  assert.deepEqual(parse('/series/the-harbour'), { page: 'series', id: 'the-harbour' });
  assert.deepEqual(parse('/person/iris'), { page: 'person', id: 'iris' });
  assert.deepEqual(parse('/operators/titles/film'), {
    page: 'operators',
    section: 'titles',
    id: 'film',
  });
});

// Every word of a table: [path, text or what a function makes of numbers and names].
function wordsOf(table, at = '') {
  return Object.entries(table).flatMap(([key, value]) => {
    if (typeof value === 'function')
      return [1, 2, 5, 11].map((n) => [`${at}${key}(${n})`, value(n, n)]);
    return typeof value === 'object' ? wordsOf(value, `${at}${key}.`) : [[`${at}${key}`, value]];
  });
}

test('every language has every word, and is not English', () => {
  const english = wordsOf(app.en);
  assert.ok(english.length > 300);
  for (const [language, table] of Object.entries({ es: app.es, de: app.de, ar: app.ar })) {
    const theirs = wordsOf(table);
    const paths = (all) => all.map(([at]) => at);
    assert.deepEqual(paths(theirs), paths(english), language);
    for (const [at, text] of theirs) assert.ok(String(text).trim() !== '', `${language}: ${at}`);
    const same = theirs.filter(([, text], index) => text === english[index][1]);
    assert.ok(same.length < english.length / 6, `${language}: ${same.map(([at]) => at).join(' ')}`);
  }
  assert.match(app.ar.signIn.heading, /\p{Script=Arabic}/u);
  assert.equal(app.ar.search.found(2), 'عنوانان');
  assert.equal(app.ar.search.found(11), '11 عنوانًا');
});

test('an arrow leads to the nearest in its row, and down to the nearest below', () => {
  const box = (left, top) => ({ left, top, right: left + 100, bottom: top + 60 });
  const here = box(200, 100);
  assert.equal(app.distance(here, box(0, 100), 'right'), null);
  assert.equal(app.distance(here, box(320, 200), 'right'), null, 'of the row below');
  assert.ok(
    app.distance(here, box(320, 100), 'right') < app.distance(here, box(440, 100), 'right'),
  );
  assert.ok(app.distance(here, box(200, 180), 'down') < app.distance(here, box(320, 180), 'down'));
  assert.ok(app.distance(here, box(320, 180), 'down') < app.distance(here, box(200, 700), 'down'));
  assert.equal(app.distance(here, box(200, 100), 'up'), null);
});

test('the newest place stands, whether the house or this browser knows it', () => {
  kept.clear();
  const place = (ms, at) => ({ ms, duration_ms: 60_000, at });
  app.mirrorPositions({ a: place(9000, 1000) }, 500_000);
  app.savePosition('b', 8000, 60_000);
  app.mirrorPositions({ a: place(7000, 2000) }, Date.now());
  assert.deepEqual(app.position('a'), place(7000, 2000));
  assert.equal(app.position('b').ms, 8000, 'it is on its way');
  app.mirrorPositions({}, Date.now() + 120_000);
  assert.deepEqual(app.positions(), {});
  kept.clear();
});

test('a device is named as people would', () => {
  const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36';
  assert.equal(app.deviceName(chrome), 'Chrome on Linux');
  assert.equal(app.deviceName('x'), 'Browser');
});

test('times read as people read them', () => {
  assert.equal(app.clock(0), '0:00');
  assert.equal(app.clock(59_999), '0:59');
  assert.equal(app.clock(3_723_000), '1:02:03');
  assert.equal(app.clock(-5), '0:00');
  assert.equal(app.runtime(45_000), '45 sec');
  assert.equal(app.runtime(5_520_000), '1 hr 32 min');
  assert.equal(app.runtime(7_190_000), '2 hr');
  assert.equal(app.spokenTime(0), '0 seconds');
  assert.equal(app.spokenTime(72_000), '1 minute 12 seconds');
  assert.equal(app.bitrate(999_000), '999 kb/s');
  assert.equal(app.bitrate(6_990_000), '6.99 Mb/s');
  assert.equal(app.languageName('es'), 'Spanish');
  assert.equal(app.languageName('not a tag'), 'not a tag');
});

test('a moment has its tile, the last one included', () => {
  const board = {
    url: '/s-%d.jpg',
    tile_width: 160,
    tile_height: 90,
    columns: 3,
    rows: 2,
    tile_ms: 1000,
    sheet_count: 2,
  };
  const at = (ms) => app.tileAt(board, ms);
  assert.deepEqual([at(0).url, at(0).x, at(0).y], ['/s-0.jpg', 0, 0]);
  assert.deepEqual([at(4_999).x, at(4_999).y], [160, 90]);
  assert.deepEqual([at(6_000).url, at(6_000).x, at(6_000).y], ['/s-1.jpg', 0, 0]);
  assert.deepEqual([at(1e9).url, at(1e9).x, at(1e9).y], ['/s-1.jpg', 320, 90]);
  assert.deepEqual([at(-1).url, at(-1).x], ['/s-0.jpg', 0]);
  assert.deepEqual([at(0).sheetWidth, at(0).sheetHeight], [480, 180]);
});

test('tracks for those who do not see or hear are told apart', () => {
  assert.equal(app.badgeOf(['description']), 'AD');
  assert.equal(app.badgeOf(['main', 'visually impaired']), 'AD');
  assert.equal(app.badgeOf(['caption']), 'SDH');
  assert.equal(app.badgeOf(['subtitle']), null);
  assert.equal(app.keyOf('en', ['description']), 'en/AD');
  assert.equal(app.keyOf('en', ['main']), app.keyOf('en', ['dub']));
  assert.equal(app.nameOf('und', 'Director'), 'Director');
});

test('what a profile wishes becomes tracks of the title, where it has them', () => {
  const tracks = [
    { kind: 'audio', language: 'en', role: 'main' },
    { kind: 'audio', language: 'es', role: 'dub' },
    { kind: 'audio', language: 'en', role: 'description' },
    { kind: 'text', language: 'fr', role: 'subtitle' },
  ];
  const wish = (audio, text, isDescribed) => app.wished(tracks, { audio, text, isDescribed });
  assert.deepEqual(wish('', '', false), { audio: null, text: null });
  assert.deepEqual(wish('es', 'fr', false), { audio: 'es', text: 'fr' });
  assert.deepEqual(wish('', '', true), { audio: 'en/AD', text: null });
  assert.deepEqual(wish('es', '', true), { audio: 'es', text: null }, 'no description in Spanish');
  assert.deepEqual(wish('de', 'de', false), { audio: null, text: null });
});

test('positions are kept where they are worth resuming, newest first, and bounded', () => {
  assert.equal(app.isWorthResuming(4_000, 45_000), false);
  assert.equal(app.isWorthResuming(20_000, 45_000), true);
  assert.equal(app.isWorthResuming(43_000, 45_000), false);
  app.savePosition('one', 20_000, 45_000);
  assert.equal(app.position('one').ms, 20_000);
  app.savePosition('one', 44_900, 45_000);
  assert.equal(app.position('one'), null);
  for (let i = 0; i < 250; i++) app.savePosition(`t${i}`, 10_000, 45_000);
  assert.equal(Object.keys(app.positions()).length, 200);
});

test('a storage that is full or spoilt is as good as none', () => {
  globalThis.isStorageFull = true;
  app.savePreferences({ volume: 0.2 });
  globalThis.isStorageFull = false;
  assert.equal(app.preferences().volume, 1);
  for (const spoilt of ['{"ms":', '7', 'null', '"x"']) {
    kept.set('primrose.positions', spoilt);
    assert.equal(app.position('one'), null);
  }
});

test('faults of the engine become sentences', () => {
  const message = (category, code, data) => app.explain({ category, code, data }).message;
  assert.match(message(1, 1001, ['/x', 404]), /missing/);
  assert.match(message(1, 1002), /did not arrive/);
  assert.match(message(4, 4000), /description/);
  assert.match(message(4, 4032), /cannot decode/);
  assert.match(message(6, 6007), /licence/);
  assert.equal(app.explain(new TypeError('odd')).code, 'TypeError: odd');
});

await run({
  before: async () => {
    app = await load([
      'router',
      'downloads/vault',
      'words/en',
      'words/es',
      'words/de',
      'words/ar',
      'pages/operators/chunks',
      'remote',
      'standing',
      'household',
      'player/marks',
      'format',
      'tracks',
      'memory',
      'player/storyboard',
      'player/fault',
    ]);
  },
  after: () => {},
});
