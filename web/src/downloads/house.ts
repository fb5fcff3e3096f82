// SPDX-License-Identifier: Apache-2.0
//
// Downloads as the house has them.
import { type LicenceTarget, type Page, ask, path, send } from '../api';

export interface Download {
  id: string;
  title_id: string;
  device_id: string;
  prepared_at: string;
  start_by: string;
  started_at: string | null;
  ends_at: string;
  over: string | null;
}

export interface Prepared extends Download {
  manifests: { dash: string };
  licence: LicenceTarget | null;
  key_ids: string[]; // UUIDs
  play_within_ms: number;
}

export const prepare = (title: string) =>
  send<Prepared>('POST', '/v1/downloads', { title_id: title });
export const find = (id: string) => ask<Prepared>(path('downloads', id));
export const drop = (id: string) => send<void>('DELETE', path('downloads', id));
export const started = (id: string, at: number) =>
  send<Download>('PUT', `${path('downloads', id)}/started`, {
    started_at: new Date(at).toISOString(),
  });
export const listAll = () => ask<Page<Download>>('/v1/downloads');

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g)!, (two) => parseInt(two, 16));
const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
export interface Key {
  kty: string;
  kid: string;
  k: string;
}

// A licence that is to be kept (W3C EME's ClearKey, "persistent-license").
export async function licence(target: LicenceTarget, keyIds: string[]): Promise<Key[]> {
  const kids = keyIds.map((id) => base64url(bytesOf(id.replace(/-/g, ''))));
  const { keys } = await ask<{ keys: Key[] }>(target.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${target.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kids, type: 'persistent-license' }),
  });
  return keys;
}
