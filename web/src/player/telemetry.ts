// SPDX-License-Identifier: Apache-2.0
//
// What the player reports of itself: Common Media Client Data, version 2 (CTA-5004-B). On the engine's
// requests as header fields, so that an address stays one address in every cache. As events, a line
// each, to the service, which makes a session's quality of them (src/playback/qoe.h):
//
//     s --> p --> r --> p --> k --> p --> e        states: starting, playing, rebuffering, seeking, ended
//     |--msd--|  br  t     t              |        bitrate changes, and a sign of life every 10 s
import type { Playback } from '../api';

const INTERVAL_MS = 10_000;
const ADDRESS = '/v1/telemetry/cmcd';

export const onRequests = ({ session_id, title_id }: Playback, manifest: string) => ({
  enabled: true,
  version: 2,
  // Fields of our own make a browser ask another server first; there, they go into the address.
  useHeaders: new URL(manifest, location.href).origin === location.origin,
  sessionId: session_id,
  contentId: title_id,
});

type State = 's' | 'p' | 'r' | 'k' | 'a' | 'e' | 'f' | 'q';
type Value = string | number | boolean;

// Texts that stand in quotes; everything else is a number or a token.
const QUOTED = ['sid', 'cid', 'h', 'ec'];

export function lineOf(members: Record<string, Value>): string {
  return Object.entries(members)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => {
      if (QUOTED.includes(key)) return `${key}="${String(value).replace(/["\\]/g, '')}"`;
      if (key === 'br' || key === 'bl') return `${key}=(${Math.round(Number(value))})`;
      return `${key}=${typeof value === 'number' ? Math.round(value) : value}`;
    })
    .join(',');
}

// Where the start went, each in milliseconds: the play call, the manifest, the first segments, the
// first frame after them.
export interface StartParts {
  play: number;
  manifest: number;
  media: number;
  frame: number;
}

export class Reporter {
  private sequence = 0;
  private state: State = 's';
  private kbps = 0;
  private waiting: string[] = [];
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly stop = new AbortController();

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly playback: Playback,
    private readonly host: string,
  ) {
    this.timer = setInterval(() => (this.report('t'), this.send()), INTERVAL_MS);
    const { signal } = this.stop;
    const on = (name: string, state: () => State | null) =>
      video.addEventListener(name, () => this.enter(state()), { signal });
    on('playing', () => 'p');
    on('pause', () => (video.ended || this.state === 's' ? null : 'a'));
    on('seeking', () => 'k');
    on('ended', () => 'e');
    // The buffer ran dry: not at the start, not after a seek, not because the viewer paused.
    on('waiting', () => (this.state === 'p' ? 'r' : null));
    addEventListener('pagehide', () => this.leave(), { signal });
    this.report('ps', { sta: 's' });
  }

  private enter(state: State | null) {
    if (state === null || state === this.state) return;
    this.state = state;
    this.report('ps');
    if (state === 'e' || state === 'r') this.send();
  }

  private bufferMs(): number {
    const { buffered, currentTime } = this.video;
    for (let i = 0; i < buffered.length; i++)
      if (buffered.start(i) <= currentTime + 0.1 && buffered.end(i) > currentTime)
        return (buffered.end(i) - currentTime) * 1000;
    return 0;
  }

  private report(event: string, more: Record<string, Value> = {}) {
    const { session_id, title_id } = this.playback;
    const quality = this.video.getVideoPlaybackQuality?.();
    this.waiting.push(
      lineOf({
        e: event,
        sid: session_id,
        cid: title_id,
        sn: ++this.sequence,
        ts: Date.now(),
        v: 2,
        sta: this.state,
        pt: this.video.currentTime * 1000,
        bl: this.bufferMs(),
        ...(this.host ? { h: this.host } : {}),
        ...(this.kbps > 0 ? { br: this.kbps } : {}),
        ...(quality ? { df: quality.droppedVideoFrames } : {}),
        ...more,
      }),
    );
  }

  started(wholeMs: number, parts: StartParts) {
    this.report('ce', {
      cen: 'start',
      msd: wholeMs,
      'org.primrose-play': parts.play,
      'org.primrose-manifest': parts.manifest,
      'org.primrose-media': parts.media,
      'org.primrose-frame': parts.frame,
    });
    this.send();
  }

  bitrate(bps: number) {
    const kbps = Math.round(bps / 1000);
    if (kbps === this.kbps || kbps <= 0) return;
    this.kbps = kbps;
    this.report('br');
  }

  failed(code: string) {
    this.state = 'f';
    this.report('e', { ec: code });
    this.send();
  }

  // Reports are of use, never worth a word to the viewer: what cannot be sent is dropped.
  private send() {
    if (this.waiting.length === 0) return;
    const body = new Blob([`${this.waiting.join('\n')}\n`], { type: 'application/cmcd' });
    this.waiting = [];
    void fetch(ADDRESS, {
      method: 'POST',
      body,
      keepalive: true,
      priority: 'low',
    } as RequestInit).catch(() => {});
  }

  private leave() {
    if (this.state !== 'e' && this.state !== 'f') this.enter('q');
    this.send();
  }

  close() {
    clearInterval(this.timer);
    this.leave();
    this.stop.abort();
  }
}
