// SPDX-License-Identifier: Apache-2.0
//
// Keys of the player. They work while the focus is within it, and leave alone what the focused
// control needs itself.
import type { Actions } from './media';

export interface KeyTargets {
  actions: Actions;
  durationMs: number;
  toggleText: () => void;
  nextAudio: () => void;
  toggleStats: () => void;
  openKeys: () => void;
  wind: (steps: number) => void;
  land: (() => void) | null; // while winding
  escape: () => void;
}

const JUMP_MS = 10000;

type Key = (to: KeyTargets) => void;

const keys: Record<string, Key> = {
  ' ': ({ actions }) => actions.toggle(),
  k: ({ actions }) => actions.toggle(),
  j: ({ actions }) => actions.skip(-JUMP_MS),
  l: ({ actions }) => actions.skip(JUMP_MS),
  ArrowLeft: ({ actions }) => actions.skip(-JUMP_MS),
  ArrowRight: ({ actions }) => actions.skip(JUMP_MS),
  ArrowUp: ({ actions }) => actions.louder(1),
  ArrowDown: ({ actions }) => actions.louder(-1),
  ',': ({ actions }) => actions.step(-1),
  '.': ({ actions }) => actions.step(1),
  '<': ({ actions }) => actions.faster(-1),
  '>': ({ actions }) => actions.faster(1),
  ']': ({ wind }) => wind(1),
  '[': ({ wind }) => wind(-1),
  Home: ({ actions }) => actions.seekTo(0),
  End: ({ actions, durationMs }) => actions.seekTo(durationMs),
  m: ({ actions }) => actions.toggleMute(),
  f: ({ actions }) => actions.toggleFullscreen(),
  p: ({ actions }) => actions.togglePip(),
  c: ({ toggleText }) => toggleText(),
  a: ({ nextAudio }) => nextAudio(),
  s: ({ toggleStats }) => toggleStats(),
  '?': ({ openKeys }) => openKeys(),
  Escape: ({ escape }) => escape(),
};

function isForControl(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  if (event.key === ' ' || event.key === 'Enter') return target.matches('button, a, input');
  return (
    target.matches('input[type=radio], input[type=range]') &&
    /^(Arrow|Home|End|Page)/.test(event.key)
  );
}

export function handleKey(event: KeyboardEvent, to: KeyTargets) {
  if (event.ctrlKey || event.metaKey || event.altKey || isForControl(event)) return;
  if (to.land && [' ', 'k', 'Enter'].includes(event.key)) {
    to.land();
    return event.preventDefault();
  }
  const digit = /^[0-9]$/.test(event.key) ? Number(event.key) : null;
  const key = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (digit !== null) to.actions.seekTo((to.durationMs * digit) / 10);
  else if (key) key(to);
  else return;
  event.preventDefault();
}
