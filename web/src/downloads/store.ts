// SPDX-License-Identifier: Apache-2.0
//
// What this browser keeps of downloads, in IndexedDB.
//
//     kept      one record a download: its title, files, rules, the wrapped licence
//     pieces    [download, file, number] -> bytes and their SHA-256
//     keys      the one key that licences are wrapped with; scripts can use it, not read it
import type { Title } from '../api';

export const PIECE_BYTES = 2 * 1024 * 1024; // what a closed page costs at most

export interface File {
  name: string;
  type: string;
  bytes: number; // 0: not known yet
}

export interface Kept {
  id: string; // of the download
  profile: string | null; // whose it is; null: the guest's
  title: Title;
  manifestUrl: string; // where the files come from
  files: File[];
  pieceCount: number; // that are here
  isComplete: boolean;
  startBy: number; // wall clock, ms
  endsAt: number;
  startedAt: number; // 0: not yet
  toldAt: number; // when the house heard of that
  over: string; // why it has ended: a word of the API; '' while it goes on
  licence: { iv: Uint8Array<ArrayBuffer>; sealed: ArrayBuffer } | null; // null: a clear title
}

interface Piece {
  bytes: ArrayBuffer;
  digest: ArrayBuffer;
}

const request = <T>(asked: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });

let opening: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  const asked = indexedDB.open('primrose-downloads', 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore('kept', { keyPath: 'id' });
    asked.result.createObjectStore('pieces');
    asked.result.createObjectStore('keys');
  };
  return request(asked);
}

const database = () => (opening ??= open());

async function table(name: string, mode: IDBTransactionMode = 'readonly') {
  return (await database()).transaction(name, mode).objectStore(name);
}

export const allKept = async () => request<Kept[]>((await table('kept')).getAll());
export const getKept = async (id: string) =>
  request<Kept | undefined>((await table('kept')).get(id));
export const putKept = async (kept: Kept) =>
  void (await request((await table('kept', 'readwrite')).put(kept)));

const pieces = (id: string, file?: string) =>
  file === undefined
    ? IDBKeyRange.bound([id], [id, []]) // arrays sort behind texts
    : IDBKeyRange.bound([id, file], [id, file, []]);

export async function dropKept(id: string) {
  await request((await table('pieces', 'readwrite')).delete(pieces(id)));
  await request((await table('kept', 'readwrite')).delete(id));
}

export const countPieces = async (id: string) =>
  request<number>((await table('pieces')).count(pieces(id)));

export const hasPiece = async (id: string, file: string, number: number) =>
  (await request<number>((await table('pieces')).count([id, file, number]))) > 0;

export const digestOf = (bytes: BufferSource) => crypto.subtle.digest('SHA-256', bytes);

export async function putPiece(id: string, file: string, number: number, bytes: ArrayBuffer) {
  const digest = await digestOf(bytes);
  await request(
    (await table('pieces', 'readwrite')).put({ bytes, digest } satisfies Piece, [id, file, number]),
  );
}

const isEqual = (a: ArrayBuffer, b: ArrayBuffer) => {
  const [left, right] = [new Uint8Array(a), new Uint8Array(b)];
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
};

// The piece, checked. One that is damaged is removed, so that it is fetched again; null then, and
// when it was never here.
export async function getPiece(id: string, file: string, number: number) {
  const key = [id, file, number];
  const piece = await request<Piece | undefined>((await table('pieces')).get(key));
  if (!piece) return null;
  if (isEqual(await digestOf(piece.bytes), piece.digest)) return piece.bytes;
  await request((await table('pieces', 'readwrite')).delete(key));
  return null;
}

// The key that wraps licences: made once, used here, and never to be read by any script.
export async function wrappingKey(): Promise<CryptoKey> {
  const found = await request<CryptoKey | undefined>((await table('keys')).get('licences'));
  if (found) return found;
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ]);
  await request((await table('keys', 'readwrite')).put(made, 'licences'));
  return made;
}
