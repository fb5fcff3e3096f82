// SPDX-License-Identifier: Apache-2.0
//
// Search as one types. What was typed stands in the address, so that the way back leads to it.
import { useEffect, useRef, useState } from 'preact/hooks';

import { type TitleSummary, getTitles } from '../api';
import { useLoad } from '../load';
import { usePage } from '../router';
import { Icon } from '../ui/icon';
import { Failed, Loading } from '../ui/states';
import { Card } from '../ui/title';
import { words } from '../words';

const PAGES_MAX = 20; // of titles that are looked through
const w = words.search;

// Without case and accents: "Ætna é" and "aetna e" are the same.
export const folded = (text: string) =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/æ/g, 'ae')
    .replace(/œ/g, 'oe')
    .replace(/ø/g, 'o')
    .replace(/ß/g, 'ss');

// Every word that was typed begins a word of the title (first) or of its synopsis (behind these).
export function matches(titles: TitleSummary[], typed: string): TitleSummary[] {
  const wanted = folded(typed).split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [];
  const begins = (text: string) => {
    const there = folded(text).split(/[^\p{L}\p{N}]+/u);
    return wanted.every((word) => there.some((one) => one.startsWith(word)));
  };
  const named = titles.filter(({ title }) => begins(title));
  const told = titles.filter(
    (one) => !named.includes(one) && begins(`${one.title} ${one.synopsis}`),
  );
  return [...named, ...told];
}

async function allTitles(signal: AbortSignal): Promise<TitleSummary[]> {
  const all: TitleSummary[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { items, next_cursor } = await getTitles(signal, cursor);
    all.push(...items);
    if (next_cursor === null) break;
    cursor = next_cursor;
  }
  return all;
}

const typedBefore = () => new URLSearchParams(location.search).get('q') ?? '';

export function Search() {
  const [typed, setTyped] = useState(typedBefore);
  const [loaded, retry] = useLoad('titles/all', allTitles);
  const input = useRef<HTMLInputElement>(null);
  usePage(w.page);
  useEffect(() => input.current?.focus({ preventScroll: true }), []);
  const type = (text: string) => {
    setTyped(text);
    const address = text === '' ? '/search' : `/search?q=${encodeURIComponent(text)}`;
    history.replaceState(history.state, '', address);
  };
  const found = loaded.state === 'ready' ? matches(loaded.value, typed) : [];
  const said = typed.trim() === '' ? w.start : found.length ? w.found(found.length) : w.none(typed);
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
          onInput={(event) => type(event.currentTarget.value)}
        />
      </form>
      {loaded.state === 'loading' && <Loading />}
      {loaded.state === 'failed' && <Failed problem={loaded.problem} retry={retry} />}
      {loaded.state === 'ready' && (
        <>
          <p class="soft" role="status">
            {said}
          </p>
          <ul class="grid">
            {found.map((title) => (
              <Card key={title.id} title={title} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
