// SPDX-License-Identifier: Apache-2.0
//
// The licence of a download, kept by the app itself: Chromium's ClearKey keeps none. Keys and clocks
// are wrapped together with a key that scripts cannot read, so that neither is changed by itself.
// Whoever runs scripts in this page can still open it: see docs/downloads.md.
import type { Key } from './house';
import { type Kept, putKept, wrappingKey } from './store';

export interface Sealed {
  keys: Key[]; // as the licence service gave them
  issuedAt: number; // by the house's clock
  startBy: number;
  endsAt: number;
  playWithinMs: number;
  startedAt: number; // 0: not yet
  latestAt: number; // the latest time that was seen here
}

export type Refusal = 'clock' | 'late' | 'over';

const SKEW_MS = 120_000; // that honest clocks differ, and step when they are corrected

// Whether it may be played now: the rules of src/drm/licence_clock.h.
export function refusal(sealed: Sealed, now: number): Refusal | null {
  if (now < sealed.latestAt - SKEW_MS || now < sealed.issuedAt - SKEW_MS) return 'clock';
  const latest = Math.max(now, sealed.latestAt);
  if (latest >= sealed.endsAt) return 'over';
  if (sealed.startedAt === 0) return latest >= sealed.startBy ? 'late' : null;
  return latest >= sealed.startedAt + sealed.playWithinMs ? 'over' : null;
}

export async function wrap(kept: Kept, sealed: Sealed): Promise<void> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(sealed));
  const name = new TextEncoder().encode(kept.id); // a licence fits its download alone
  const bytes = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: name },
    await wrappingKey(),
    plain,
  );
  kept.licence = { iv, sealed: bytes };
  await putKept(kept);
}

export async function unwrap(kept: Kept): Promise<Sealed> {
  const { iv, sealed } = kept.licence!;
  const name = new TextEncoder().encode(kept.id);
  const plain = await crypto.subtle.decrypt(
    { name: 'AES-GCM', iv, additionalData: name },
    await wrappingKey(),
    sealed,
  );
  return JSON.parse(new TextDecoder().decode(plain)) as Sealed;
}

// What plays it now, or why not. A first use begins it.
export async function use(kept: Kept, now = Date.now()): Promise<Sealed | Refusal> {
  const sealed = await unwrap(kept);
  const refused = refusal(sealed, now);
  if (refused) return refused;
  sealed.latestAt = Math.max(now, sealed.latestAt);
  sealed.startedAt ||= sealed.latestAt;
  kept.startedAt ||= sealed.startedAt;
  kept.endsAt = Math.min(sealed.endsAt, sealed.startedAt + sealed.playWithinMs);
  await wrap(kept, sealed);
  return sealed;
}
