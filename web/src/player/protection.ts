// SPDX-License-Identifier: Apache-2.0
//
// Licences of a protected title: asked for where the play's one reply says, with the token that it
// gave. Browsers open them with their own ClearKey.
import type shaka from 'shaka-player/dist/shaka-player.dash-es2021.js';

import type { LicenceTarget, Playback } from '../api';
import type { Transport } from './transport';

type Library = typeof shaka;

export const CLEARKEY = 'org.w3.clearkey';

export function protect(library: Library, player: shaka.Player, licence: LicenceTarget | null) {
  if (!licence) return;
  const { LICENSE } = library.net.NetworkingEngine.RequestType;
  const address = new URL(licence.url, document.baseURI).href;
  player.configure({ drm: { servers: { [CLEARKEY]: address } } });
  player.getNetworkingEngine()?.registerRequestFilter((type, request) => {
    if (type !== LICENSE) return;
    request.headers['Authorization'] = `Bearer ${licence.token}`;
    request.headers['Content-Type'] = 'application/json';
  });
}

const base64url = (hex: string) =>
  btoa(hex.replace(/-/g, '').replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16))))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');

// Asks for the licence of all the play's keys while the manifest is on its way: the engine would ask
// when it has read the first init, a round trip later, and once for each track. A licence that is
// refused here is asked for again by the engine, which says why.
export function beginLicence({ licence, key_ids }: Playback, transport: Transport) {
  if (!licence || key_ids.length === 0) return;
  const body = JSON.stringify({ kids: key_ids.map(base64url), type: 'temporary' });
  transport.beginAnswer(licence.url, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${licence.token}`, 'content-type': 'application/json' },
  });
}

// The sentence of a denied licence, or null: the service's problem is the engine's error's inside.
export function denial(data: unknown[] | undefined): { message: string; code: string } | null {
  const inner = data?.[0] as { data?: unknown[] } | undefined;
  try {
    const { type, detail } = JSON.parse(String(inner?.data?.[2]));
    return { message: String(detail), code: String(type).split('/').pop()! };
  } catch {
    return null;
  }
}
