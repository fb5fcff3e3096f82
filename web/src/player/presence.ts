// SPDX-License-Identifier: Apache-2.0
//
// Where a member is in a film, told to the house: on every pause, seek and stop, when the page goes,
// and as often as the play's reply asks for, which keeps the stream, too.
//
//     play call --> server_time_ms        at_ms of a report = that + what has passed here since:
//          |<------ performance.now() --->|    a clock that is set wrong does not matter
//
// The guest of an open house tells nothing: his places stay in his browser.
import { type Playback, type Problem, send } from '../api';
import { profile } from '../memory';

type Moment = 'play' | 'pause' | 'seek' | 'stop' | 'hide';

const ADDRESS = '/v1/positions';

export class Presence {
  private readonly since = performance.now();
  private readonly stop = new AbortController();
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly isMember = profile() !== null;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly playback: Playback,
    private readonly over: (problem: Problem) => void, // it plays elsewhere now
  ) {
    this.timer = setInterval(() => this.report('play'), playback.heartbeat_ms);
    const { signal } = this.stop;
    const on = (name: string, moment: Moment) =>
      video.addEventListener(name, () => this.report(moment), { signal });
    on('pause', 'pause');
    on('seeked', 'seek');
    on('ended', 'stop');
    addEventListener('pagehide', (event) => this.hide(event.persisted), { signal });
  }

  private body(event: Moment): object | null {
    const { currentTime, duration } = this.video;
    if (!this.isMember || !Number.isFinite(duration) || duration === 0) return null;
    const { title_id, session_id, server_time_ms } = this.playback;
    return {
      title_id,
      session_id,
      event,
      position_ms: Math.round(currentTime * 1000),
      duration_ms: Math.round(duration * 1000),
      at_ms: Math.round(server_time_ms + performance.now() - this.since),
    };
  }

  private report(event: Moment) {
    const body = this.body(event);
    if (!body) return;
    send<void>('POST', ADDRESS, body, { keepalive: true }).catch((problem: Problem) => {
      if (problem.code === 'stream-over' && !this.stop.signal.aborted) this.over(problem);
    });
  }

  private free() {
    const { session_id } = this.playback;
    return send<void>('DELETE', `/v1/streams/${session_id}`, undefined, { keepalive: true });
  }

  // A page that goes may not wait for an answer: the place is told without the stream, which is
  // given back unless the page may come back.
  private hide(isKept: boolean) {
    const body = this.body('hide');
    if (!body) return;
    navigator.sendBeacon(ADDRESS, JSON.stringify({ ...body, session_id: undefined }));
    if (!isKept) void this.free().catch(() => {});
  }

  // The place is kept, then the stream given back, so that another screen may have it at once.
  close() {
    clearInterval(this.timer);
    this.stop.abort();
    if (!this.isMember) return;
    const body = this.body('stop');
    const kept = body ? send<void>('POST', ADDRESS, body, { keepalive: true }) : Promise.resolve();
    const free = () => this.free();
    void kept.then(free, free).catch(() => {}); // else its lease ends by itself
  }
}
