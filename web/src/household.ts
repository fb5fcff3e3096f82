// SPDX-License-Identifier: Apache-2.0
//
// Accounts as the app uses them: the house, signing in, profiles, devices. The session itself is a
// cookie that scripts do not see.
import { type Page, ask, path, send } from './api';
import { profile } from './memory';

export interface House {
  is_open: boolean; // nobody has claimed it: whoever comes is the guest
  is_signed_in: boolean;
}

export interface Profile {
  id: string;
  name: string;
  is_child: boolean;
  maturity_age: number; // 18: no limit
  has_pin: boolean;
  language: string; // BCP 47; "": the browser's
  audio_language: string; // BCP 47; "": as the title has it
  text_language: string; // "": none
  wants_description: boolean;
  hides_history: boolean;
}

export interface Plan {
  id: string;
  name: string;
  streams: number;
  streams_per_title: number;
  highest: 'sd' | 'hd' | 'uhd';
  downloads: number;
  has_catalogue: boolean;
}

export interface Me {
  member: { id: string; login: string | null; name: string; role: string };
  device_id: string | null;
  profile_id: string | null; // null: none is chosen yet
  plan: Plan;
  rights: string[]; // "catalogue", "members", "log", "house"
  profiles: Profile[];
}

export interface Device {
  id: string;
  name: string;
  profile_id: string | null;
  signed_in_at: string;
  seen_at: string;
  is_current: boolean;
}

export interface Right {
  id: string;
  title_id: string;
  kind: 'purchase' | 'rental' | 'gift';
  granted_at: string;
  ends_at: string | null;
}

export const PROFILES_MAX = 6;
export const AGES = [0, 6, 7, 9, 12, 13, 16, 18];
export const CHILD_AGE_MAX = 12;

// "Chrome on Linux": by what a device is known in the list of devices.
export function deviceName(agent = navigator.userAgent): string {
  const first = (table: [RegExp, string][], otherwise: string) =>
    table.find(([pattern]) => pattern.test(agent))?.[1] ?? otherwise;
  const browser = first(
    [
      [/Edg\//, 'Edge'],
      [/OPR\//, 'Opera'],
      [/Firefox\//, 'Firefox'],
      [/Chrome\//, 'Chrome'],
      [/Safari\//, 'Safari'],
    ],
    'Browser',
  );
  const system = first(
    [
      [/Tizen|Web0S|SmartTV/i, 'TV'],
      [/Android/, 'Android'],
      [/iPhone|iPad/, 'iOS'],
      [/Windows/, 'Windows'],
      [/Mac OS X/, 'macOS'],
      [/Linux/, 'Linux'],
    ],
    '',
  );
  return system ? `${browser} on ${system}` : browser;
}

export const getHouse = () => ask<House>('/v1/house');
export const getMe = () => ask<Me>('/v1/me');

export const claimHouse = (code: string, login: string, password: string) =>
  send<void>('POST', '/v1/house/claim', { code, login, password, device_name: deviceName() });
export const signIn = (login: string, password: string) =>
  send<void>('POST', '/v1/sessions', { login, password, device_name: deviceName() });
export const refresh = () =>
  send<void>('POST', '/v1/sessions/refresh', undefined, { keepalive: true });
export const signOut = () => send<void>('DELETE', '/v1/sessions/current');
export const chooseProfile = (id: string, pin: string) =>
  send<Profile>('PUT', '/v1/sessions/current/profile', {
    profile_id: id,
    ...(pin === '' ? {} : { pin }),
  });

export const addProfile = (body: object) => send<Profile>('POST', '/v1/profiles', body);
export const editProfile = (id: string, body: object) =>
  send<Profile>('PATCH', path('profiles', id), body);
// A choice of sound or subtitles, "es" or "en/AD" or "off", becomes the profile's wish, for its other
// devices. The choice itself holds without.
export function tellProfile({ audio, text }: { audio?: string; text?: string }) {
  const id = profile();
  if (id === null) return;
  const [language, badge] = (audio ?? text ?? '').split('/');
  void editProfile(id, {
    ...(audio === undefined ? {} : { audio_language: language, wants_description: badge === 'AD' }),
    ...(text === undefined ? {} : { text_language: text === 'off' ? '' : language }),
  }).catch(() => {});
}

export const removeProfile = (id: string) => send<void>('DELETE', path('profiles', id));

export const getDevices = (signal: AbortSignal) => ask<Page<Device>>('/v1/devices', { signal });
export const endDevice = (id: string) => send<void>('DELETE', path('devices', id));

export const changePassword = (password: string, next: string) =>
  send<void>('PUT', '/v1/me/password', { password, new_password: next });
export const getMyRights = (signal: AbortSignal) => ask<Page<Right>>('/v1/me/rights', { signal });
