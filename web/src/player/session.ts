// SPDX-License-Identifier: Apache-2.0
//
// One viewing of one title: the play call, the engine, and what of their state the controls show.
import type { RefObject } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import { type Playback, type Title, Problem, getTitle, startPlayback } from '../api';
import type { KeptPlay } from '../downloads/kept';
import { asProblem, seenOf, titleKey } from '../load';
import {
  type Preferences,
  isWorthResuming,
  position,
  preferences,
  profile,
  savePosition,
  wishes,
} from '../memory';
import { type Choice, wished } from '../tracks';
import { words } from '../words';
import { Engine, warm } from './engine';
import type { Fault } from './fault';
import { Presence } from './presence';
import { Reporter } from './telemetry';

const SAVE_EVERY_MS = 5000;

export interface Session {
  title: Title | null;
  playback: Playback | null;
  engine: Engine | null;
  problem: Problem | null; // the API refused
  fault: Fault | null; // the film does not play
  isBuffering: boolean;
  isBlocked: boolean; // the browser wants a click before it plays aloud
  audio: Choice[];
  text: Choice[];
  firstFrameMs: number | null; // since the page was opened or retried
  retry: () => void;
  playHere: (() => void) | null; // where too many screens play: instead of the first of them
}

function startOf(id: string, playback: Playback, wantedMs: number | null): number {
  // Of a member the house knows more: what was watched elsewhere, too.
  const kept = position(id)?.ms;
  const remembered = profile() === null ? (kept ?? 0) : playback.resume_ms || (kept ?? 0);
  const startMs = wantedMs ?? (isWorthResuming(remembered, playback.duration_ms) ? remembered : 0);
  return Math.min(startMs, Math.max(0, playback.duration_ms - 1));
}

// What was chosen here, or else what the profile wishes of every film.
function preferencesFor(title: Title | null): Preferences {
  const chosen = preferences();
  const { audio, text } = wished(title?.tracks ?? [], wishes());
  return { ...chosen, audio: chosen.audio ?? audio, text: chosen.text ?? text };
}

function useSavedPosition(id: string, video: RefObject<HTMLVideoElement | null>, isOpen: boolean) {
  useEffect(() => {
    const element = video.current;
    if (!isOpen || !element) return;
    const save = () => {
      if (Number.isFinite(element.duration))
        savePosition(id, element.currentTime * 1000, element.duration * 1000);
    };
    const timer = setInterval(() => !element.paused && save(), SAVE_EVERY_MS);
    const moments = ['pause', 'seeked', 'ended'] as const;
    moments.forEach((name) => element.addEventListener(name, save));
    addEventListener('pagehide', save);
    return () => {
      clearInterval(timer);
      moments.forEach((name) => element.removeEventListener(name, save));
      removeEventListener('pagehide', save);
      save();
    };
  }, [id, isOpen]);
}

// Without a network the film plays from this browser's downloads, if it is among them.
async function startOrKept(
  id: string,
  isKept: boolean,
  signal: AbortSignal,
  takeOver: string | null,
): Promise<[Playback, KeptPlay | null]> {
  const here = async (problem: Problem): Promise<[Playback, KeptPlay]> => {
    const kept = await (await import('../downloads/kept')).openKept(id);
    if (!kept) throw problem;
    return [kept.playback, kept];
  };
  if (isKept) return here(new Problem(0, 'download-missing', words.downloads.missing, ''));
  try {
    return [await startPlayback(id, signal, takeOver), null];
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 0) throw error;
    return here(error);
  }
}

export function useSession(
  id: string,
  wantedMs: number | null,
  isKept: boolean, // from this browser's downloads, whatever the network says
  video: RefObject<HTMLVideoElement | null>,
  captions: RefObject<HTMLElement | null>,
): Session {
  const [title, setTitle] = useState<Title | null>(null);
  const [playback, setPlayback] = useState<Playback | null>(null);
  const [engine, setEngine] = useState<Engine | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const [isBuffering, setIsBuffering] = useState(true);
  const [isBlocked, setIsBlocked] = useState(false);
  const [tracks, setTracks] = useState<{ audio: Choice[]; text: Choice[] }>({
    audio: [],
    text: [],
  });
  const [firstFrameMs, setFirstFrameMs] = useState<number | null>(null);
  const [attempt, setAttempt] = useState(0);
  const takeOver = useRef<string | null>(null);
  const resumeAt = useRef(wantedMs); // after a fault: where the film stood

  useEffect(() => {
    const stop = new AbortController();
    const begun = performance.now();
    let opened: Engine | null = null;
    let reporter: Reporter | null = null;
    let presence: Presence | null = null;
    const element = video.current!;
    const at = { play: begun, manifest: begun, media: begun };
    const shown = () => {
      const now = performance.now();
      setFirstFrameMs(now - begun);
      reporter?.started(now - begun, {
        play: at.play - begun,
        manifest: at.manifest - at.play,
        media: at.media - at.manifest,
        frame: now - at.media,
      });
    };
    const failed = (error: Fault) => {
      reporter?.failed(error.code);
      resumeAt.current = element.currentTime > 0 ? element.currentTime * 1000 : resumeAt.current;
      setFault(error);
    };
    const run = async () => {
      setProblem(null);
      setFault(null);
      setIsBuffering(true);
      void warm(); // the engine's script comes while the server thinks
      // Names and scenes: the film plays without. The tracks help it to begin at once.
      const named = Promise.resolve(
        seenOf<Title>(titleKey(id)) ?? getTitle(id, stop.signal).catch(() => null),
      );
      const [reply, kept] = await startOrKept(id, isKept, stop.signal, takeOver.current);
      const about = kept?.title ?? (await named);
      if (stop.signal.aborted) return;
      setTitle(about);
      setPlayback(reply);
      at.play = performance.now();
      takeOver.current = null;
      const elsewhere = (problem: Problem) => {
        resumeAt.current = element.currentTime * 1000;
        element.pause();
        setProblem(problem);
      };
      reporter = kept ? null : new Reporter(element, reply, location.host);
      presence = kept ? null : new Presence(element, reply, elsewhere);
      element.addEventListener('loadeddata', shown, { once: true });
      const engineNow = await Engine.open(
        element,
        captions.current!,
        reply,
        about,
        startOf(id, reply, resumeAt.current),
        preferencesFor(about),
        {
          onFault: (error) => !stop.signal.aborted && failed(error),
          onMilestone: (name) => (at[name] = performance.now()),
          onBuffering: (value) => !stop.signal.aborted && setIsBuffering(value),
          onTracks: () => {
            if (!opened || stop.signal.aborted) return;
            setTracks({ audio: opened.audio(), text: opened.text() });
            reporter?.bitrate(opened.facts().streamBps);
          },
        },
        kept,
      );
      if (stop.signal.aborted) return void engineNow.close();
      opened = engineNow;
      setEngine(opened);
      setTracks({ audio: opened.audio(), text: opened.text() });
      reporter?.bitrate(opened.facts().streamBps);
      await element.play().then(
        () => setIsBlocked(false),
        (error: DOMException) => setIsBlocked(error.name === 'NotAllowedError'),
      );
    };
    run().catch((error) => {
      if (stop.signal.aborted) return;
      if (error instanceof Error) setProblem(asProblem(error));
      else failed(error as Fault);
    });
    return () => {
      stop.abort();
      element.removeEventListener('loadeddata', shown);
      setEngine(null);
      reporter?.close();
      presence?.close();
      void opened?.close();
    };
  }, [id, attempt]);

  useSavedPosition(id, video, engine !== null);
  const retry = useCallback(() => setAttempt((n) => n + 1), []);
  const playing = problem?.sessions[0]?.id;
  const playHere = playing
    ? () => {
        takeOver.current = playing;
        retry();
      }
    : null;
  return {
    title,
    playback,
    engine,
    problem,
    fault,
    isBuffering,
    isBlocked,
    ...tracks,
    firstFrameMs,
    retry,
    playHere,
  };
}
