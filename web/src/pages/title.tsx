// SPDX-License-Identifier: Apache-2.0
//
// All about one title, and the way into it.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { type Person, type Scene, type Title, type Track, getTitle } from '../api';
import { clock, list } from '../format';
import { titleKey, useLoad } from '../load';
import { position } from '../memory';
import { preload } from '../player/engine';
import { Link, personPath, seriesPath, titlePath, usePage, watchPath } from '../router';
import { usePlaces } from '../standing';
import { badgeOf, keyOf, nameOf } from '../tracks';
import { Icon } from '../ui/icon';
import { Failed, Loading } from '../ui/states';
import { Artwork, Facts, placeName } from '../ui/title';
import { words } from '../words';
import { Keeping } from './keeping';
import { Missing } from './missing';
import { Extras } from './series';

const availability = (territories: string[]) =>
  territories.includes('*') ? words.title.everywhere : words.title.territories(territories.length);

// "Prim, a primrose seed" is Prim where there is little room.
const shortName = ({ name, character }: Person) => (character ?? name).split(',')[0]!;

// Asked for where owners allow downloads.
function Download({ title }: { title: Title }) {
  const [Button, setButton] = useState<ComponentType<{ title: Title }> | null>(null);
  useEffect(() => {
    if (title.is_downloadable)
      void import('../downloads/button').then((button) => setButton(() => button.DownloadButton));
  }, [title.id]);
  return Button && <Button title={title} />;
}

function Actions({ title }: { title: Title }) {
  const begun = position(title.id);
  return (
    <div class="actions">
      <Link class="button button-accent" href={watchPath(title.id)}>
        <Icon name="play" />
        {begun ? words.title.resume(clock(begun.ms)) : words.title.play}
      </Link>
      {begun && (
        <Link class="button" href={watchPath(title.id, 0)}>
          <Icon name="again" />
          {words.title.restart}
        </Link>
      )}
      <Download title={title} />
      <Keeping id={title.id} />
    </div>
  );
}

function Cast({ people }: { people: Person[] }) {
  if (people.length === 0) return null;
  return (
    <section aria-labelledby="cast">
      <h2 id="cast">{words.title.cast}</h2>
      <ul class="cast">
        {people.map((person) => (
          <li key={person.id}>
            <Link class="cast-name" href={personPath(person.id)}>
              {person.name}
            </Link>
            {person.character && <span class="faint">{words.title.as(person.character)}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Crew({ people }: { people: Title['crew'] }) {
  if (people.length === 0) return null;
  return (
    <section aria-labelledby="crew">
      <h2 id="crew">{words.title.crew}</h2>
      <ul class="cast">
        {people.map((person) => (
          <li key={`${person.id}/${person.job}`}>
            <Link class="cast-name" href={personPath(person.id)}>
              {person.name}
            </Link>
            <span class="faint" dir="auto">
              {person.job}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

// The way to what it is a part of.
function Place({ title }: { title: Title }) {
  const { place } = title;
  if (!place) return null;
  return (
    <p class="eyebrow">
      {'episode' in place ? (
        <>
          <Link href={seriesPath(place.series)}>{place.series_title}</Link> {placeName(title)}
        </>
      ) : (
        <span dir="auto">{place.extra}</span>
      )}
    </p>
  );
}

function NextEpisode({ title }: { title: Title }) {
  const next = title.next_episode;
  if (!next) return null;
  return (
    <p class="next-episode">
      <Link class="button" href={titlePath(next.id)}>
        <Icon name="next" />
        {words.title.next(placeName(next), next.title)}
      </Link>
    </p>
  );
}

function Languages({ heading, tracks }: { heading: string; tracks: Track[] }) {
  const one = new Map(tracks.map((track) => [keyOf(track.language, [track.role]), track]));
  return (
    <div>
      <dt>{heading}</dt>
      {one.size === 0 && <dd class="faint">{words.title.none}</dd>}
      {[...one].map(([key, track]) => {
        const badge = badgeOf([track.role]);
        return (
          <dd key={key}>
            {nameOf(track.language, track.label)}
            {badge && (
              <abbr class="badge" title={words.badges[badge]}>
                {badge}
              </abbr>
            )}
          </dd>
        );
      })}
    </div>
  );
}

function Scenes({ title }: { title: Title }) {
  if (title.scenes.length === 0) return null;
  const names = new Map(title.cast.map((person) => [person.id, shortName(person)]));
  return (
    <section aria-labelledby="scenes">
      <h2 id="scenes">{words.title.scenes}</h2>
      <ol class="scenes">
        {title.scenes.map((scene, index) => (
          <SceneRow key={scene.id} id={title.id} scene={scene} index={index} names={names} />
        ))}
      </ol>
    </section>
  );
}

function SceneRow(props: { id: string; scene: Scene; index: number; names: Map<string, string> }) {
  const { id, scene, index, names } = props;
  const name = scene.title ?? words.title.scene(index + 1);
  const inIt = scene.cast.map((who) => names.get(who) ?? who);
  return (
    <li>
      <Link class="scene" href={watchPath(id, scene.start_ms)}>
        <span class="scene-time">{clock(scene.start_ms)}</span>
        <span class="scene-text">
          <span class="scene-name">{name}</span>
          {inIt.length > 0 && <span class="faint">{words.title.withCast(list(inIt))}</span>}
        </span>
        <Icon name="play" />
      </Link>
    </li>
  );
}

export function TitlePage({ id }: { id: string }) {
  const [loaded, retry] = useLoad(titleKey(id), (signal) => getTitle(id, signal));
  const isMissing = loaded.state === 'failed' && loaded.problem.status === 404;
  usePage(
    loaded.state === 'ready'
      ? loaded.value.title
      : loaded.state === 'failed' && !isMissing
        ? words.problem.heading
        : null,
  );
  usePlaces();
  useEffect(preload, []);
  if (loaded.state === 'loading') return <Loading />;
  if (isMissing) return <Missing />;
  if (loaded.state === 'failed') return <Failed problem={loaded.problem} retry={retry} />;
  const title = loaded.value;
  const kind = (wanted: Track['kind']) => title.tracks.filter((track) => track.kind === wanted);
  return (
    <article class="title-page">
      <div class="hero hero-title">
        <div class="hero-picture">
          <Artwork url={title.poster_url} isFirst />
        </div>
        <div class="hero-text">
          <Place title={title} />
          <h1 class="display" data-arrive tabIndex={-1}>
            {title.title}
          </h1>
          <Facts title={title} />
          <p class="hero-synopsis" dir="auto">
            {title.synopsis}
          </p>
          <Actions title={title} />
          <NextEpisode title={title} />
        </div>
      </div>
      <div class="title-columns">
        <Scenes title={title} />
        <div class="title-side">
          <Cast people={title.cast} />
          <Crew people={title.crew} />
          <section aria-labelledby="languages">
            <h2 id="languages">{words.title.languages}</h2>
            <dl class="languages">
              <Languages heading={words.title.audio} tracks={kind('audio')} />
              <Languages heading={words.title.subtitles} tracks={kind('text')} />
            </dl>
            {title.territories.length > 0 && <p class="faint">{availability(title.territories)}</p>}
          </section>
        </div>
      </div>
      <Extras titles={title.extras} />
    </article>
  );
}
