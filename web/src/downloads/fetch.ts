// SPDX-License-Identifier: Apache-2.0
//
// Fetches a title into this browser, piece by piece, and keeps the house and what is here in step.
//
//     house: a place, a licence --> wrapped     description --> files --> pieces of 2 MiB
//            the page may close at any moment: resume() goes on with the first piece that is missing
import { Problem, type Title } from '../api';
import { preferences, profile, readText, writeText } from '../memory';
import { choose } from './choice';
import { type Prepared, drop, find, licence, prepare, started } from './house';
import {
  type File,
  type Kept,
  PIECE_BYTES,
  allKept,
  countPieces,
  dropKept,
  getKept,
  getPiece,
  hasPiece,
  putKept,
  putPiece,
} from './store';
import { wrap } from './vault';

export const MANIFEST = 'manifest.mpd';
export const POSTER = 'poster';

const HERE = 'primrose.downloads'; // there are some in this browser
const DROPS = 'primrose.drops'; // removed while the house did not answer

const underWay = new Map<string, AbortController>();
const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());

export function onChange(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export const isUnderWay = (id: string) => underWay.has(id);
export const isSupported = () =>
  isSecureContext &&
  'serviceWorker' in navigator &&
  'indexedDB' in window &&
  'MediaSource' in window;

// Of the profile that is watching, oldest first.
export const mine = async () =>
  (await allKept())
    .filter((kept) => kept.profile === profile())
    .sort((a, b) => (a.id < b.id ? -1 : 1));

const count = (bytes: number) => Math.ceil(bytes / PIECE_BYTES);

// From 0 to 1. What the files have is known once each of them is begun.
export function doneOf(kept: Kept): number {
  const all = kept.files.reduce((sum, { bytes }) => sum + Math.max(1, count(bytes)), 0);
  return all === 0 ? 0 : Math.min(1, kept.pieceCount / all);
}

export const sizeOf = (kept: Kept) => kept.files.reduce((sum, { bytes }) => sum + bytes, 0);

// --- pieces -----------------------------------------------------------------------------------

async function fetchPiece(kept: Kept, file: File, number: number, signal: AbortSignal) {
  const first = number * PIECE_BYTES;
  const response = await fetch(new URL(file.name, kept.manifestUrl), {
    headers: { range: `bytes=${first}-${first + PIECE_BYTES - 1}` },
    signal,
  });
  if (response.status !== 206) throw new Problem(response.status, 'download', '', file.name);
  const bytes = await response.arrayBuffer();
  const all = Number(response.headers.get('content-range')?.split('/')[1]);
  const wanted = Math.min(PIECE_BYTES, all - first);
  if (bytes.byteLength !== wanted) throw new Problem(0, 'offline', '', file.name);
  await putPiece(kept.id, file.name, number, bytes);
  file.bytes = all;
}

async function step(kept: Kept, file: File, number: number, signal: AbortSignal) {
  if (await hasPiece(kept.id, file.name, number)) return;
  await fetchPiece(kept, file, number, signal);
  kept.pieceCount++;
  await putKept(kept);
  tell();
}

async function fetchFiles(kept: Kept, signal: AbortSignal) {
  for (const file of kept.files) await step(kept, file, 0, signal); // how long is each?
  for (const file of kept.files)
    for (let number = 1; number < count(file.bytes); number++)
      await step(kept, file, number, signal);
}

// Every piece is looked at once more: what a disk has changed meanwhile is fetched again.
async function verify(kept: Kept): Promise<boolean> {
  let isWhole = true;
  for (const file of kept.files)
    for (let number = 0; number < count(file.bytes); number++)
      isWhole = (await getPiece(kept.id, file.name, number)) !== null && isWhole;
  kept.pieceCount = await countFilePieces(kept);
  return isWhole;
}

const countFilePieces = async (kept: Kept) => {
  let found = await countPieces(kept.id);
  for (const name of [MANIFEST, POSTER]) if (await hasPiece(kept.id, name, 0)) found--;
  return found;
};

async function fetchWhole(kept: Kept, url: string, name: string, signal: AbortSignal) {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Problem(response.status, 'download', '', name);
  const bytes = await response.arrayBuffer();
  await putPiece(kept.id, name, 0, bytes);
  return bytes;
}

async function chooseFiles(kept: Kept, signal: AbortSignal) {
  if (kept.files.length > 0) return;
  const text = await (await fetch(kept.manifestUrl, { signal })).text();
  const spoken = preferences().audio?.split('/')[0] ?? kept.title.audio_languages[0] ?? '';
  const { manifest, files } = choose(text, spoken);
  const bytes = new TextEncoder().encode(manifest).buffer as ArrayBuffer;
  await putPiece(kept.id, MANIFEST, 0, bytes);
  if (kept.title.poster_url)
    await fetchWhole(kept, kept.title.poster_url, POSTER, signal).catch(() => {});
  kept.files = files;
  await putKept(kept);
}

// --- a download ---------------------------------------------------------------------------------

// With the app's own files kept, the app opens without a network.
async function prepareBrowser() {
  writeText(HERE, '1');
  await navigator.storage?.persist?.().catch(() => false);
  const { installing, active } = await navigator.serviceWorker.register('/worker.js');
  const failed = new Promise<never>((_, reject) =>
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'redundant' && !active)
        reject(new Error('the app cannot be kept: not all of its files came'));
    }),
  );
  await Promise.race([navigator.serviceWorker.ready, failed]); // `ready` does not fail, it waits
}

const addressOf = ({ manifests }: Prepared) => new URL(manifests.dash, location.href).href;

async function keepLicence(kept: Kept, prepared: Prepared) {
  if (!prepared.licence) return putKept(kept);
  await wrap(kept, {
    keys: await licence(prepared.licence, prepared.key_ids),
    issuedAt: Date.parse(prepared.prepared_at),
    startBy: kept.startBy,
    endsAt: kept.endsAt,
    playWithinMs: prepared.play_within_ms,
    startedAt: 0,
    latestAt: Date.parse(prepared.prepared_at),
  });
}

// Takes a place and fetches; one of the same title that was here before is replaced.
export async function begin(title: Title): Promise<void> {
  const prepared = await prepare(title.id);
  for (const old of await mine()) if (old.title.id === title.id) await dropKept(old.id);
  const kept: Kept = {
    id: prepared.id,
    profile: profile(),
    title,
    manifestUrl: addressOf(prepared),
    files: [],
    pieceCount: 0,
    isComplete: false,
    startBy: Date.parse(prepared.start_by),
    endsAt: Date.parse(prepared.ends_at),
    startedAt: 0,
    toldAt: 0,
    over: '',
    licence: null,
  };
  await keepLicence(kept, prepared);
  await run(kept);
}

async function run(kept: Kept): Promise<void> {
  if (underWay.has(kept.id)) return;
  const stop = new AbortController();
  underWay.set(kept.id, stop);
  tell();
  try {
    await prepareBrowser();
    await chooseFiles(kept, stop.signal);
    await fetchFiles(kept, stop.signal);
    if (!(await verify(kept))) await fetchFiles(kept, stop.signal);
    kept.isComplete = true;
    await putKept(kept);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    underWay.delete(kept.id);
    tell();
  }
}

// The house has ended it: the licence goes at once, the rest when it is removed.
async function end(kept: Kept, reason: string) {
  kept.over = reason;
  kept.licence = null;
  await putKept(kept);
  tell();
}

// What the house says of it; null when it has ended it.
async function check(kept: Kept): Promise<Prepared | null> {
  try {
    if (kept.startedAt > 0 && kept.toldAt === 0) {
      await started(kept.id, kept.startedAt);
      kept.toldAt = Date.now();
      await putKept(kept);
    }
    return await find(kept.id);
  } catch (error) {
    if (!(error instanceof Problem) || ![404, 410].includes(error.status)) throw error;
    await end(kept, error.reason || 'removed');
    return null;
  }
}

export async function resume(id: string): Promise<void> {
  const kept = await getKept(id);
  const prepared = kept && (await check(kept));
  if (!kept || !prepared) return;
  kept.manifestUrl = addressOf(prepared);
  kept.isComplete = false;
  await verify(kept);
  await run(kept);
}

export function pause(id: string) {
  underWay.get(id)?.abort();
}

export async function remove(id: string): Promise<void> {
  pause(id);
  await dropKept(id);
  if ((await allKept()).length === 0) writeText(HERE, null);
  tell();
  await drop(id).catch(() => writeText(DROPS, `${readText(DROPS) ?? ''} ${id}`.trim()));
}

// Says what happened here since, and hears what has ended there. Without a network nothing changes.
export async function sync(): Promise<void> {
  const drops = readText(DROPS)?.split(' ') ?? [];
  writeText(DROPS, null);
  for (const id of drops)
    await drop(id).catch(() => writeText(DROPS, `${readText(DROPS) ?? ''} ${id}`.trim()));
  for (const kept of await mine())
    if (kept.over === '' && !isUnderWay(kept.id)) await check(kept).catch(() => null);
}
