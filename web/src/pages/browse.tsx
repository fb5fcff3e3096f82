// SPDX-License-Identifier: Apache-2.0
//
// The front page: the newest title large, what was begun, and everything.
import { useState } from 'preact/hooks';

import { type Page, type Row, type TitleSummary, getHome, getTitles, getWatchlist } from '../api';
import { clock } from '../format';
import { useLoad } from '../load';
import { position, positions } from '../memory';
import { Link, titlePath, usePage, watchPath } from '../router';
import { usePlaces, useStanding } from '../standing';
import { Icon } from '../ui/icon';
import { Failed, Loading, Notice } from '../ui/states';
import { Artwork, Card, Entries, Facts } from '../ui/title';
import { words } from '../words';

function Hero({ title }: { title: TitleSummary }) {
  const begun = position(title.id);
  return (
    <section class="hero" aria-labelledby="hero-name">
      <div class="hero-picture">
        <Artwork url={title.poster_url} isFirst />
      </div>
      <div class="hero-text">
        <p class="eyebrow">{words.browse.newest}</p>
        <h2 id="hero-name" class="display">
          {title.title}
        </h2>
        <Facts title={title} />
        <p class="hero-synopsis" dir="auto">
          {title.synopsis}
        </p>
        <div class="actions">
          <Link class="button button-accent" href={watchPath(title.id)}>
            <Icon name="play" />
            {begun ? words.title.resume(clock(begun.ms)) : words.title.play}
            <span class="visually-hidden">: {title.title}</span>
          </Link>
          <Link class="button" href={titlePath(title.id)}>
            <Icon name="info" />
            {words.title.details}
            <span class="visually-hidden">: {title.title}</span>
          </Link>
        </div>
      </div>
    </section>
  );
}

function Shelf({
  heading,
  id,
  titles,
  isResume,
}: {
  heading: string;
  id: string;
  titles: TitleSummary[];
  isResume?: boolean;
}) {
  return (
    <section class="shelf" aria-labelledby={id}>
      <h2 id={id}>{heading}</h2>
      <ul class="grid">
        {titles.map((title) => (
          <Card
            key={title.id}
            title={title}
            position={isResume ? position(title.id) : null}
            href={isResume ? watchPath(title.id) : titlePath(title.id)}
          />
        ))}
      </ul>
    </section>
  );
}

// Fewer are seen among all titles as soon.
const ROW_LEAST = 4;

// Rows that one moves along, below what was begun.
function Rows({ rows, kept }: { rows: Row[]; kept: TitleSummary[] }) {
  const worth = rows.filter((row) => row.items.length >= ROW_LEAST);
  return (
    <>
      {kept.length > 0 && (
        <section class="shelf" aria-labelledby="kept">
          <h2 id="kept">{words.browse.kept}</h2>
          <ul class="strip">
            {kept.map((title) => (
              <Card key={title.id} title={title} position={position(title.id)} />
            ))}
          </ul>
        </section>
      )}
      {worth.map((row, index) => (
        <section key={row.genre} class="shelf" aria-labelledby={`row-${index}`}>
          <h2 id={`row-${index}`} dir="auto">
            {row.genre ?? words.browse.fresh}
          </h2>
          <ul class="strip">
            <Entries entries={row.items} />
          </ul>
        </section>
      ))}
    </>
  );
}

// Who may fill the house is told how; whoever only watches, that there is nothing for him yet.
function Empty() {
  const standing = useStanding();
  const mayFill = standing?.isOpen || standing?.me?.rights.includes('catalogue');
  return (
    <Notice heading={words.browse.emptyHeading}>
      {standing && !mayFill && <p>{words.browse.emptyForYou}</p>}
      {mayFill && (
        <>
          <p>{words.browse.emptyText}</p>
          <code class="command" dir="ltr">
            {words.browse.emptyCommand}
          </code>
          <p>
            <Link href="/operators/jobs">{words.jobs.look}</Link>
          </p>
        </>
      )}
      {standing?.isOpen && (
        <>
          <p>{words.browse.emptyClaim}</p>
          <Link class="button" href="/claim">
            {words.nav.claim}
          </Link>
        </>
      )}
    </Notice>
  );
}

// Pages after the first, each asked for by the reader.
function useMore(first: Page<TitleSummary> | null) {
  const [more, setMore] = useState<Page<TitleSummary> | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const cursor = (more ?? first)?.next_cursor ?? null;
  const fetchMore = async () => {
    setIsBusy(true);
    try {
      const next = await getTitles(new AbortController().signal, cursor!);
      setMore({ items: [...(more?.items ?? []), ...next.items], next_cursor: next.next_cursor });
    } catch {
      // The button stays: pressing it again is the retry.
    }
    setIsBusy(false);
  };
  return {
    titles: [...(first?.items ?? []), ...(more?.items ?? [])],
    hasMore: cursor !== null,
    isBusy,
    fetchMore,
  };
}

export function Browse() {
  const [loaded, retry] = useLoad('titles', getTitles);
  const { titles, hasMore, isBusy, fetchMore } = useMore(
    loaded.state === 'ready' ? loaded.value : null,
  );
  const [home] = useLoad('home', getHome);
  const [list] = useLoad('watchlist', getWatchlist);
  const rows = home.state === 'ready' ? home.value.rows : [];
  const kept = list.state === 'ready' ? list.value.items.map(({ title }) => title) : [];
  usePlaces();
  usePage(loaded.state === 'loading' ? null : '');
  // The rows come with the titles or not at all: nothing moves under the reader's hand.
  if (loaded.state === 'loading' || home.state === 'loading' || list.state === 'loading')
    return <Loading />;
  if (loaded.state === 'failed') return <Failed problem={loaded.problem} retry={retry} />;
  if (titles.length === 0) return <Empty />;
  const newest = titles.reduce((a, b) => (b.published_at > a.published_at ? b : a));
  const begun = positions();
  const resumed = titles
    .filter(({ id }) => begun[id])
    .sort((a, b) => begun[b.id]!.at - begun[a.id]!.at);
  return (
    <>
      <h1 class="visually-hidden" data-arrive tabIndex={-1}>
        {words.browse.heading}
      </h1>
      <Hero title={newest} />
      {resumed.length > 0 && (
        <Shelf heading={words.browse.resume} id="begun" titles={resumed} isResume />
      )}
      <Rows rows={rows} kept={kept} />
      <Shelf heading={words.browse.all} id="all" titles={titles} />
      {hasMore && (
        <button class="button more" type="button" disabled={isBusy} onClick={fetchMore}>
          {words.more}
        </button>
      )}
    </>
  );
}
