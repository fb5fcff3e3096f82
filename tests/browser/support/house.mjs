// SPDX-License-Identifier: Apache-2.0
//
// The real thing for the browser to talk to: the demo film rendered and ingested by the built
// programs, and served. The film is made once per build of the programs and kept in the build
// folder, for the next test and the next run. PRIMROSE_URL names a server that runs already, to
// look at one by hand.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { note } from './tap.mjs';

const source = process.env.PRIMROSE_SOURCE ?? fileURLToPath(new URL('../../..', import.meta.url));
const build = process.env.PRIMROSE_BUILD ?? path.join(source, 'build');
const primrose = path.join(build, 'primrose');
const READY_MS_MAX = 20_000;
const INGEST_MS_MAX = 600_000;

export const TITLE = 'primrose'; // share/demo/title.json
export const LOCKED = 'locked'; // the same film, encrypted

function fingerprint() {
  const hash = createHash('sha256');
  for (const name of ['primrose', 'primrose-transcode']) {
    const program = path.join(build, name);
    if (existsSync(program)) hash.update(readFileSync(program));
  }
  return hash.digest('hex').slice(0, 12);
}

function must(command, args, timeout) {
  const began = Date.now();
  const { status, error, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout,
    maxBuffer: 1 << 24,
  });
  if (status !== 0)
    throw new Error(
      `${path.basename(command)} ${args.join(' ')}: ${error ?? `exit ${status}`}\n${stderr}`,
    );
  note(`${path.basename(command)} ${args[0]}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

// The data folder with the demo film in it.
export function filmData() {
  const house = path.join(build, 'browser-house');
  const data = path.join(house, fingerprint());
  const ready = path.join(data, 'ready');
  if (existsSync(ready)) return data;
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  const film = path.join(house, 'film');
  must(path.join(source, 'share/demo/render'), [film], INGEST_MS_MAX);
  // Clear: these tests give manifests to players without asking for a play; protected.mjs has the other.
  const clear = ['--drm', 'none'];
  must(primrose, ['ingest', film, '--ladder', 'demo', '--data', data, ...clear], INGEST_MS_MAX);
  writeFileSync(ready, '');
  for (const name of readdirSync(house))
    if (name !== 'film' && name !== 'locked' && name !== path.basename(data))
      rmSync(path.join(house, name), { recursive: true, force: true });
  return data;
}

function listening(child) {
  return new Promise((resolve, reject) => {
    let heard = '';
    const timer = setTimeout(
      () => reject(new Error(`the server said no address within ${READY_MS_MAX} ms:\n${heard}`)),
      READY_MS_MAX,
    );
    const listen = (chunk) => {
      heard += chunk;
      const found = /https?:\/\/127\.0\.0\.\d+:(?!0\b)\d+/.exec(heard);
      if (!found) return;
      clearTimeout(timer);
      resolve(found[0]);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}:\n${heard}`)));
  });
}

// Serves a data folder on a free port of the loopback: {url, close, kill}.
export const serve = (data) => start(['--listen', '127.0.0.1:0', '--data', data]);

// The same of any `primrose serve`.
export async function start(args) {
  const child = spawn(primrose, ['serve', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = new Promise((resolve) => child.on('exit', resolve));
  const url = await listening(child).catch((error) => {
    child.kill('SIGKILL');
    throw error;
  });
  const close = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(timer);
  };
  const kill = () => (child.kill('SIGKILL'), gone);
  return { url, close, kill };
}

export async function openHouse() {
  if (process.env.PRIMROSE_URL)
    return { url: process.env.PRIMROSE_URL.replace(/\/$/, ''), close: async () => {} };
  return serve(filmData());
}

// A server with the film in the clear and encrypted. PRIMROSE_URL has to have both.
export async function openLockedHouse() {
  if (process.env.PRIMROSE_URL) return openHouse();
  const plain = filmData();
  const data = path.join(path.dirname(plain), 'locked', path.basename(plain));
  if (!existsSync(path.join(data, 'locked'))) {
    rmSync(path.dirname(data), { recursive: true, force: true });
    cpSync(plain, data, { recursive: true });
    const film = path.join(path.dirname(plain), 'film');
    const how = ['--id', LOCKED, '--ladder', 'demo', '--drm', 'cbcs', '--data', data];
    must(primrose, ['ingest', film, ...how], INGEST_MS_MAX);
    writeFileSync(path.join(data, 'locked'), '');
  }
  return serve(data);
}

// A server with nothing in it.
export async function openEmptyHouse() {
  if (process.env.PRIMROSE_EMPTY_URL)
    return { url: process.env.PRIMROSE_EMPTY_URL.replace(/\/$/, ''), close: async () => {} };
  const data = mkdtempSync(path.join(tmpdir(), 'primrose-empty-'));
  const house = await serve(data);
  return {
    url: house.url,
    close: async () => (await house.close(), rmSync(data, { recursive: true, force: true })),
  };
}

// A server with the film and a data folder of its own, that a test may claim: {url, code, close}.
// `prepare` may put more into the folder first.
export async function openOwnHouse(prepare = () => {}) {
  const data = mkdtempSync(path.join(tmpdir(), 'primrose-own-'));
  cpSync(filmData(), data, { recursive: true });
  prepare(data);
  const house = await serve(data);
  return {
    url: house.url,
    code: () => readFileSync(path.join(data, 'claim'), 'utf8').trim(),
    close: async () => (await house.close(), rmSync(data, { recursive: true, force: true })),
  };
}
