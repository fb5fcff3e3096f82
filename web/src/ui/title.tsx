// SPDX-License-Identifier: Apache-2.0
//
// The pieces of a title that several pages show.
import { useState } from 'preact/hooks';

import { type Entry, type SeriesSummary, type TitleSummary, entryKey } from '../api';
import { languageName, runtime } from '../format';
import type { Position } from '../memory';
import { Link, personPath, seriesPath, titlePath } from '../router';
import { words } from '../words';
import { Flower } from './icon';

// 16:9 artwork, or the mark where there is none. Always beside the title's name, hence without a
// text of its own.
export function Artwork({ url, isFirst }: { url: string | null; isFirst?: boolean }) {
  const [isBroken, setIsBroken] = useState(false);
  if (!url || isBroken)
    return (
      <span class="artwork artwork-empty">
        <Flower />
      </span>
    );
  return (
    <img
      class="artwork"
      src={url}
      alt=""
      loading={isFirst ? 'eager' : 'lazy'}
      decoding="async"
      onError={() => setIsBroken(true)}
    />
  );
}

export function Facts({ title }: { title: TitleSummary }) {
  const languages = title.audio_languages.map(languageName);
  return (
    <ul class="facts">
      {title.year !== null && <li>{title.year}</li>}
      {title.rating && (
        <li>
          <span class="rating" aria-hidden="true">
            {title.rating.label}
          </span>
          <span class="visually-hidden">
            {words.title.rated(title.rating.system, title.rating.label)}
          </span>
        </li>
      )}
      <li>{runtime(title.duration_ms)}</li>
      {languages.length > 0 && <li class="facts-languages">{languages.join(', ')}</li>}
    </ul>
  );
}

export function Progress({ position }: { position: Position }) {
  const percent = Math.min(100, Math.round((position.ms / position.duration_ms) * 100));
  return (
    <span class="progress">
      <span class="progress-done" style={{ width: `${percent}%` }} />
      <span class="visually-hidden">{words.title.watched(percent)}</span>
    </span>
  );
}

// "S1 E2" of an episode, what an extra is; "" of a film.
export function placeName({ place }: TitleSummary): string {
  if (!place) return '';
  return 'episode' in place ? words.title.episode(place.season, place.episode) : place.extra;
}

interface CardProps {
  title: TitleSummary;
  position?: Position | null | undefined;
  href?: string;
}

export function Card({ title, position, href }: CardProps) {
  return (
    <li class="card">
      <Link class="card-link" href={href ?? titlePath(title.id)}>
        <span class="card-picture">
          <Artwork url={title.poster_url} />
          {position && <Progress position={position} />}
        </span>
        <span class="card-name">{title.title}</span>
        <span class="card-facts">
          {[placeName(title), title.year, title.rating?.label, runtime(title.duration_ms)]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </Link>
    </li>
  );
}

function SeriesCard({ series }: { series: SeriesSummary }) {
  return (
    <li class="card">
      <Link class="card-link" href={seriesPath(series.id)}>
        <span class="card-picture">
          <Artwork url={series.poster_url} />
        </span>
        <span class="card-name">{series.title}</span>
        <span class="card-facts">{words.title.series}</span>
      </Link>
    </li>
  );
}

function PersonCard({ person }: { person: { id: string; name: string } }) {
  return (
    <li class="card card-person">
      <Link class="card-link" href={personPath(person.id)}>
        <span class="card-name">{person.name}</span>
        <span class="card-facts">{words.title.person}</span>
      </Link>
    </li>
  );
}

export function Entries({ entries }: { entries: Entry[] }) {
  return (
    <>
      {entries.map((entry) =>
        entry.kind === 'title' ? (
          <Card key={entryKey(entry)} title={entry.title} />
        ) : entry.kind === 'series' ? (
          <SeriesCard key={entryKey(entry)} series={entry.series} />
        ) : (
          <PersonCard key={entryKey(entry)} person={entry.person} />
        ),
      )}
    </>
  );
}
