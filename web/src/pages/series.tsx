// SPDX-License-Identifier: Apache-2.0
//
// A series: where one goes on, its episodes by season, its extras.
import { type EpisodePlace, type Series, type TitleSummary, getSeries } from '../api';
import { clock, runtime } from '../format';
import { useLoad } from '../load';
import { position } from '../memory';
import { Link, titlePath, usePage, watchPath } from '../router';
import { usePlaces } from '../standing';
import { Icon } from '../ui/icon';
import { Failed, Loading } from '../ui/states';
import { Artwork, Card, Progress } from '../ui/title';
import { words } from '../words';
import { Missing } from './missing';

const seasonOf = (title: TitleSummary) => (title.place as EpisodePlace).season;
const episodeOf = (title: TitleSummary) => (title.place as EpisodePlace).episode;

function seasons(episodes: TitleSummary[]): [number, TitleSummary[]][] {
  const all = new Map<number, TitleSummary[]>();
  for (const episode of episodes)
    all.set(seasonOf(episode), [...(all.get(seasonOf(episode)) ?? []), episode]);
  return [...all];
}

function EpisodeRow({ title }: { title: TitleSummary }) {
  const begun = position(title.id);
  return (
    <li>
      <Link class="episode" href={titlePath(title.id)}>
        <span class="episode-picture card-picture">
          <Artwork url={title.poster_url} />
          {begun && <Progress position={begun} />}
        </span>
        <span class="episode-text">
          <span class="card-name">{words.title.numbered(episodeOf(title), title.title)}</span>
          <span class="card-facts">{runtime(title.duration_ms)}</span>
          <span class="episode-synopsis soft" dir="auto">
            {title.synopsis}
          </span>
        </span>
      </Link>
    </li>
  );
}

export function Extras({ titles }: { titles: TitleSummary[] }) {
  if (titles.length === 0) return null;
  return (
    <section class="shelf" aria-labelledby="extras">
      <h2 id="extras">{words.title.extras}</h2>
      <ul class="strip">
        {titles.map((title) => (
          <Card key={title.id} title={title} />
        ))}
      </ul>
    </section>
  );
}

// The episode that was begun last, else the first.
function current(series: Series): TitleSummary {
  const begun = series.episodes
    .map((title) => ({ title, at: position(title.id)?.at ?? 0 }))
    .reduce((a, b) => (b.at > a.at ? b : a));
  return begun.title;
}

function Go({ title }: { title: TitleSummary }) {
  const begun = position(title.id);
  return (
    <div class="actions">
      <Link class="button button-accent" href={watchPath(title.id)}>
        <Icon name="play" />
        {begun
          ? words.title.resume(clock(begun.ms))
          : words.title.playNamed(words.title.episode(seasonOf(title), episodeOf(title)))}
      </Link>
    </div>
  );
}

export function SeriesPage({ id }: { id: string }) {
  const [loaded, retry] = useLoad(`series/${id}`, (signal) => getSeries(id, signal));
  usePage(loaded.state === 'ready' ? loaded.value.title : null);
  usePlaces();
  if (loaded.state === 'loading') return <Loading />;
  if (loaded.state === 'failed' && loaded.problem.status === 404) return <Missing />;
  if (loaded.state === 'failed') return <Failed problem={loaded.problem} retry={retry} />;
  const series = loaded.value;
  return (
    <article class="title-page">
      <div class="hero hero-title">
        <div class="hero-picture">
          <Artwork url={series.poster_url} isFirst />
        </div>
        <div class="hero-text">
          <p class="eyebrow">{words.title.series}</p>
          <h1 class="display" data-arrive tabIndex={-1}>
            {series.title}
          </h1>
          <p class="hero-synopsis" dir="auto">
            {series.synopsis}
          </p>
          {series.episodes.length > 0 && <Go title={current(series)} />}
        </div>
      </div>
      {seasons(series.episodes).map(([season, episodes]) => (
        <section key={season} class="shelf" aria-labelledby={`season-${season}`}>
          <h2 id={`season-${season}`}>{words.title.season(season)}</h2>
          <ol class="episodes">
            {episodes.map((title) => (
              <EpisodeRow key={title.id} title={title} />
            ))}
          </ol>
        </section>
      ))}
      <Extras titles={series.extras} />
    </article>
  );
}
