// SPDX-License-Identifier: Apache-2.0
//
// Real URLs without page loads. Links stay links (new tab, copy, middle click all work); a plain
// click is taken over here.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

import { words } from './words';

const PLAIN = {
  '/account': 'account',
  '/claim': 'claim',
  '/devices': 'devices',
  '/downloads': 'downloads',
  '/profiles': 'profiles',
  '/search': 'search',
  '/sign-in': 'sign-in',
} as const;
type Plain = (typeof PLAIN)[keyof typeof PLAIN];

export type Route =
  | { page: 'browse' }
  | { page: 'title' | 'series' | 'person'; id: string }
  | { page: 'watch'; id: string; startMs: number | null; isKept: boolean }
  | { page: 'operators'; section: string; id: string | null }
  | { page: Plain }
  | { page: 'missing' };

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

export function parse(url: URL): Route {
  if (url.pathname === '/') return { page: 'browse' };
  if (Object.hasOwn(PLAIN, url.pathname))
    return { page: PLAIN[url.pathname as keyof typeof PLAIN] };
  const operators = /^\/operators\/([a-z]+)(?:\/([^/]+))?$/.exec(url.pathname);
  if (operators)
    return { page: 'operators', section: operators[1]!, id: decode(operators[2] ?? '') || null };
  const match = /^\/(title|series|person|watch)\/([^/]+)$/.exec(url.pathname);
  const id = match ? decode(match[2]!) : null;
  if (!match || id === null) return { page: 'missing' };
  if (match[1] !== 'watch') return { page: match[1] as 'title' | 'series' | 'person', id };
  const at = Number.parseFloat(url.searchParams.get('t') ?? '');
  const startMs = Number.isFinite(at) && at >= 0 ? at * 1000 : null;
  return { page: 'watch', id, startMs, isKept: url.searchParams.has('kept') };
}

export const titlePath = (id: string) => `/title/${encodeURIComponent(id)}`;
export const seriesPath = (id: string) => `/series/${encodeURIComponent(id)}`;
export const personPath = (id: string) => `/person/${encodeURIComponent(id)}`;
export const watchPath = (id: string, startMs?: number) =>
  `/watch/${encodeURIComponent(id)}${startMs === undefined ? '' : `?t=${startMs / 1000}`}`;

export const keptPath = (id: string) => `/watch/${encodeURIComponent(id)}?kept`;

let listener: (() => void) | null = null;
let arriving: { scroll: number } | null = null; // a navigation that no page has taken focus for yet

history.scrollRestoration = 'manual';
if (history.state === null) history.replaceState({ scroll: 0 }, '');

export function navigate(path: string, how: 'push' | 'replace' = 'push') {
  if (how === 'push') history.replaceState({ scroll: window.scrollY }, '');
  history[how === 'push' ? 'pushState' : 'replaceState']({ scroll: 0 }, '', path);
  arriving = { scroll: 0 };
  listener?.();
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parse(new URL(location.href)));
  useEffect(() => {
    listener = () => setRoute(parse(new URL(location.href)));
    const back = (event: PopStateEvent) => {
      if (event.state === null) return; // a jump within the page, "#main"
      arriving = { scroll: (event.state as { scroll: number }).scroll };
      listener?.();
    };
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  }, []);
  return route;
}

// A page says its name once its content stands (null until then; '' on the front page): the
// document is named after it, the scroll position comes back, and after a navigation the focus
// moves to what the page marks with data-arrive, so that a screen reader reads on from there.
export function usePage(name: string | null) {
  useLayoutEffect(() => {
    if (name === null) return;
    document.title = name === '' ? words.app : `${name} · ${words.app}`;
    if (!arriving) return;
    const target = document.querySelector<HTMLElement>('[data-arrive]');
    target?.focus({ preventScroll: true });
    window.scrollTo(0, arriving.scroll);
    arriving = null;
  }, [name]);
}

export interface LinkProps {
  href: string;
  class?: string;
  title?: string;
  'aria-label'?: string;
  'aria-current'?: 'page' | undefined;
  onClick?: () => void;
  children: ComponentChildren;
}

export function Link({ href, children, onClick, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
      return;
    event.preventDefault();
    onClick?.();
    navigate(href);
  };
  return (
    <a {...rest} href={href} onClick={follow}>
      {children}
    </a>
  );
}
