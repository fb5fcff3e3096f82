// SPDX-License-Identifier: Apache-2.0
//
// The player's page: the film, and around it everything that comes and goes.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import type { Title, TitleSummary } from '../api';
import { tellProfile } from '../household';
import { preferences, savePreferences } from '../memory';
import { CaptionsPanel, useCaptionStyle } from '../player/captions';
import { Controls, type Open } from '../player/controls';
import { handleKey } from '../player/keys';
import { Offers } from '../player/marks';
import { Actions, useMedia, useMediaSession } from '../player/media';
import { KeysPanel, Panel, SettingsPanel, TracksPanel } from '../player/panels';
import { type Session, useSession } from '../player/session';
import { Statistics } from '../player/statistics';
import { WindView, useWind } from '../player/wind';
import { Link, titlePath, usePage, watchPath } from '../router';
import type { Choice } from '../tracks';
import { Icon } from '../ui/icon';
import { words } from '../words';

const HIDE_AFTER_MS = 3000;
const LEAD_MS = 10_000;

// The controls stay while the film stands still, a panel is open, or the keyboard is among them;
// else they leave when nothing has moved for a while.
function useVisible(root: { current: HTMLElement | null }, mustStay: boolean) {
  const [isAwake, setIsAwake] = useState(true);
  const [hasFocus, setHasFocus] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const wake = useCallback(() => {
    setIsAwake(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setIsAwake(false), HIDE_AFTER_MS);
  }, []);
  const sleep = useCallback(() => {
    clearTimeout(timer.current);
    setIsAwake(false);
  }, []);
  const focusMoved = useCallback(() => {
    setHasFocus(root.current?.querySelector('.chrome :focus-visible') !== null);
  }, []);
  useEffect(() => {
    wake();
    return () => clearTimeout(timer.current);
  }, [mustStay]);
  return { isVisible: isAwake || hasFocus || mustStay, wake, sleep, focusMoved };
}

// One short sentence for those who hear the page, shown for a moment to those who see it.
function useToast() {
  const [text, setText] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const say = useCallback((sentence: string) => {
    setText(sentence);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setText(''), 1600);
  }, []);
  return { text, say };
}

function Trouble({ session, id }: { session: Session; id: string }) {
  const message = session.problem?.message ?? session.fault!.message;
  const code = session.problem?.code ?? session.fault!.code;
  const retry = useRef<HTMLButtonElement>(null);
  useEffect(() => retry.current?.focus(), []);
  return (
    <div class="overlay" role="alert">
      <span class="notice-mark">
        <Icon name="warning" />
      </span>
      <h2>{words.fault.heading}</h2>
      <p>{message}</p>
      <div class="actions">
        <button
          class="button button-accent"
          type="button"
          ref={retry}
          onClick={session.playHere ?? session.retry}
        >
          <Icon name={session.playHere ? 'play' : 'again'} />
          {session.playHere ? words.fault.playHere : words.retry}
        </button>
        <Link class="button" href={titlePath(id)}>
          {words.player.back}
        </Link>
      </div>
      <p class="faint">{words.fault.code(code)}</p>
    </div>
  );
}

function Ended(props: { actions: Actions; id: string; next: TitleSummary | null }) {
  const { actions, id, next } = props;
  return (
    <div class="overlay overlay-end">
      <p class="display">{words.player.ended}</p>
      <div class="actions">
        {next && (
          <Link class="button button-accent" href={watchPath(next.id, 0)}>
            <Icon name="next" />
            {words.player.nextEpisode}
          </Link>
        )}
        <button
          class={next ? 'button' : 'button button-accent'}
          type="button"
          onClick={actions.toggle}
        >
          <Icon name="again" />
          {words.player.again}
        </button>
        <Link class="button" href={titlePath(id)}>
          {words.player.back}
        </Link>
      </div>
    </div>
  );
}

function frameSeconds(title: Title | null): number {
  const video = title?.tracks.find((track) => track.kind === 'video') as
    { frame_rate?: string | number } | undefined;
  const [num, den] = String(video?.frame_rate ?? '24')
    .split('/')
    .map(Number);
  return (den || 1) / (num || 24);
}

const label = (choice: Choice) =>
  choice.badge ? `${choice.name}, ${words.badges[choice.badge]}` : choice.name;

export function Watch(props: { id: string; startMs: number | null; isKept: boolean }) {
  const { id, startMs, isKept } = props;
  const root = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const captions = useRef<HTMLDivElement>(null);
  const session = useSession(id, startMs, isKept, video, captions);
  const { style: captionStyle, change: changeCaptions } = useCaptionStyle(captions);
  const media = useMedia(video);
  const { title, engine } = session;
  const [open, setOpen] = useState<Open>(null);
  const [isStatsOpen, setIsStatsOpen] = useState(false);
  const { text: toast, say } = useToast();
  const hasTrouble = session.problem !== null || session.fault !== null;
  const { isVisible, wake, sleep, focusMoved } = useVisible(
    root,
    media.isPaused || open !== null || hasTrouble,
  );
  const frameS = frameSeconds(title);
  const [actions, setActions] = useState<Actions | null>(null);
  useEffect(() => setActions(new Actions(video.current!, root.current!, frameS)), [frameS]);
  const name = title?.title ?? '';
  usePage(words.player.page(name));
  // The lock screen's picture waits until the film has a lead: on a narrow link it would cost a stall.
  const [hasLead, setHasLead] = useState(false);
  if (!hasLead && media.bufferedMs - media.nowMs > LEAD_MS) setHasLead(true);
  const artwork = hasLead ? (title?.poster_url ?? null) : null;
  useMediaSession(actions, title?.title ?? null, artwork, media);

  useEffect(() => {
    const { volume, isMuted } = preferences();
    video.current!.volume = volume;
    video.current!.muted = isMuted;
    root.current!.focus({ preventScroll: true });
  }, []);

  const chooseAudio = (key: string) => {
    engine?.chooseAudio(key);
    savePreferences({ audio: key });
    tellProfile({ audio: key });
    const choice = session.audio.find((one) => one.key === key);
    if (choice) say(words.player.audioOn(label(choice)));
  };
  const chooseText = (key: string) => {
    engine?.chooseText(key);
    savePreferences({ text: key });
    tellProfile({ text: key });
    const choice = session.text.find((one) => one.key === key);
    say(choice ? words.player.subtitlesOn(label(choice)) : words.player.subtitlesOff);
  };
  const [, setQualityChanges] = useState(0);
  const chooseQuality = (height: number | null) => {
    engine?.chooseQuality(height);
    setQualityChanges((n) => n + 1);
  };
  const lastText = useRef<string | null>(null);
  const toggleText = () => {
    const current = session.text.find((choice) => choice.isActive);
    if (current) lastText.current = current.key;
    const next = current ? 'off' : (lastText.current ?? session.text[0]?.key);
    if (next) chooseText(next);
  };
  const nextAudio = () => {
    const index = session.audio.findIndex((choice) => choice.isActive);
    const next = session.audio[(index + 1) % session.audio.length];
    if (next) chooseAudio(next.key);
  };
  const wind = useWind(media, actions);
  const toggleStats = () => setIsStatsOpen(!isStatsOpen);
  const escape = () => {
    if (wind.rate !== 0) return wind.cancel();
    if (open !== null) return setOpen(null);
    root.current!.focus();
    sleep();
  };

  const key = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') wake();
    if (!actions || (hasTrouble && event.key !== 'Escape')) return;
    handleKey(event, {
      actions,
      durationMs: media.durationMs,
      toggleText,
      nextAudio,
      toggleStats,
      openKeys: () => setOpen('keys'),
      wind: wind.turn,
      land: wind.rate === 0 ? null : wind.land,
      escape,
    });
  };
  const clickFilm = (event: MouseEvent) => {
    if ((event as PointerEvent).pointerType === 'touch') return isVisible ? sleep() : wake();
    root.current!.focus({ preventScroll: true });
    actions?.toggle();
  };

  return (
    <main
      class={`player ${isVisible ? '' : 'player-quiet'}`}
      ref={root}
      style={{ '--ratio': String(media.ratio) }}
      tabIndex={-1}
      data-arrive
      aria-label={words.player.region(name)}
      onKeyDown={key}
      onPointerMove={wake}
      onPointerDown={wake}
      onFocusCapture={focusMoved}
      onBlurCapture={() => setTimeout(focusMoved, 0)}
    >
      <video
        ref={video}
        playsInline
        onClick={clickFilm}
        onDblClick={() => actions?.toggleFullscreen()}
      />
      <div class="captions" ref={captions} />
      {wind.rate !== 0 && !hasTrouble && (
        <WindView
          wind={wind}
          durationMs={media.durationMs}
          storyboard={session.playback?.storyboard ?? null}
          engine={engine}
        />
      )}
      {session.isBuffering && !hasTrouble && (
        <div class="overlay overlay-wait" role="status">
          <span class="spinner" />
          <span class="visually-hidden">{words.player.buffering}</span>
        </div>
      )}
      {session.isBlocked && media.isPaused && !hasTrouble && (
        <button
          class="big-play"
          type="button"
          onClick={actions?.toggle}
          aria-label={words.title.playNamed(name)}
        >
          <Icon name="play" />
        </button>
      )}
      {media.isEnded && actions && !hasTrouble && (
        <Ended actions={actions} id={id} next={title?.next_episode ?? null} />
      )}
      {hasTrouble && <Trouble session={session} id={id} />}
      {isStatsOpen && engine && (
        <Statistics
          engine={engine}
          firstFrameMs={session.firstFrameMs}
          session={session.playback?.session_id ?? ''}
          close={toggleStats}
        />
      )}
      {actions && title && !hasTrouble && !media.isEnded && (
        <Offers marks={title.marks} next={title.next_episode} media={media} actions={actions} />
      )}
      <div class="chrome chrome-top">
        <Link
          class="control"
          href={titlePath(id)}
          aria-label={words.player.back}
          title={words.player.back}
        >
          <Icon name="back" />
        </Link>
        {title && <h1>{title.title}</h1>}
      </div>
      <div class="chrome chrome-bottom">
        {actions && !hasTrouble && (
          <Controls
            media={media}
            actions={actions}
            engine={engine}
            scenes={title?.scenes ?? []}
            storyboard={session.playback?.storyboard ?? null}
            open={open}
            setOpen={setOpen}
          >
            {open === 'tracks' && (
              <Panel id="panel-tracks" name={words.player.tracks} close={() => setOpen(null)}>
                <TracksPanel
                  audio={session.audio}
                  text={session.text}
                  chooseAudio={chooseAudio}
                  chooseText={chooseText}
                  openCaptions={() => setOpen('captions')}
                />
              </Panel>
            )}
            {open === 'captions' && (
              <Panel id="panel-captions" name={words.captions.heading} close={() => setOpen(null)}>
                <CaptionsPanel style={captionStyle} change={changeCaptions} />
              </Panel>
            )}
            {open === 'settings' && engine && (
              <Panel id="panel-settings" name={words.player.settings} close={() => setOpen(null)}>
                <SettingsPanel
                  quality={engine.quality()}
                  chooseQuality={chooseQuality}
                  media={media}
                  actions={actions}
                  isStatsOpen={isStatsOpen}
                  toggleStats={toggleStats}
                  openKeys={() => setOpen('keys')}
                />
              </Panel>
            )}
            {open === 'keys' && (
              <Panel id="panel-keys" name={words.player.shortcuts} close={() => setOpen(null)}>
                <KeysPanel />
              </Panel>
            )}
          </Controls>
        )}
      </div>
      <div class="toast" role="status">
        {toast && <span>{toast}</span>}
      </div>
    </main>
  );
}
