// SPDX-License-Identifier: Apache-2.0
//
// Who is here, and where that leads:
//
//     an open house      everybody is the guest, and may claim it
//     a closed one       401 --> /sign-in --> 403, no profile yet --> /profiles --> where one was
//
// Whoever signs in or out, or becomes another profile, loads the app anew: nothing of the one before
// stays in memory.
import { useEffect, useState } from 'preact/hooks';

import { type Problem, getHistory, onRefusal } from './api';
import { type Me, getHouse, getMe, refresh } from './household';
import {
  isWorthResuming,
  keepProfile,
  keepWishes,
  mirrorPositions,
  profile,
  readText,
  writeText,
} from './memory';
import { navigate } from './router';
import { keepLanguage } from './words';

export interface Standing {
  isOpen: boolean;
  me: Me | null; // null: not signed in
}

const REFRESHED = 'primrose.refreshed'; // when the session's token was last exchanged
const REFRESH_EVERY_MS = 86_400_000; // of the thirty days that one lives

let standing: Standing | null = null;
let places = 0; // how often they were looked up
const listeners = new Set<(standing: Standing | null) => void>();

export function useStanding(): Standing | null {
  const [now, setNow] = useState(standing);
  useEffect(() => {
    listeners.add(setNow);
    setNow(standing);
    return () => void listeners.delete(setNow);
  }, []);
  return now;
}

function become(next: Standing) {
  standing = next;
  const child = next.me?.profiles.find(({ id }) => id === next.me!.profile_id)?.is_child ?? false;
  document.documentElement.classList.toggle('children', child);
  listeners.forEach((listener) => listener(next));
}

const ENTRANCES = ['/sign-in', '/claim', '/profiles'];

// Where to go once that is done; only ever a page of this app.
export function destination(search = location.search): string {
  const to = new URLSearchParams(search).get('to') ?? '/';
  return /^\/(?![/\\])/.test(to) ? to : '/';
}

export function towards(entrance: string) {
  const { pathname, search } = location;
  if (pathname === entrance) return;
  const to = ENTRANCES.includes(pathname) ? destination() : pathname + search;
  navigate(to === '/' ? entrance : `${entrance}?to=${encodeURIComponent(to)}`, 'replace');
}

export function leadOn(problem: Problem) {
  if (problem.code === 'sign-in-needed') towards('/sign-in');
  if (problem.code === 'profile-needed') towards('/profiles');
}

export const reload = (to: string) => location.assign(to);

// This profile from now on: its language, its places, its wishes.
export function actAs(chosen: { id: string; language: string } | null, to: string) {
  keepProfile(chosen?.id ?? null);
  keepLanguage(chosen?.language ?? '');
  reload(to);
}

// The places of the member on all his devices, as the pages show them.
export async function lookUpPlaces(signal: AbortSignal): Promise<void> {
  const { items } = await getHistory(signal);
  const begun = items.filter(
    (one) => !one.is_watched && isWorthResuming(one.position_ms, one.duration_ms),
  );
  mirrorPositions(
    Object.fromEntries(
      begun.map((one) => [
        one.title_id,
        { ms: one.position_ms, duration_ms: one.duration_ms, at: Date.parse(one.watched_at) },
      ]),
    ),
  );
  places++;
}

// Reads them when a page that shows places appears; draws it again once they are there.
export function usePlaces() {
  const [, draw] = useState(places);
  useEffect(() => {
    if (profile() === null) return;
    const stop = new AbortController();
    lookUpPlaces(stop.signal).then(
      () => draw(places),
      () => {}, // what is kept here serves
    );
    return () => stop.abort();
  }, []);
}

async function freshen() {
  const last = Number(readText(REFRESHED)) || 0;
  if (Math.abs(Date.now() - last) < REFRESH_EVERY_MS) return;
  writeText(REFRESHED, String(Date.now()));
  await refresh();
}

export const signedIn = () => writeText(REFRESHED, String(Date.now()));

export async function lookAround() {
  const house = await getHouse();
  if (!house.is_signed_in) return become({ isOpen: house.is_open, me: null });
  const me = await getMe();
  // Another tab chose another profile: what is kept here follows.
  const chosen = me.profiles.find(({ id }) => id === me.profile_id);
  if (chosen && chosen.id !== profile()) return actAs(chosen, location.href);
  if (chosen)
    keepWishes({
      audio: chosen.audio_language,
      text: chosen.text_language,
      isDescribed: chosen.wants_description,
    });
  if (chosen && keepLanguage(chosen.language)) return reload(location.href);
  become({ isOpen: house.is_open, me });
  await freshen();
}

export function arrive() {
  onRefusal(leadOn);
  lookAround().catch(() => {}); // the page itself says what is wrong
}
