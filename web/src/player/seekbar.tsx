// SPDX-License-Identifier: Apache-2.0
//
// The seek bar: a slider with the storyboard above it, under the pointer or, by keyboard, over the
// handle.
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Scene, Storyboard } from '../api';
import { clock, spokenTime } from '../format';
import { words } from '../words';
import type { Engine, Picture } from './engine';
import type { Actions, Media } from './media';
import { pictureAt } from './storyboard';

const STEP_MS = 5000;
const PAGE_MS = 30000;

export function sceneAt(scenes: Scene[], ms: number): Scene | null {
  return scenes.find((scene) => ms >= scene.start_ms && ms < scene.end_ms) ?? null;
}

export const percent = (part: number, whole: number) =>
  whole > 0 ? `${(part / whole) * 100}%` : '0%';

// One tile of the sheet, whatever size the preview has.
export function tileStyle({ url, x, y, width, height, sheetWidth, sheetHeight }: Picture) {
  return {
    backgroundImage: `url("${url}")`,
    backgroundSize: `${percent(sheetWidth, width)} ${percent(sheetHeight, height)}`,
    backgroundPosition: `${percent(x, sheetWidth - width)} ${percent(y, sheetHeight - height)}`,
  };
}

interface PreviewProps {
  atMs: number;
  fraction: number;
  scene: Scene | null;
  storyboard: Storyboard | null;
  engine: Engine | null;
}

function Preview({ atMs, fraction, scene, storyboard, engine }: PreviewProps) {
  const [picture, setPicture] = useState<Picture | null>(null);
  useEffect(() => {
    let isStale = false;
    pictureAt(storyboard, engine, atMs).then(
      (found) => !isStale && setPicture(found),
      () => !isStale && setPicture(null),
    );
    return () => {
      isStale = true;
    };
  }, [atMs, storyboard, engine]);
  return (
    <div class="preview" style={{ '--at': String(fraction) }} aria-hidden="true">
      {picture && (
        <span class="preview-frame" style={{ aspectRatio: `${picture.width} / ${picture.height}` }}>
          <span class="preview-tile" data-sheet={picture.url} style={tileStyle(picture)} />
        </span>
      )}
      <span class="preview-words">
        <span class="preview-time">{clock(atMs)}</span>
        {scene?.title && <span class="preview-scene">{scene.title}</span>}
      </span>
    </div>
  );
}

interface SeekBarProps {
  media: Media;
  actions: Actions;
  scenes: Scene[];
  storyboard: Storyboard | null;
  engine: Engine | null;
}

export function SeekBar({ media, actions, scenes, storyboard, engine }: SeekBarProps) {
  const bar = useRef<HTMLDivElement>(null);
  const [hoverMs, setHoverMs] = useState<number | null>(null);
  const [dragMs, setDragMs] = useState<number | null>(null);
  const [hasFocus, setHasFocus] = useState(false);
  const { durationMs } = media;
  const nowMs = dragMs ?? media.nowMs;
  const fraction = (ms: number) => (durationMs > 0 ? Math.min(1, ms / durationMs) : 0);

  const under = (event: PointerEvent) => {
    const box = bar.current!.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * durationMs;
  };
  const press = (event: PointerEvent) => {
    if (event.button !== 0) return;
    bar.current!.setPointerCapture(event.pointerId);
    setDragMs(under(event));
  };
  const move = (event: PointerEvent) => {
    setHoverMs(under(event));
    if (dragMs !== null) setDragMs(under(event));
  };
  const drop = (event: PointerEvent) => {
    if (dragMs !== null) actions.seekTo(under(event));
    setDragMs(null);
    if (event.pointerType !== 'mouse') setHoverMs(null);
  };
  const steps: Record<string, () => void> = {
    ArrowLeft: () => actions.skip(-STEP_MS),
    ArrowRight: () => actions.skip(STEP_MS),
    ArrowDown: () => actions.skip(-STEP_MS),
    ArrowUp: () => actions.skip(STEP_MS),
    PageDown: () => actions.skip(-PAGE_MS),
    PageUp: () => actions.skip(PAGE_MS),
    Home: () => actions.seekTo(0),
    End: () => actions.seekTo(durationMs),
  };
  const key = (event: KeyboardEvent) => {
    const step = event.ctrlKey || event.altKey || event.metaKey ? undefined : steps[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation(); // else the player would skip as well
    step();
  };

  const shownMs = dragMs ?? hoverMs ?? (hasFocus ? media.nowMs : null);
  const scene = sceneAt(scenes, nowMs);
  const spoken = words.player.of(spokenTime(nowMs), spokenTime(durationMs));
  return (
    <div
      class="seek"
      ref={bar}
      role="slider"
      tabIndex={0}
      aria-label={words.player.seek}
      aria-valuemin={0}
      aria-valuemax={Math.round(durationMs / 1000)}
      aria-valuenow={Math.round(nowMs / 1000)}
      aria-valuetext={scene?.title ? `${spoken}, ${words.player.inScene(scene.title)}` : spoken}
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={drop}
      onPointerCancel={() => setDragMs(null)}
      onPointerLeave={() => setHoverMs(null)}
      onKeyDown={key}
      onFocus={() => setHasFocus(bar.current!.matches(':focus-visible'))}
      onBlur={() => setHasFocus(false)}
    >
      <div class="seek-track">
        <div class="seek-buffered" style={{ width: `${fraction(media.bufferedMs) * 100}%` }} />
        {hoverMs !== null && (
          <div class="seek-hover" style={{ width: `${fraction(hoverMs) * 100}%` }} />
        )}
        <div class="seek-played" style={{ width: `${fraction(nowMs) * 100}%` }} />
        {scenes
          .filter((one) => one.start_ms > 0 && one.start_ms < durationMs)
          .map((one) => (
            <div
              key={one.id}
              class="seek-mark"
              style={{ left: `${fraction(one.start_ms) * 100}%` }}
            />
          ))}
      </div>
      <div class="seek-handle" style={{ left: `${fraction(nowMs) * 100}%` }} />
      {shownMs !== null && durationMs > 0 && (
        <Preview
          atMs={shownMs}
          fraction={fraction(shownMs)}
          scene={sceneAt(scenes, shownMs)}
          storyboard={storyboard}
          engine={engine}
        />
      )}
    </div>
  );
}
