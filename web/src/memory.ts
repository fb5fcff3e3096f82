// SPDX-License-Identifier: Apache-2.0
//
// What this browser remembers between visits. Storage may be full, forbidden or spoilt: then it is
// as if nothing were remembered, and nothing else changes.

export interface Position {
  ms: number;
  duration_ms: number;
  at: number; // wall clock, ms since 1970
}

export interface Preferences {
  volume: number; // 0..1
  isMuted: boolean;
  rate: number;
  audio: string | null; // "language/role" of the last choice; null: as the title has it
  text: string | null; // the same; "off": none
  captions: Record<string, string>; // how they look; what is absent is as the film has it
  link: number[]; // what the rule learnt of it (primrose_abr_save), empty: nothing yet
}

const POSITIONS_MAX = 200; // titles
const defaults: Preferences = {
  volume: 1,
  isMuted: false,
  rate: 1,
  audio: null,
  text: null,
  captions: {},
  link: [],
};

function read<T>(key: string, otherwise: T): T {
  try {
    const value = JSON.parse(localStorage.getItem(key) ?? 'null');
    return value !== null && typeof value === 'object' ? value : otherwise;
  } catch {
    return otherwise;
  }
}

function write(key: string, value: unknown) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // see above
  }
}

export function readText(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function writeText(key: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // see above
  }
}

// Each profile has its own; the guest of an open house has the plain names.
const PROFILE = 'primrose.profile';
export const profile = () => readText(PROFILE);
export const keepProfile = (id: string | null) => writeText(PROFILE, id);
const mine = (name: string) => (profile() === null ? name : `${name}.${profile()}`);

const POSITIONS = 'primrose.positions';
const PREFERENCES = 'primrose.preferences';

export const positions = () => read<Record<string, Position>>(mine(POSITIONS), {});
export const position = (id: string): Position | null => positions()[id] ?? null;

// The first seconds and the credits are no place to resume at.
export function isWorthResuming(ms: number, durationMs: number): boolean {
  return ms >= 5000 && ms < durationMs - Math.max(3000, durationMs * 0.04);
}

export function savePosition(id: string, ms: number, durationMs: number) {
  const all = positions();
  delete all[id];
  if (isWorthResuming(ms, durationMs))
    all[id] = { ms: Math.round(ms), duration_ms: durationMs, at: Date.now() };
  const newest = Object.entries(all).sort(([, a], [, b]) => b.at - a.at);
  write(mine(POSITIONS), Object.fromEntries(newest.slice(0, POSITIONS_MAX)));
}

const UNDER_WAY_MS = 60_000; // how long a place that was kept here may be on its way to the house

// What the house knows of a member's places; where one was kept here since, that one.
export function mirrorPositions(known: Record<string, Position>, now = Date.now()) {
  const places = { ...known };
  for (const [id, here] of Object.entries(positions()))
    if (here.at > (known[id]?.at ?? now - UNDER_WAY_MS)) places[id] = here;
  write(mine(POSITIONS), places);
}

export const preferences = (): Preferences => ({
  ...defaults,
  ...read<Partial<Preferences>>(mine(PREFERENCES), {}),
});
// What the profile asks of every film, as the house has it, so that it holds on all its devices.
export interface Wishes {
  audio: string; // a language; "": as the title has it
  text: string; // "": no subtitles
  isDescribed: boolean;
}

const WISHES = 'primrose.wishes';
export const keepWishes = (wishes: Wishes) => write(mine(WISHES), wishes);
export const wishes = (): Wishes =>
  read<Wishes>(mine(WISHES), { audio: '', text: '', isDescribed: false });

export const savePreferences = (change: Partial<Preferences>) =>
  write(mine(PREFERENCES), { ...preferences(), ...change });
