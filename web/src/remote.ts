// SPDX-License-Identifier: Apache-2.0
//
// Arrow keys move the focus to the nearest thing in their direction, as on a remote control:
//
//         +---+ +---+
//         | A | | B |        from A, right: B, whose near edge is nearest, and not D, which lies
//         +---+ +---+        more below than beside
//         +---+ +---+
//         | C | | D |
//         +---+ +---+
//
// Where there is nothing near in that direction, the page scrolls as ever. The player has keys of
// its own, and so have fields and lists of choices.
type Direction = 'left' | 'right' | 'up' | 'down';

const KEYS: Record<string, Direction> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const ASIDE = 3; // how much farther a pixel beside the way is than one along it

// How far `to` is from `from` in that direction; null when it does not lie there.
export function distance(from: Box, to: Box, direction: Direction): number | null {
  const isAcross = direction === 'left' || direction === 'right';
  const gaps = {
    left: from.left - to.right,
    right: to.left - from.right,
    up: from.top - to.bottom,
    down: to.top - from.bottom,
  };
  const along = gaps[direction];
  if (along < -2) return null;
  const beside = isAcross
    ? Math.max(0, to.top - from.bottom, from.top - to.bottom)
    : Math.max(0, to.left - from.right, from.left - to.right);
  if (isAcross && beside > 0) return null; // of another row
  const skew = isAcross
    ? Math.abs(to.top + to.bottom - from.top - from.bottom) / 2
    : Math.abs(to.left + to.right - from.left - from.right) / 2;
  return Math.max(0, along) + ASIDE * beside + skew / 4;
}

const REACHABLE = 'a[href], button:not(:disabled), input:not(:disabled), select, [tabindex="0"]';
const OWN_KEYS =
  'select, textarea, .player, [role="slider"], input[type="radio"], input[type="date"], input[type="number"]';

// In a line of text, left and right are the cursor's; up and down may leave it.
const isInText = (element: Element, direction: Direction) =>
  element.matches('input:not([type="checkbox"])') &&
  (direction === 'left' || direction === 'right') &&
  (element as HTMLInputElement).value !== '';

function canScroll(element: Element, direction: Direction): boolean {
  const region = element.closest('[role="region"][tabindex="0"]');
  return region === element && (direction === 'left' || direction === 'right');
}

export function moveFocus(direction: Direction): boolean {
  const active = document.activeElement ?? document.body;
  if (active.matches(OWN_KEYS) || active.closest('.player')) return false;
  if (isInText(active, direction) || canScroll(active, direction)) return false;
  const isNowhere = active === document.body || active.matches('[tabindex="-1"]');
  const edge = document.documentElement.dir === 'rtl' ? innerWidth : 0; // where reading begins
  const start: Box = isNowhere
    ? { left: edge, right: edge, top: -1, bottom: 0 }
    : active.getBoundingClientRect();
  const within = document.querySelector('dialog[open]') ?? document;
  let best: { element: HTMLElement; far: number } | null = null;
  for (const element of within.querySelectorAll<HTMLElement>(REACHABLE)) {
    if (element === active || !element.checkVisibility?.() || element.matches('.skip')) continue;
    if (isNowhere && !element.closest('main')) continue;
    const far = distance(start, element.getBoundingClientRect(), direction);
    if (far !== null && far < (best?.far ?? innerHeight * 1.5)) best = { element, far };
  }
  if (!best) return false;
  best.element.focus({ preventScroll: true });
  best.element.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  return true;
}

export function listenToArrows() {
  addEventListener('keydown', (event) => {
    const direction = KEYS[event.key];
    if (!direction || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (moveFocus(direction)) event.preventDefault();
  });
}
