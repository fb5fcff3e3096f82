// SPDX-License-Identifier: Apache-2.0
//
// node prepare.mjs DATA: the demo film in the data folder DATA, in the clear; when the folder's
// parent is named "locked", encrypted too, beside what ../NAME has. house.mjs calls it under a lock.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const source = process.env.PRIMROSE_SOURCE ?? fileURLToPath(new URL('../../..', import.meta.url));
const primrose = path.join(process.env.PRIMROSE_BUILD ?? path.join(source, 'build'), 'primrose');

const READY = 'prepared';

function must(command, ...args) {
  const { status, error, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  if (status === 0) return;
  console.error(`${path.basename(command)} ${args.join(' ')}: ${error ?? `exit ${status}`}`);
  console.error(stderr);
  process.exit(1);
}

const ingest = (film, data, ...how) =>
  must(primrose, 'ingest', film, '--ladder', 'demo', '--data', data, ...how);

// A house of an older build is of no use any more.
function sweep(folder, keep) {
  for (const name of readdirSync(folder))
    if (!keep.includes(name)) rmSync(path.join(folder, name), { recursive: true, force: true });
}

function prepareClear(house, data) {
  mkdirSync(data, { recursive: true });
  const film = path.join(house, 'film');
  must(path.join(source, 'share/demo/render'), film);
  // Clear: most tests give manifests to players without asking for a play; protected.mjs has the other.
  ingest(film, data, '--drm', 'none');
  sweep(house, ['film', 'locked', 'lock', 'run', path.basename(data)]);
}

function prepareLocked(house, data) {
  const name = path.basename(data);
  cpSync(path.join(house, name), data, {
    recursive: true,
    filter: (from) => path.basename(from) !== READY,
  });
  ingest(path.join(house, 'film'), data, '--id', 'locked', '--drm', 'cbcs');
  sweep(path.join(house, 'locked'), [name]);
}

const data = path.resolve(process.argv[2]);
const ready = path.join(data, READY);
if (!existsSync(ready)) {
  rmSync(data, { recursive: true, force: true });
  const parent = path.dirname(data);
  if (path.basename(parent) === 'locked') prepareLocked(path.dirname(parent), data);
  else prepareClear(parent, data);
  writeFileSync(ready, '');
}
