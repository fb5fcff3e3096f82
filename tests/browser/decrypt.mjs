// SPDX-License-Identifier: Apache-2.0
//
// Our ciphertext before a judge that we did not write: shaka-packager decrypts each track with the
// raw key, and every sample must be what it was; and it encrypts the same clip, and its subsamples
// must be ours, byte for byte.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { ingestAv1 } from './support/av1.mjs';
import { note, run, test } from './support/tap.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const source = process.env.PRIMROSE_SOURCE ?? path.join(here, '../..');
const build = process.env.PRIMROSE_BUILD ?? path.join(source, 'build');
const clips = path.join(process.env.PRIMROSE_SHARED ?? path.join(source, '../shared'), 'clips');
const judge = path.join(here, 'node_modules/shaka-packager/bin/packager-linux-x64');

const KID = 'a1a2a3a4a5a6a7a8a9aaabacadaeafb0';
const KEY = '00112233445566778899aabbccddeeff';
const keys = ['--keys', `label=:key_id=${KID}:key=${KEY}`];

let folder, ownAv1;

function must(command, args) {
  const done = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000, maxBuffer: 1 << 28 });
  assert.equal(done.status, 0, `${path.basename(command)} ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

// Packages one track and answers its file.
function packaged(name, kind, clip, options) {
  const out = path.join(folder, name);
  rmSync(out, { recursive: true, force: true });
  must(path.join(build, 'primrose'), ['package', `--${kind}`, clip, '--out', out, ...options]);
  return path.join(
    out,
    readdirSync(out).find((file) => file.endsWith('.mp4')),
  );
}

// Size and digest of every sample as it lies in the file.
const samples = (file) =>
  must('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:0', '-c', 'copy', '-f', 'framemd5', '-'])
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').slice(4, 6).join().trim());

function* boxes(bytes, from, to) {
  for (let at = from; at + 8 <= to;) {
    const size = bytes.readUInt32BE(at);
    yield { type: bytes.toString('latin1', at + 4, at + 8), from: at + 8, to: at + size };
    at += size;
  }
}

function* inside(bytes, parents, from = 0, to = bytes.length) {
  for (const box of boxes(bytes, from, to))
    if (box.type === parents[0])
      if (parents.length === 1) yield box;
      else yield* inside(bytes, parents.slice(1), box.from, box.to);
}

// The protected ranges of every sample: [[offset, bytes], ...].
function protectedRanges(file, ivBytes) {
  const bytes = readFileSync(file);
  const found = [];
  for (const senc of inside(bytes, ['moof', 'traf', 'senc'])) {
    const count = bytes.readUInt32BE(senc.from + 4);
    let at = senc.from + 8;
    for (let sample = 0; sample < count; sample++) {
      at += ivBytes;
      const pieces = bytes.readUInt16BE(at);
      let offset = 0;
      const ranges = [];
      at += 2;
      for (let piece = 0; piece < pieces; piece++, at += 6) {
        offset += bytes.readUInt16BE(at);
        const size = bytes.readUInt32BE(at + 2);
        if (size > 0) ranges.push([offset, size]);
        offset += size;
      }
      found.push(ranges);
    }
  }
  return found;
}

const subjects = [
  { name: 'AVC', kind: 'video', clip: 'croatia_1080p25_avc_aac.mp4' },
  { name: 'HEVC', kind: 'video', clip: 'bbb_hevc_8s.mp4' },
  { name: 'HEVC HLG', kind: 'video', clip: 'hlg10-color-test.mp4' },
  { name: 'HEVC PQ, two slices', kind: 'video', clip: 'hdr10-video-with-sdr-container.mp4' },
  { name: 'AV1, tiles', kind: 'video', clip: 'sample_with_colr_mdcv_and_clli.mp4' },
  {
    name: 'AV1, tiles of less than a block',
    kind: 'video',
    clip: 'long_180p_av1.mp4',
    cut: ['--segment', '10s'],
    isTiny: true, // cbcs finds no whole block in them
  },
  { name: 'AV1, as ingest encodes it', kind: 'video', isOurs: true },
  { name: 'AAC', kind: 'audio', clip: 'croatia_1080p25_avc_aac.mp4' },
  { name: 'AC-3', kind: 'audio', clip: 'bbb_ac3_8s.mp4' },
  { name: 'E-AC-3', kind: 'audio', clip: 'sample_eac3.mp4' },
  {
    name: 'AVC with a clear lead',
    kind: 'video',
    clip: 'croatia_1080p25_avc_aac.mp4',
    lead: ['--clear-lead', '3s'],
  },
];

for (const scheme of ['cbcs', 'cenc'])
  for (const { name, kind, clip, cut = [], lead = [], isTiny, isOurs } of subjects) {
    const drm = ['--drm', scheme, '--key', `${KID}:${KEY}`];
    const input = () => (isOurs ? ownAv1 : path.join(clips, clip));
    test(`${scheme}, ${name}: decrypted by the judge, every sample is what it was`, async () => {
      const made = packaged('encrypted', kind, input(), [...cut, ...drm, ...lead]);
      const clear = samples(packaged('clear', kind, input(), cut));
      const opened = path.join(folder, 'opened.mp4');
      const descriptor = `in=${made},stream=${kind},output=${opened}`;
      must(judge, [descriptor, '--quiet', '--enable_raw_key_decryption', ...keys]);
      assert.deepEqual(samples(opened), clear);
      if (!isTiny) assert.notDeepEqual(samples(made), clear);
    });
    if (kind === 'video' && lead.length === 0)
      test(`${scheme}, ${name}: subsamples are those that the judge makes`, async () => {
        const ivBytes = scheme === 'cenc' ? 8 : 0;
        const made = packaged('encrypted', kind, input(), [...cut, ...drm]);
        const theirs = path.join(folder, 'theirs.mp4');
        const how = [
          '--protection_scheme',
          scheme,
          '--clear_lead',
          '0',
          '--iv',
          '0001020304050607',
        ];
        // Our clear package is its input: parameter sets that we take out of samples are no subsamples.
        const clear = packaged('clear', kind, input(), cut);
        const descriptor = `in=${clear},stream=${kind},output=${theirs}`;
        must(judge, [descriptor, '--quiet', '--enable_raw_key_encryption', ...keys, ...how]);
        const ours = protectedRanges(made, ivBytes);
        note(`${ours.length} samples, ${ours.flat().length} protected ranges`);
        assert.deepEqual(ours, protectedRanges(theirs, ivBytes));
      });
  }

await run({
  before: async () => {
    if (!existsSync(judge)) return { skip: `${judge} is not there: npm ci in tests/browser` };
    if (!existsSync(clips)) return { skip: `${clips} is not there: set PRIMROSE_SHARED` };
    folder = mkdtempSync(path.join(tmpdir(), 'primrose-decrypt-'));
    ownAv1 = ingestAv1(build, path.join(clips, 'bbb_hevc_8s.mp4'), folder);
    return {};
  },
  after: async () => folder && rmSync(folder, { recursive: true, force: true }),
});
