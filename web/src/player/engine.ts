// SPDX-License-Identifier: Apache-2.0
//
// The streaming engine behind the video element: Shaka Player's core, fetched only when a film is
// to be played. The rest of the app knows it through this class alone.
import type shaka from 'shaka-player/dist/shaka-player.dash-es2021.js';

import type { Playback, Title } from '../api';
import type { KeptPlay } from '../downloads/kept';
import { type Preferences, savePreferences } from '../memory';
import { type Choice, badgeOf, keyOf, nameOf } from '../tracks';
import { words } from '../words';
import { Abr, type Decision } from './abr';
import { type Fault, explain } from './fault';
import { beginFilm, chosenAudio } from './opening';
import { beginLicence, protect } from './protection';
import { Rule, loadRule } from './rule';
import { onRequests } from './telemetry';
import { Transport } from './transport';

// 60 s ride out most outages of public traces and cost at most a ladder's top rung times a minute
// of memory.
const BUFFER_AHEAD_S = 60;
const BUFFER_BEHIND_S = 30;
const KEEP_S = 4; // of the buffer, when the viewer chooses a quality: two segments
const FIRST_BPS = 1_000_000; // for the engine's own sums, before anything was measured

export interface Facts {
  width: number;
  height: number;
  rung: number; // 1 is the lowest
  rungCount: number;
  codecs: string;
  streamBps: number;
  estimateBps: number;
  bufferS: number;
  droppedFrames: number;
  decodedFrames: number;
  stalls: number;
  switches: number;
  manifest: string;
  decisions: readonly Decision[];
}

// The picture's heights that there are, highest first; the one that shows; the one that the viewer
// fixed, or null: the rule chooses.
export interface Quality {
  heights: number[];
  shown: number | null;
  fixed: number | null;
}

export interface Picture {
  url: string;
  x: number; // of the tile in its sheet, pixels
  y: number;
  width: number;
  height: number;
  sheetWidth: number;
  sheetHeight: number;
}

export interface EngineListener {
  onFault(fault: Fault): void;
  onBuffering(isBuffering: boolean): void;
  onTracks(): void;
  onMilestone(name: 'manifest' | 'media'): void; // of the start; 'media' at each segment
}

interface Spoken {
  language: string;
  originalLanguage: string | null;
  label: string | null;
  roles: string[];
  accessibilityPurpose: string | null;
}

const rolesOf = (track: Spoken) =>
  track.accessibilityPurpose ? [...track.roles, track.accessibilityPurpose] : track.roles;
const languageOf = (track: Spoken) => track.originalLanguage || track.language;
const trackKey = (track: Spoken) => keyOf(languageOf(track), rolesOf(track));

function choices<T extends Spoken & { active: boolean }>(tracks: T[]): Choice[] {
  const found = new Map<string, Choice>();
  for (const track of tracks) {
    const key = trackKey(track);
    const isActive = track.active || (found.get(key)?.isActive ?? false);
    found.set(key, {
      key,
      name: nameOf(languageOf(track), track.label),
      badge: badgeOf(rolesOf(track)),
      isActive,
    });
  }
  return [...found.values()];
}

// DASH alone: a browser with Media Source Extensions needs no more, one without plays HLS by itself.
const load = () => import('shaka-player/dist/shaka-player.dash-es2021.js');

// Fetches the engine's script and the rule before they are needed. If that fails, open() tries again
// and says why.
export const warm = () => Promise.all([load(), loadRule()]).catch(() => null);

// The same while the viewer still reads.
export function preload() {
  if ('requestIdleCallback' in window) requestIdleCallback(() => void warm());
}

export class Engine {
  private stalls = 0;
  private fixed: number | null = null; // height

  private constructor(
    private readonly video: HTMLVideoElement,
    private readonly player: shaka.Player,
    private readonly manifest: string,
    private readonly transport: Transport | null,
    private readonly abr: Abr | null,
  ) {}

  // Loads the engine and the film up to its first frame at startMs. Throws a Fault.
  static async open(
    video: HTMLVideoElement,
    captions: HTMLElement,
    playback: Playback,
    title: Title | null,
    startMs: number,
    preferences: Preferences,
    listener: EngineListener,
    kept: KeptPlay | null, // what is to be read from this browser
  ): Promise<Engine> {
    // Safari without Media Source Extensions plays HLS by itself; everyone else reads the DASH
    // manifest.
    const hasMediaSource = 'MediaSource' in window || 'ManagedMediaSource' in window;
    const manifest = hasMediaSource ? playback.manifests.dash : playback.manifests.hls;
    const rule = hasMediaSource && !kept ? await loadRule() : null;
    const abr =
      rule && new Abr(new Rule(rule, BUFFER_AHEAD_S, preferences.link), startMs / 1000, FIRST_BPS);
    const transport = abr && new Transport(abr);
    if (transport) {
      beginLicence(playback, transport);
      beginFilm(playback, title, startMs, preferences, manifest, abr, transport);
    }
    const { default: library } = await load().catch((error) => {
      transport?.close();
      throw error;
    });
    library.polyfill.installAll();
    if (!library.Player.isBrowserSupported())
      throw { message: words.fault.unsupported, code: 'unsupported' } satisfies Fault;
    const player = new library.Player();
    transport?.attach(library, player);
    if (kept) kept.attach(library, player);
    else protect(library, player, playback.licence);
    const engine = new Engine(video, player, manifest, transport, abr);
    try {
      await engine.start(captions, playback, startMs, preferences, title, listener, kept !== null);
    } catch (error) {
      transport?.close();
      await player.destroy();
      throw explain(error);
    }
    return engine;
  }

  private async start(
    captions: HTMLElement,
    playback: Playback,
    startMs: number,
    preferences: Preferences,
    title: Title | null,
    listener: EngineListener,
    isKept: boolean,
  ) {
    const { player, abr } = this;
    const spoken = title && chosenAudio(title.tracks, preferences.audio);
    player.setVideoContainer(captions);
    await player.attach(this.video);
    player.configure({
      streaming: {
        bufferingGoal: BUFFER_AHEAD_S,
        bufferBehind: BUFFER_BEHIND_S,
        rebufferingGoal: 0.5,
      },
      ...(isKept ? {} : { cmcd: onRequests(playback, this.manifest) }),
      ...(spoken ? { preferredAudio: [{ language: spoken.language, role: spoken.role }] } : {}),
      ...(abr ? { abrFactory: () => abr.manager() } : {}),
    });
    abr?.listen(player);
    player.addEventListener('error', (event) =>
      listener.onFault(explain((event as unknown as { detail: unknown }).detail)),
    );
    player.addEventListener('buffering', (event) => {
      const { buffering } = event as unknown as { buffering: boolean };
      if (
        buffering &&
        this.video.readyState > 0 &&
        !this.video.seeking &&
        this.video.currentTime > 0
      )
        this.stalls++;
      listener.onBuffering(buffering);
    });
    for (const name of [
      'trackschanged',
      'audiotrackschanged',
      'textchanged',
      'variantchanged',
      'texttrackvisibility',
    ])
      player.addEventListener(name, () => listener.onTracks());
    player.addEventListener('manifestparsed', () => listener.onMilestone('manifest'));
    player.addEventListener('segmentappended', () => {
      if (this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) listener.onMilestone('media');
    });
    await player.load(this.manifest, startMs / 1000);
    if (preferences.audio) this.chooseAudio(preferences.audio);
    this.chooseText(preferences.text ?? 'off');
  }

  audio(): Choice[] {
    return choices(this.player.getAudioTracks());
  }

  text(): Choice[] {
    return choices(this.player.getTextTracks());
  }

  // A choice that this title does not have changes nothing.
  chooseAudio(key: string) {
    const tracks = this.player.getAudioTracks().filter((track) => trackKey(track) === key);
    if (tracks.length > 0 && !tracks.some((track) => track.active))
      this.player.selectAudioTrack(tracks[0]!);
  }

  chooseText(key: string) {
    const track = this.player.getTextTracks().find((candidate) => trackKey(candidate) === key);
    this.player.selectTextTrack(track ?? null);
  }

  quality(): Quality {
    const tracks = this.player.getVideoTracks();
    const heights = [...new Set(tracks.map(({ height }) => height ?? 0))].filter((one) => one > 0);
    return {
      heights: heights.sort((a, b) => b - a),
      shown: tracks.find(({ active }) => active)?.height ?? null,
      fixed: this.fixed,
    };
  }

  // A fixed height: what is buffered beyond the next seconds is fetched anew.
  chooseQuality(height: number | null) {
    this.fixed = height;
    this.player.configure('abr.enabled', height === null);
    const tracks = this.player.getVideoTracks().filter((track) => track.height === height);
    const best = tracks.sort((a, b) => b.bandwidth - a.bandwidth)[0];
    if (best && !best.active) this.player.selectVideoTrack(best, true, KEEP_S);
  }

  async retry() {
    return this.player.retryStreaming();
  }

  facts(): Facts {
    const stats = this.player.getStats();
    const rungs = [...new Set(this.player.getVideoTracks().map((track) => track.bandwidth))].sort(
      (a, b) => a - b,
    );
    const current = this.player.getVideoTracks().find((track) => track.active);
    const { buffered, currentTime } = this.video;
    let bufferS = 0;
    for (let i = 0; i < buffered.length; i++)
      if (buffered.start(i) <= currentTime + 0.1 && buffered.end(i) > currentTime)
        bufferS = buffered.end(i) - currentTime;
    return {
      width: current?.width ?? stats.width ?? 0,
      height: current?.height ?? stats.height ?? 0,
      rung: current ? rungs.indexOf(current.bandwidth) + 1 : 0,
      rungCount: rungs.length,
      codecs: stats.currentCodecs ?? '',
      streamBps: stats.streamBandwidth || 0,
      estimateBps: stats.estimatedBandwidth || 0,
      bufferS,
      droppedFrames: stats.droppedFrames || 0,
      decodedFrames: stats.decodedFrames || 0,
      stalls: this.stalls,
      switches: stats.switchHistory.filter(
        (choice) => choice.type === 'variant' && choice.fromAdaptation,
      ).length,
      manifest: this.manifest,
      decisions: this.abr?.decisions ?? [],
    };
  }

  // From the manifest's own image track, for a server that sent no storyboard with the play reply.
  async picture(ms: number): Promise<Picture | null> {
    const track = this.player.getImageTracks()[0];
    const tile = track ? await this.player.getThumbnails(track.id, ms / 1000) : null;
    if (!tile) return null;
    return {
      url: tile.uris[0]!,
      x: tile.positionX,
      y: tile.positionY,
      width: tile.width,
      height: tile.height,
      sheetWidth: tile.imageWidth,
      sheetHeight: tile.imageHeight,
    };
  }

  async close() {
    const link = this.abr?.saved() ?? [];
    if (link.length > 0) savePreferences({ link });
    this.transport?.close();
    await this.player.destroy();
  }
}
