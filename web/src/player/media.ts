// SPDX-License-Identifier: Apache-2.0
//
// The video element's state as values that redraw the controls, and the actions on it that buttons,
// keys and the system's media keys share.
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { savePreferences } from '../memory';

export interface Media {
  isPaused: boolean;
  isEnded: boolean;
  isSeeking: boolean;
  nowMs: number;
  durationMs: number;
  bufferedMs: number; // end of the buffered range around now
  volume: number;
  isMuted: boolean;
  rate: number;
  isPip: boolean;
  isFullscreen: boolean;
  ratio: number; // of the picture, width over height
}

const idle: Media = {
  isPaused: true,
  isEnded: false,
  isSeeking: false,
  nowMs: 0,
  durationMs: 0,
  bufferedMs: 0,
  volume: 1,
  isMuted: false,
  rate: 1,
  isPip: false,
  isFullscreen: false,
  ratio: 16 / 9,
};

const EVENTS = [
  'play',
  'pause',
  'ended',
  'seeking',
  'seeked',
  'timeupdate',
  'durationchange',
  'progress',
  'volumechange',
  'ratechange',
  'enterpictureinpicture',
  'leavepictureinpicture',
  'emptied',
  'resize',
] as const;

function bufferedEnd({ buffered, currentTime }: HTMLVideoElement): number {
  for (let i = 0; i < buffered.length; i++)
    if (buffered.start(i) <= currentTime + 0.1 && buffered.end(i) >= currentTime)
      return buffered.end(i);
  return currentTime;
}

function snapshot(video: HTMLVideoElement): Media {
  return {
    isPaused: video.paused,
    isEnded: video.ended,
    isSeeking: video.seeking,
    nowMs: video.currentTime * 1000,
    durationMs: Number.isFinite(video.duration) ? video.duration * 1000 : 0,
    bufferedMs: bufferedEnd(video) * 1000,
    volume: video.volume,
    isMuted: video.muted,
    rate: video.playbackRate || video.defaultPlaybackRate, // 0 while the engine waits for data
    isPip: document.pictureInPictureElement === video,
    isFullscreen: document.fullscreenElement !== null,
    ratio: video.videoHeight > 0 ? video.videoWidth / video.videoHeight : idle.ratio,
  };
}

export function useMedia(ref: RefObject<HTMLVideoElement | null>): Media {
  const [media, setMedia] = useState(idle);
  useEffect(() => {
    const video = ref.current!;
    const update = () => setMedia(snapshot(video));
    EVENTS.forEach((name) => video.addEventListener(name, update));
    document.addEventListener('fullscreenchange', update);
    update();
    return () => {
      EVENTS.forEach((name) => video.removeEventListener(name, update));
      document.removeEventListener('fullscreenchange', update);
    };
  }, []);
  return media;
}

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];
const VOLUME_STEP = 0.1;

export class Actions {
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly root: HTMLElement,
    private readonly frameS: number,
  ) {}

  play = () => void this.video.play().catch(() => {});
  pause = () => this.video.pause();
  toggle = () => (this.video.paused ? this.play() : this.pause());

  seekTo = (ms: number) => {
    const { duration } = this.video;
    if (!Number.isFinite(duration)) return;
    this.video.currentTime = Math.min(Math.max(0, ms / 1000), duration);
  };

  skip = (ms: number) => this.seekTo(this.video.currentTime * 1000 + ms);

  // To the middle of the neighbouring frame, so that rounding cannot fall back into this one.
  step = (frames: number) => {
    if (!this.video.paused) return;
    const frame = Math.floor(this.video.currentTime / this.frameS + 1e-3) + frames;
    this.seekTo((Math.max(0, frame) + 0.5) * this.frameS * 1000);
  };

  setVolume = (volume: number) => {
    this.video.volume = Math.min(1, Math.max(0, volume));
    this.video.muted = this.video.volume === 0;
    savePreferences({ volume: this.video.volume, isMuted: this.video.muted });
  };

  louder = (steps: number) =>
    this.setVolume(Math.round((this.video.volume + steps * VOLUME_STEP) * 100) / 100);

  toggleMute = () => {
    if (this.video.muted && this.video.volume === 0) return this.setVolume(0.5);
    this.video.muted = !this.video.muted;
    savePreferences({ isMuted: this.video.muted });
  };

  setRate = (rate: number) => {
    this.video.defaultPlaybackRate = rate;
    this.video.playbackRate = rate;
  };

  faster = (steps: number) => {
    const index = RATES.indexOf(this.video.defaultPlaybackRate);
    const next =
      RATES[
        Math.min(RATES.length - 1, Math.max(0, (index < 0 ? RATES.indexOf(1) : index) + steps))
      ];
    this.setRate(next!);
  };

  toggleFullscreen = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void this.root.requestFullscreen?.().catch(() => {});
  };

  togglePip = () => {
    if (document.pictureInPictureElement) void document.exitPictureInPicture();
    else void this.video.requestPictureInPicture?.().catch(() => {});
  };
}

// Hardware media keys, headsets and lock screens.
export function useMediaSession(
  actions: Actions | null,
  name: string | null,
  artwork: string | null,
  media: Media,
) {
  useEffect(() => {
    if (!('mediaSession' in navigator) || !actions || name === null) return;
    const session = navigator.mediaSession;
    session.metadata = new MediaMetadata({
      title: name,
      artwork: artwork ? [{ src: artwork }] : [],
    });
    const handlers: [MediaSessionAction, MediaSessionActionHandler][] = [
      ['play', actions.play],
      ['pause', actions.pause],
      ['seekbackward', ({ seekOffset }) => actions.skip(-(seekOffset ?? 10) * 1000)],
      ['seekforward', ({ seekOffset }) => actions.skip((seekOffset ?? 10) * 1000)],
      ['seekto', ({ seekTime }) => seekTime !== undefined && actions.seekTo(seekTime * 1000)],
    ];
    const set = (action: MediaSessionAction, handler: MediaSessionActionHandler | null) => {
      try {
        session.setActionHandler(action, handler);
      } catch {
        // an action that this browser does not know
      }
    };
    handlers.forEach(([action, handler]) => set(action, handler));
    return () => {
      handlers.forEach(([action]) => set(action, null));
      session.metadata = null;
    };
  }, [actions, name, artwork]);
  useEffect(() => {
    if (!('mediaSession' in navigator)) return;
    navigator.mediaSession.playbackState = media.isPaused ? 'paused' : 'playing';
    if (media.durationMs > 0)
      navigator.mediaSession.setPositionState?.({
        duration: media.durationMs / 1000,
        position: Math.min(media.nowMs, media.durationMs) / 1000,
        playbackRate: media.rate,
      });
  }, [media.isPaused, media.durationMs, media.rate, media.isSeeking]);
}
