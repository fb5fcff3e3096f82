// SPDX-License-Identifier: Apache-2.0
//
// Search as one types. What was typed stands in the address, so that the way back leads to it.
import { useEffect, useRef, useState } from 'preact/hooks';

import { type Entry, type Problem, search } from '../api';
import { asProblem } from '../load';
import { usePage } from '../router';
import { Icon } from '../ui/icon';
import { Failed } from '../ui/states';
import { Entries } from '../ui/title';
import { words } from '../words';

const PAUSE_MS = 60; // between two letters of somebody who types fast

const w = words.search;
const typedBefore = () => new URLSearchParams(location.search).get('q') ?? '';

interface Found {
  text: string;
  entries: Entry[];
}

// What the house finds for the text. The last answer stays until the next one is there.
function useSearch(text: string) {
  const [found, setFound] = useState<Found>({ text: '', entries: [] });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    setProblem(null);
    if (text === '') return setFound({ text, entries: [] });
    const stop = new AbortController();
    const ask = () =>
      search(text, stop.signal).then(
        ({ items }) => setFound({ text, entries: items }),
        (error) => !stop.signal.aborted && setProblem(asProblem(error)),
      );
    const timer = setTimeout(ask, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text, attempt]);
  return { found, problem, retry: () => setAttempt((n) => n + 1) };
}

function said({ text, entries }: Found): string {
  if (text === '') return w.start;
  return entries.length ? w.found(entries.length) : w.none(text);
}

export function Search() {
  const [typed, setTyped] = useState(typedBefore);
  const { found, problem, retry } = useSearch(typed.trim());
  const input = useRef<HTMLInputElement>(null);
  usePage(w.page);
  useEffect(() => input.current?.focus({ preventScroll: true }), []);
  const type = (text: string) => {
    setTyped(text);
    const address = text === '' ? '/search' : `/search?q=${encodeURIComponent(text)}`;
    history.replaceState(history.state, '', address);
  };
  return (
    <div class="search">
      <h1 class="visually-hidden">{w.heading}</h1>
      <form class="search-box" role="search" onSubmit={(event) => event.preventDefault()}>
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          name="q"
          dir="auto"
          value={typed}
          placeholder={w.hint}
          aria-label={w.label}
          autocomplete="off"
          spellcheck={false}
          maxLength={60}
          onInput={(event) => type(event.currentTarget.value)}
        />
      </form>
      {problem ? (
        <Failed problem={problem} retry={retry} />
      ) : (
        <>
          <p class="soft" role="status">
            {said(found)}
          </p>
          <ul class="grid">
            <Entries entries={found.entries} />
          </ul>
        </>
      )}
    </div>
  );
}
