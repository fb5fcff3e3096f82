// SPDX-License-Identifier: Apache-2.0
//
// Other people's parsers as judges of a package: playlists by hls-parser, the MPD by mpd-parser and
// by the schema of the standard, track files by mp4box and codem-isoboxer. Then the other way
// round: our inspector judges Shaka Packager.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { note, run, test } from './support/tap.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const source = process.env.PRIMROSE_SOURCE ?? join(here, '..', '..');
const primrose = join(process.env.PRIMROSE_BUILD ?? join(source, 'build'), 'primrose');
const shared = process.env.PRIMROSE_SHARED ?? join(source, '..', 'shared');
const schema = join(shared, 'schemas', 'dash', 'DASH-MPD.xsd');
const clip = join(shared, 'clips', 'croatia_1080p25_avc_aac.mp4');

const SECONDS = 7; // at 24000/1001: the last segment is a short one
const RATE = 24000 / 1001;

let folder, parsers;
const at = (...names) => join(folder, ...names);
const read = (name) => readFileSync(at('package', name), 'utf8');
const near = (a, b, slack, what) => assert.ok(Math.abs(a - b) <= slack, `${what}: ${a}, not ${b}`);

const ffmpeg = (...words) => execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...words]);
const picture = (name, size, quality) =>
  ffmpeg(
    '-f',
    'lavfi',
    '-i',
    `testsrc2=s=${size}:r=24000/1001:d=${SECONDS}`,
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-bf',
    '2',
    '-crf',
    quality,
    '-g',
    '48',
    '-keyint_min',
    '48',
    '-sc_threshold',
    '0',
    '-pix_fmt',
    'yuv420p',
    at(name),
  );
const sound = (name, hertz) =>
  ffmpeg(
    '-f',
    'lavfi',
    '-i',
    `sine=f=${hertz}:r=48000:d=${SECONDS}`,
    '-c:a',
    'aac',
    '-ac',
    '2',
    '-b:a',
    '96k',
    at(name),
  );

async function before() {
  if (!existsSync(join(here, 'node_modules')))
    return {
      skip: 'the npm modules of tests/browser are not installed: npm ci there, or make test',
    };
  parsers = {
    hls: await import('hls-parser'),
    mpd: await import('mpd-parser'),
    mp4box: await import('mp4box'),
    isoboxer: (await import('codem-isoboxer')).default,
  };
  folder = mkdtempSync(join(tmpdir(), 'primrose-manifests-'));
  picture('high.mp4', '640x360', '23');
  picture('low.mp4', '320x180', '33');
  sound('en.mp4', 330);
  sound('de.mp4', 440);
  writeFileSync(at('en.srt'), '1\n00:00:01,000 --> 00:00:02,500\nHello <i>you</i>\n');
  execFileSync(primrose, [
    'package',
    '--video',
    at('high.mp4'),
    '--video',
    at('low.mp4'),
    '--audio',
    `${at('en.mp4')}:en`,
    '--audio',
    `${at('de.mp4')}:de:dub`,
    '--text',
    `${at('en.srt')}:en:caption`,
    '--out',
    at('package'),
  ]);
  return {};
}

const variants = () =>
  parsers.hls.parse(read('main.m3u8')).variants.filter((variant) => !variant.isIFrameOnly);
const media = (name) => parsers.hls.parse(read(name));

test('hls-parser reads the multivariant playlist as it was meant', () => {
  const playlist = parsers.hls.parse(read('main.m3u8'));
  assert.equal(playlist.isMasterPlaylist, true);
  assert.equal(playlist.independentSegments, true);
  assert.deepEqual(
    variants().map((variant) => variant.uri),
    ['v-360p.m3u8', 'v-180p.m3u8'],
  );
  for (const variant of variants()) {
    assert.match(variant.codecs, /^avc1\.[0-9A-Fa-f]{6},mp4a\.40\.2$/);
    assert.equal(variant.frameRate, 23.976);
    assert.ok(variant.bandwidth > variant.averageBandwidth);
    assert.deepEqual(
      variant.audio.map((rendition) => [
        rendition.language,
        rendition.isDefault,
        rendition.channels,
      ]),
      [
        ['en', true, '2'],
        ['de', false, '2'],
      ],
    );
    const [captions] = variant.subtitles;
    assert.match(captions.characteristics, /transcribes-spoken-dialog.*describes-music-and-sound/);
  }
  const { width, height } = variants()[0].resolution;
  assert.deepEqual([width, height], [640, 360]);
});

test('media playlists tile their files and last as long as the title', () => {
  for (const name of ['v-360p', 'v-180p', 'a-en', 'a-de-dub']) {
    const playlist = media(`${name}.m3u8`);
    assert.equal(playlist.endlist, true);
    assert.equal(playlist.targetDuration, 2);
    const size = readFileSync(at('package', `${name}.mp4`)).length;
    let offset = null;
    let seconds = 0;
    for (const segment of playlist.segments) {
      assert.equal(segment.uri, `${name}.mp4`);
      if (offset !== null) assert.equal(segment.byterange.offset, offset);
      offset = segment.byterange.offset + segment.byterange.length;
      seconds += segment.duration;
    }
    assert.equal(offset, size);
    near(seconds, SECONDS, name.startsWith('v') ? 1 / RATE : 0.05, `${name} lasts`);
    assert.equal(playlist.segments[0].map.byterange.offset, 0);
  }
});

test('I-frame playlists take the head of each segment', () => {
  const whole = media('v-360p.m3u8').segments;
  const keys = media('v-360p-iframe.m3u8');
  assert.equal(keys.isIFrame, true);
  assert.equal(keys.segments.length, whole.length);
  keys.segments.forEach((key, index) => {
    assert.equal(key.byterange.offset, whole[index].byterange.offset);
    assert.ok(key.byterange.length < whole[index].byterange.length);
  });
});

test('mpd-parser finds the same media, languages and codecs', () => {
  const { parse } = parsers.mpd;
  const manifest = parse(read('manifest.mpd'), {
    manifestUri: 'https://cdn.example/film/manifest.mpd',
  });
  near(manifest.duration, SECONDS, 1 / RATE, 'the presentation lasts');
  assert.deepEqual(
    manifest.playlists.map((playlist) => playlist.attributes.NAME),
    ['v-360p', 'v-180p'],
  );
  const hls = new Map(variants().map((variant) => [variant.uri.replace('.m3u8', ''), variant]));
  for (const playlist of manifest.playlists) {
    const { CODECS, BANDWIDTH, NAME } = playlist.attributes;
    assert.ok(
      hls.get(NAME).codecs.startsWith(CODECS),
      `${NAME}: ${CODECS} in the MPD, ${hls.get(NAME).codecs} in HLS`,
    );
    assert.ok(hls.get(NAME).bandwidth > BANDWIDTH); // HLS adds the audio
    assert.equal(playlist.attributes['FRAME-RATE'], RATE);
    assert.equal(playlist.sidx.resolvedUri, `https://cdn.example/film/${NAME}.mp4`);
  }
  const audio = manifest.mediaGroups.AUDIO.audio;
  assert.deepEqual(
    Object.values(audio).map((group) => group.language),
    ['en', 'de'],
  );
  assert.equal(Object.values(manifest.mediaGroups.SUBTITLES.subs)[0].language, 'en');
});

test('the MPD is valid by the schema of ISO/IEC 23009-1', () => {
  if (!existsSync(schema)) return { skip: `no schema at ${schema}` };
  const checked = spawnSync('xmllint', [
    '--nonet',
    '--noout',
    '--schema',
    schema,
    at('package', 'manifest.mpd'),
  ]);
  assert.equal(checked.status, 0, String(checked.stderr));
  return {};
});

test('mp4box reads every track file whole, with brands and codecs as told', async () => {
  for (const name of readdirSync(at('package')).filter((file) => file.endsWith('.mp4'))) {
    const file = parsers.mp4box.createFile();
    const bytes = readFileSync(at('package', name));
    const info = await new Promise((ready, failed) => {
      file.onReady = ready;
      file.onError = failed;
      const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
      buffer.fileStart = 0;
      file.appendBuffer(buffer);
      file.flush();
    });
    assert.equal(info.isFragmented, true);
    assert.ok(info.brands.includes('cmfc'), `${name}: ${info.brands}`);
    assert.equal(info.tracks.length, 1);
    const [track] = info.tracks;
    const told = name.startsWith('v')
      ? variants()
          .find((variant) => variant.uri === name.replace('.mp4', '.m3u8'))
          .codecs.split(',')[0]
      : 'mp4a.40.2';
    assert.equal(track.codec.toLowerCase(), told.toLowerCase());
    const samples = file.getTrackById(track.id).samples ?? [];
    const expected = name.startsWith('v')
      ? Math.round(SECONDS * RATE)
      : Math.ceil((SECONDS * 48000 + 1024) / 1024);
    near(samples.length, expected, 1, `${name} has samples`);
  }
});

test('codem-isoboxer agrees on fragments, times and the index', () => {
  for (const name of ['v-360p', 'a-de-dub']) {
    const bytes = readFileSync(at('package', `${name}.mp4`));
    const parsed = parsers.isoboxer.parseBuffer(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    );
    const [sidx] = parsed.fetchAll('sidx');
    const moofs = parsed.fetchAll('moof');
    const times = parsed.fetchAll('tfdt').map((box) => box.baseMediaDecodeTime);
    assert.equal(sidx.references.length, moofs.length);
    // The index counts what is presented: without the priming that the edit list skips.
    const priming = parsed.fetchAll('elst')[0]?.entries[0].media_time ?? 0;
    let offset = sidx._offset + sidx.size + Number(sidx.first_offset);
    let time = Number(sidx.earliest_presentation_time);
    sidx.references.forEach((reference, index) => {
      assert.equal(moofs[index]._offset, offset);
      assert.equal(Math.max(0, times[index] - priming), time);
      offset += reference.referenced_size;
      time += reference.subsegment_duration;
    });
    assert.equal(offset, bytes.length);
  }
});

const inspect = (path) => {
  const inspected = spawnSync(primrose, ['inspect', '--json', path], { encoding: 'utf8' });
  return { status: inspected.status, ...JSON.parse(inspected.stdout) };
};

test('our inspector has nothing to say of our package', () => {
  const report = inspect(at('package'));
  assert.deepEqual(report.findings, []);
  assert.equal(report.status, 0);
});

function shakaPackage(name, inputs, extra) {
  const packager = join(here, 'node_modules', 'shaka-packager', 'index.js');
  mkdirSync(at(name));
  const made = spawnSync(
    process.execPath,
    [
      packager,
      ...inputs,
      '--segment_duration',
      '2',
      '--mpd_output',
      'manifest.mpd',
      '--hls_master_playlist_output',
      'main.m3u8',
      ...extra,
    ],
    { cwd: at(name), encoding: 'utf8' },
  );
  assert.equal(made.status, 0, made.stderr);
}

test('our inspector reads a package of Shaka Packager, byte ranges and all', () => {
  shakaPackage(
    'shaka',
    [
      `in=${at('high.mp4')},stream=video,output=v1.mp4,iframe_playlist_name=v1i.m3u8`,
      `in=${at('low.mp4')},stream=video,output=v2.mp4`,
      `in=${at('en.mp4')},stream=audio,output=a.mp4,hls_group_id=a,hls_name=en`,
    ],
    [],
  );
  const report = inspect(at('shaka'));
  note(
    report.findings
      .map(({ severity, rule, where, sentence }) => `${severity} ${rule} ${where}: ${sentence}`)
      .join('\n'),
  );
  assert.equal(report.manifests, 2);
  assert.equal(report.segments, 12);
  const unread = report.findings.filter(({ rule }) =>
    ['manifest', 'media', 'range', 'file-missing', 'index'].includes(rule),
  );
  assert.deepEqual(unread, []);
});

test('and sees its known faults on in-band parameter sets', () => {
  if (!existsSync(clip)) return { skip: `no clip at ${clip}` };
  shakaPackage(
    'croatia',
    [
      `in=${clip},stream=video,init_segment=v/init.mp4,segment_template=v/$Number$.m4s`,
      `in=${clip},stream=audio,init_segment=a/init.mp4,segment_template=a/$Number$.m4s,hls_group_id=a,hls_name=en`,
    ],
    ['--generate_static_live_mpd'],
  );
  const report = inspect(at('croatia'));
  const seen = new Set(report.findings.map(({ rule }) => rule));
  for (const rule of ['cmaf-brand', 'aspect', 'codec-media', 'codec-twins'])
    assert.ok(seen.has(rule), `${rule} is not among ${[...seen]}`);
  assert.ok(report.findings.some(({ sentence }) => sentence.includes('65535:65535')));
  assert.equal(report.status, 1);
  return {};
});

const after = () => {
  if (folder) rmSync(folder, { recursive: true, force: true });
};

await run({ before, after });
