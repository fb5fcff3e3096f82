// SPDX-License-Identifier: Apache-2.0
//
// Plays what is kept: the engine reads addresses of a scheme of our own from this browser's store,
// every piece checked.
//
//     kept://here/<download>/manifest.mpd     kept://here/<download>/v-720p.mp4  bytes=...
import type shaka from 'shaka-player/dist/shaka-player.dash-es2021.js';

import type { Playback, Title } from '../api';
import type { Fault } from '../player/fault';
import { CLEARKEY } from '../player/protection';
import { words } from '../words';
import { MANIFEST, mine } from './fetch';
import { type Kept, PIECE_BYTES, getPiece, putKept } from './store';
import { type Sealed, use } from './vault';

type Library = typeof shaka;

const BASE = 'kept://here/';
const LICENCE = `${BASE}licence`;

async function read(kept: Kept, name: string, first: number, end: number): Promise<ArrayBuffer> {
  const out = new Uint8Array(end - first);
  for (let at = first; at < end;) {
    const number = Math.floor(at / PIECE_BYTES);
    const piece = await getPiece(kept.id, name, number);
    if (!piece) throw name;
    const from = at - number * PIECE_BYTES;
    const part = new Uint8Array(piece, from, Math.min(piece.byteLength - from, end - at));
    out.set(part, at - first);
    at += part.length;
  }
  return out.buffer;
}

// What the browser's ClearKey is given, in the place of the service's answer.
function licence({ keys }: Sealed): ArrayBuffer {
  const text = JSON.stringify({ keys, type: 'temporary' });
  return new TextEncoder().encode(text).buffer as ArrayBuffer;
}

async function answer(kept: Kept, uri: string, range: string | undefined): Promise<ArrayBuffer> {
  const name = uri.split('/').pop()!;
  const file = kept.files.find((one) => one.name === name);
  if (!file) return (await getPiece(kept.id, name, 0)) ?? Promise.reject(name); // the description
  const [first = 0, last = file.bytes - 1] = (/^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [])
    .slice(1)
    .map((text) => (text === '' ? file.bytes - 1 : Number(text)));
  return read(kept, name, first, Math.min(last + 1, file.bytes));
}

export interface KeptPlay {
  title: Title;
  playback: Playback;
  attach(library: Library, player: shaka.Player): void;
}

function attach(kept: Kept, sealed: Sealed | null, library: Library, player: shaka.Player) {
  const { Error, AbortableOperation } = library.util;
  const { NetworkingEngine } = library.net;
  const respond = async (uri: string, range: string | undefined) =>
    sealed && uri === LICENCE ? licence(sealed) : answer(kept, uri, range);
  const plugin = (uri: string, request: shaka.extern.Request) =>
    AbortableOperation.notAbortable(
      respond(uri, request.headers['Range']).then(
        (data) => ({ uri, originalUri: uri, data, headers: {}, status: 206, fromCache: true }),
        async () => {
          kept.isComplete = false; // the page of downloads fetches that piece again
          await putKept(kept);
          throw new Error(
            Error.Severity.CRITICAL,
            Error.Category.NETWORK,
            Error.Code.BAD_HTTP_STATUS,
            uri,
            410,
          );
        },
      ),
    );
  NetworkingEngine.registerScheme('kept', plugin as unknown as shaka.extern.SchemePlugin);
  if (sealed) player.configure({ drm: { servers: { [CLEARKEY]: LICENCE } } });
}

// The title as it is kept here, or null. Throws a Fault when it may not be played any more.
export async function openKept(title: string): Promise<KeptPlay | null> {
  const all = await mine();
  const kept = all.find((one) => one.title.id === title && one.isComplete);
  if (!kept) return null;
  const refused = (why: keyof typeof words.downloads.refused): Fault => ({
    message: words.downloads.refused[why],
    code: `download-${why}`,
  });
  if (kept.over !== '') throw refused('over');
  if (!kept.licence && Date.now() >= kept.endsAt) throw refused('over');
  const used = kept.licence ? await use(kept) : null;
  if (typeof used === 'string') throw refused(used);
  const playback: Playback = {
    session_id: kept.id,
    title_id: title,
    manifests: { hls: '', dash: `${BASE}${kept.id}/${MANIFEST}` },
    key_ids: [],
    licence: null,
    resume_ms: 0,
    duration_ms: kept.title.duration_ms,
    server_time_ms: Date.now(),
    heartbeat_ms: 0,
    storyboard: null,
  };
  return {
    title: kept.title,
    playback,
    attach: (library, player) => attach(kept, used, library, player),
  };
}
