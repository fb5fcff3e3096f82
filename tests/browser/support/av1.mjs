// SPDX-License-Identifier: Apache-2.0
//
// An AV1 rung as `primrose ingest` makes it, of any clip.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const rung = {
  name: 'small',
  width: 640,
  height: 360,
  encoder: 'svtav1',
  preset: '12',
  crf_tenths: 350,
  maxrate_bps: 800000,
  bufsize_bits: 800000,
};

// Answers the path of the rung's CMAF file, in a data folder below `folder`.
export function ingestAv1(build, clip, folder) {
  const ladder = path.join(folder, 'av1-ladder.json');
  const data = path.join(folder, 'av1-data');
  writeFileSync(ladder, JSON.stringify({ rungs: [rung] }));
  const options = ['--id', 'av1', '--ladder', ladder, '--data', data, '--rules', 'off'];
  const done = spawnSync(
    path.join(build, 'primrose'),
    ['ingest', clip, ...options, '--drm', 'none', '--workers', '1'],
    { encoding: 'utf8', timeout: 200_000 },
  );
  assert.equal(done.status, 0, done.stderr);
  const versions = path.join(data, 'blobs/titles/av1');
  return path.join(versions, readdirSync(versions)[0], 'v-small.mp4');
}
