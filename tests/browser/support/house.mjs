// SPDX-License-Identifier: Apache-2.0
//
// The real thing for the browser to talk to: the demo film rendered and ingested by the built
// programs, and served. The film is made once per build of the programs and kept in the build
// folder, for the next test and the next run; each server has tables of its own. PRIMROSE_URL names a server that runs already, to
// look at one by hand.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const source = process.env.PRIMROSE_SOURCE ?? fileURLToPath(new URL('../../..', import.meta.url));
const build = process.env.PRIMROSE_BUILD ?? path.join(source, 'build');
const primrose = path.join(build, 'primrose');
const READY_MS_MAX = 20_000;
const PREPARE_MS_MAX = 600_000;
const HOUSES = path.join(build, 'browser-house');
const FILM = path.join(HOUSES, 'film');

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
  const { status, error, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout,
    maxBuffer: 1 << 24,
  });
  if (status !== 0)
    throw new Error(
      `${path.basename(command)} ${args.join(' ')}: ${error ?? `exit ${status}`}\n${stderr}`,
    );
}

// A data folder with the demo film in it, made by whichever test comes first. Others may want it at
// the same time: one makes it, under a lock that ends with its program.
function prepared(...folders) {
  const data = path.join(HOUSES, ...folders, fingerprint());
  if (existsSync(path.join(data, 'prepared'))) return data;
  mkdirSync(HOUSES, { recursive: true });
  const program = fileURLToPath(new URL('./prepare.mjs', import.meta.url));
  must('flock', [path.join(HOUSES, 'lock'), process.execPath, program, data], PREPARE_MS_MAX);
  return data;
}

const filmData = () => prepared();

function lockedData() {
  prepared();
  return prepared('locked');
}

// A copy that its holder may write to: {data, remove}. Blobs never change, so they are linked.
function copyOf(data) {
  mkdirSync(path.join(HOUSES, 'run'), { recursive: true });
  const own = mkdtempSync(path.join(HOUSES, 'run', 'house-'));
  const script =
    'cp -al "$1/blobs" "$2/" && for f in "$1"/*; do ' +
    '[ "${f##*/}" = blobs ] || cp -a "$f" "$2/" || exit 1; done';
  must('sh', ['-c', script, 'copy', data, own], PREPARE_MS_MAX);
  return { data: own, remove: () => rmSync(own, { recursive: true, force: true }) };
}

export const ownFilm = () => copyOf(filmData());

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

const elsewhere = () => ({
  url: process.env.PRIMROSE_URL.replace(/\/$/, ''),
  close: async () => {},
});

// A server over a copy, with what `prepare` does to it first: {url, code, ingest, close}. `code`
// claims it. `ingest` begins to ingest the film once more, as its options say, and promises the exit
// status; it ends with the house.
async function openCopy(original, prepare) {
  const { data, remove } = copyOf(original);
  prepare(data);
  const house = await serve(data);
  const ends = [];
  const ingest = (options) => {
    const words = ['ingest', FILM, '--ladder', 'demo', '--data', data, ...options];
    const child = spawn(primrose, words, { stdio: 'ignore' });
    const gone = new Promise((resolve) => child.on('exit', resolve));
    ends.push(() => (child.kill('SIGTERM'), gone));
    return gone;
  };
  return {
    url: house.url,
    code: () => readFileSync(path.join(data, 'claim'), 'utf8').trim(),
    ingest,
    close: async () => {
      await Promise.all(ends.map((end) => end()));
      await house.close();
      remove();
    },
  };
}

export const openHouse = async () =>
  process.env.PRIMROSE_URL ? elsewhere() : openCopy(filmData(), () => {});

// The same, never someone else's: a test may claim it.
export const openOwnHouse = async (prepare = () => {}) => openCopy(filmData(), prepare);

// A server with the film in the clear and encrypted. PRIMROSE_URL has to have both.
export const openLockedHouse = async () =>
  process.env.PRIMROSE_URL ? elsewhere() : openCopy(lockedData(), () => {});

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
