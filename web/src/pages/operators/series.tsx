// SPDX-License-Identifier: Apache-2.0
//
// Series for those who keep the catalogue: what is written of one, and the order of its episodes.
import { useState } from 'preact/hooks';

import type { Problem } from '../../api';
import {
  type EntrySummary,
  type SeriesEntry,
  editEntry,
  editSeriesEntry,
  getEntry,
  getEpisodes,
  getSeriesEntries,
  getSeriesEntry,
} from '../../console';
import { asProblem, useLoad } from '../../load';
import { Link, seriesPath, usePage } from '../../router';
import { Complaint, Field, Said, Submit } from '../../ui/form';
import { Table } from '../../ui/table';
import { words } from '../../words';
import { type Editing, EditingPage } from './editing';
import { Heading, More, Ready, usePages } from './parts';
import { Languages, languageValues, languagesOf, split } from './rows';

const w = words.entries;

export function SeriesList() {
  const { loaded, items, again, fetchMore } = usePages('series-entries', getSeriesEntries);
  usePage(w.allSeries);
  return (
    <>
      <Heading text={w.allSeries} />
      <Ready loaded={loaded} retry={again}>
        {() => (
          <Table
            caption={w.allSeries}
            isQuiet
            columns={[w.title, w.series]}
            empty={w.noSeries}
            rows={items.map(({ id, title }) => ({
              key: id,
              cells: [
                <Link href={`/operators/series/${encodeURIComponent(id)}`}>
                  <bdi>{title}</bdi>
                </Link>,
                <code dir="ltr">{id}</code>,
              ],
            }))}
          />
        )}
      </Ready>
      <More fetchMore={fetchMore} />
    </>
  );
}

// --- the order of episodes

const isMoved = (episode: EntrySummary, values: FormData) =>
  Number(values.get(`${episode.id}/season`)) !== episode.season ||
  Number(values.get(`${episode.id}/episode`)) !== episode.episode;

// One after the other: each is a title of its own, and somebody else may edit one meanwhile.
async function move(episodes: EntrySummary[], values: FormData) {
  for (const { id } of episodes.filter((one) => isMoved(one, values))) {
    const { value, etag } = await getEntry(id, new AbortController().signal);
    const { series, series_title } = value.place!;
    const place = {
      series: series!,
      ...(series_title ? { series_title } : {}),
      season: Number(values.get(`${id}/season`)),
      episode: Number(values.get(`${id}/episode`)),
    };
    await editEntry(id, { place }, etag);
  }
}

function Order(props: { episodes: EntrySummary[]; done: () => void }) {
  const { episodes, done } = props;
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    if (isBusy) return;
    setIsBusy(true);
    setProblem(null);
    move(episodes, new FormData(event.currentTarget as HTMLFormElement))
      .then(done, (error) => setProblem(asProblem(error)))
      .finally(() => setIsBusy(false));
  };
  const number = (name: string, label: string, value: number, min: number) => (
    <Field name={name} label={label} type="number" value={value} min={min} max={99999} />
  );
  return (
    <form class="form form-wide" onSubmit={submit}>
      <Complaint problem={problem} />
      <ol class="order">
        {episodes.map(({ id, title, season, episode }) => (
          <li key={id}>
            <fieldset class="rows-row">
              <legend class="visually-hidden">{title || id}</legend>
              <Link href={`/operators/titles/${encodeURIComponent(id)}`}>
                <bdi>{title || id}</bdi>
              </Link>
              {number(`${id}/season`, w.season, season, 0)}
              {number(`${id}/episode`, w.episode, episode, 1)}
            </fieldset>
          </li>
        ))}
      </ol>
      <div class="actions">
        <Submit label={w.saveOrder} isBusy={isBusy} />
      </div>
    </form>
  );
}

const placesOf = (episodes: EntrySummary[]) =>
  episodes.map(({ id, season, episode }) => `${id} ${season} ${episode}`).join();

function Episodes({ id }: { id: string }) {
  const [loaded, again] = useLoad(`episodes/${id}`, (signal) => getEpisodes(id, signal));
  const [said, setSaid] = useState('');
  const done = () => {
    setSaid(w.moved);
    again();
  };
  return (
    <section class="jobs-part" aria-labelledby="episodes">
      <h2 id="episodes">{w.episodes}</h2>
      <p class="faint">{w.orderHint}</p>
      <Said text={said} />
      <Ready loaded={loaded} retry={again}>
        {({ items }) => <Order key={placesOf(items)} episodes={items} done={done} />}
      </Ready>
    </section>
  );
}

// --- what is written of it

const editingOf = (id: string): Editing<SeriesEntry> => ({
  get: (signal) => getSeriesEntry(id, signal),
  edit: (change, etag) => editSeriesEntry(id, change, etag),
  name: (series) => series.title || id,
  changeOf: (values) => ({
    title: values.title!,
    synopsis: values.synopsis!,
    original_language: values.original_language!,
    genres: split(values.genres!),
    words: languagesOf(values),
  }),
  valuesOf: (series) => ({
    title: series.title,
    synopsis: series.synopsis,
    original_language: series.original_language,
    genres: series.genres.join(', '),
    ...languageValues(series.words),
  }),
  fields: (series, problem) => (
    <>
      <Field name="title" label={w.title} value={series.title} problem={problem} maxLength={300} />
      <Field
        name="synopsis"
        label={w.synopsis}
        value={series.synopsis}
        isOptional
        problem={problem}
      />
      <div class="rows-row">
        <Field
          name="original_language"
          label={w.original}
          value={series.original_language}
          isOptional
          isCode
          problem={problem}
        />
        <Field
          name="genres"
          label={w.genres}
          value={series.genres.join(', ')}
          isOptional
          problem={problem}
        />
      </div>
      <Languages first={series.words} problem={problem} />
    </>
  ),
});

export function SeriesEntryPage({ id }: { id: string }) {
  return (
    <EditingPage
      of={editingOf(id)}
      above={
        <span class="actions">
          <Link href="/operators/series">{w.backSeries}</Link>
          <Link href={seriesPath(id)}>{w.show}</Link>
        </span>
      }
      below={<Episodes id={id} />}
    />
  );
}
