// SPDX-License-Identifier: Apache-2.0
//
// Trick play: the film stands, and the storyboard's pictures run over it, forward or back, at 8, 16
// or 32 times its speed. It costs a picture sheet and no media, so that it works on any link.
//
//     ]  ]      8x -> 16x          [ while winding forward: slower, then back
//     Enter, k, a click: play from there        Escape: back to where it was
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import type { Storyboard } from '../api';
import { clock } from '../format';
import { words } from '../words';
import type { Engine, Picture } from './engine';
import type { Actions, Media } from './media';
import { percent, tileStyle } from './seekbar';
import { pictureAt } from './storyboard';

export const WIND_RATES = [-32, -16, -8, 0, 8, 16, 32];
const TICK_MS = 100;

export interface Wind {
  rate: number; // 0: not winding
  atMs: number;
  turn: (steps: number) => void; // faster forward, or back
  land: () => void;
  cancel: () => void;
}

export function useWind(media: Media, actions: Actions | null): Wind {
  const [rate, setRate] = useState(0);
  const [atMs, setAtMs] = useState(0);
  const wasPaused = useRef(false);
  const place = useRef(0);
  useEffect(() => {
    if (rate === 0) return;
    const timer = setInterval(() => {
      place.current = Math.min(Math.max(0, place.current + rate * TICK_MS), media.durationMs);
      setAtMs(place.current);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [rate, media.durationMs]);
  const end = () => {
    setRate(0);
    if (!wasPaused.current) actions?.play();
  };
  const turn = (steps: number) => {
    if (!actions || media.durationMs === 0) return;
    if (rate === 0) {
      wasPaused.current = media.isPaused;
      place.current = media.nowMs;
      setAtMs(media.nowMs);
      actions.pause();
    }
    const index = WIND_RATES.indexOf(rate) + steps;
    const next = WIND_RATES[Math.min(WIND_RATES.length - 1, Math.max(0, index))]!;
    if (next === 0) return land();
    setRate(next);
  };
  const land = () => {
    if (rate === 0) return;
    actions?.seekTo(place.current);
    end();
  };
  const cancel = useCallback(end, [actions]);
  return { rate, atMs, turn, land, cancel };
}

export function WindView(props: {
  wind: Wind;
  durationMs: number;
  storyboard: Storyboard | null;
  engine: Engine | null;
}) {
  const { wind, durationMs, storyboard, engine } = props;
  const [picture, setPicture] = useState<Picture | null>(null);
  useEffect(() => {
    let isStale = false;
    pictureAt(storyboard, engine, wind.atMs).then(
      (found) => !isStale && setPicture(found),
      () => !isStale && setPicture(null),
    );
    return () => {
      isStale = true;
    };
  }, [wind.atMs, storyboard, engine]);
  return (
    <div class="wind" onClick={wind.land}>
      {picture && (
        <span
          class="wind-tile"
          style={{ aspectRatio: `${picture.width} / ${picture.height}`, ...tileStyle(picture) }}
        />
      )}
      <span class="wind-words">
        <b>{words.player.winding(Math.abs(wind.rate), wind.rate > 0)}</b>
        <span>{clock(wind.atMs)}</span>
      </span>
      <span class="wind-bar" style={{ width: percent(wind.atMs, durationMs) }} />
    </div>
  );
}
