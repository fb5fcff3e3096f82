// SPDX-License-Identifier: Apache-2.0
//
// Data of a page: shown from memory at once when it was seen before, then fetched afresh.
import { useCallback, useEffect, useState } from 'preact/hooks';

import { Problem } from './api';
import { words } from './words';

export type Loaded<T> =
  { state: 'loading' } | { state: 'ready'; value: T } | { state: 'failed'; problem: Problem };

const seen = new Map<string, unknown>();
const SEEN_MAX = 50; // pages: more than anyone goes back

function remember(key: string, value: unknown) {
  seen.delete(key);
  seen.set(key, value);
  if (seen.size > SEEN_MAX) seen.delete(seen.keys().next().value!);
}

export const titleKey = (id: string) => `title/${id}`;
export const seenOf = <T>(key: string) => seen.get(key) as T | undefined;

export const asProblem = (error: unknown) =>
  error instanceof Problem
    ? error
    : new Problem(0, 'unexpected', words.problem.server, String(error));

// With `everyMs` it is asked for again so often, as long as somebody looks; what stands there stays
// until an answer comes.
export function useLoad<T>(
  key: string,
  get: (signal: AbortSignal) => Promise<T>,
  everyMs = 0,
): [Loaded<T>, () => void] {
  const first = (): Loaded<T> =>
    seen.has(key) ? { state: 'ready', value: seen.get(key) as T } : { state: 'loading' };
  const [loaded, setLoaded] = useState<Loaded<T>>(first);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    const wait = () => {
      if (everyMs > 0 && !stop.signal.aborted)
        timer = window.setTimeout(() => (document.hidden ? wait() : look()), everyMs);
    };
    const look = () =>
      void get(stop.signal)
        .then(
          (value) => {
            remember(key, value);
            setLoaded({ state: 'ready', value });
          },
          (error) => {
            const failed: Loaded<T> = { state: 'failed', problem: asProblem(error) };
            if (!stop.signal.aborted)
              setLoaded((now) => (everyMs > 0 && now.state === 'ready' ? now : failed));
          },
        )
        .finally(wait);
    setLoaded(first());
    look();
    return () => (clearTimeout(timer), stop.abort());
  }, [key, attempt]);
  return [loaded, useCallback(() => setAttempt((n) => n + 1), [])];
}
