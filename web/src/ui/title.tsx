// SPDX-License-Identifier: Apache-2.0
//
// The pieces of a title that several pages show.
import { useState } from 'preact/hooks';

import type { TitleSummary } from '../api';
import { languageName, runtime } from '../format';
import type { Position } from '../memory';
import { Link, titlePath } from '../router';
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
          {[title.year, title.rating?.label, runtime(title.duration_ms)]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </Link>
    </li>
  );
}
