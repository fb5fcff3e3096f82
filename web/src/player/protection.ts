// SPDX-License-Identifier: Apache-2.0
//
// Licences of a protected title: asked for where the play's one reply says, with the token that it
// gave. Browsers open them with their own ClearKey.
import type shaka from 'shaka-player/dist/shaka-player.dash-es2021.js';

import type { LicenceTarget } from '../api';

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
