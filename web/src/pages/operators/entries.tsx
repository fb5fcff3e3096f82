// SPDX-License-Identifier: Apache-2.0
//
// The catalogue for those who keep it: all titles, and what is written of one.
import { useState } from 'preact/hooks';

import type { Problem } from '../../api';
import { type Avail, type TitleEntry, editEntry, getEntries, getEntry } from '../../console';
import { day } from '../../format';
import { Link, titlePath, usePage } from '../../router';
import { Field, Select, Tick } from '../../ui/form';
import { Table } from '../../ui/table';
import { words } from '../../words';
import { type Editing, EditingPage } from './editing';
import { Heading, More, Ready, usePages } from './parts';
import {
  Add,
  Languages,
  Remove,
  languageValues,
  languagesOf,
  listOf,
  split,
  useRows,
} from './rows';

const w = words.entries;

export function Entries() {
  const { loaded, items, again, fetchMore } = usePages('entries', getEntries);
  usePage(w.catalogue);
  return (
    <>
      <Heading text={w.catalogue} />
      <Ready loaded={loaded} retry={again}>
        {() => (
          <Table
            caption={w.catalogue}
            isQuiet
            columns={[w.title, w.series, w.published, w.edited]}
            empty={words.operators.none}
            rows={items.map((entry) => ({
              key: entry.id,
              cells: [
                <Link href={`/operators/titles/${encodeURIComponent(entry.id)}`}>
                  <bdi>{entry.title || entry.id}</bdi>
                </Link>,
                entry.series && (
                  <bdi>{`${entry.series} ${words.title.episode(entry.season, entry.episode)}`}</bdi>
                ),
                entry.published_at ? day(entry.published_at) : '',
                entry.edited_at ? day(entry.edited_at) : <span class="faint">{w.never}</span>,
              ],
            }))}
          />
        )}
      </Ready>
      <More fetchMore={fetchMore} />
    </>
  );
}

// --- the form -----------------------------------------------------------------------------------

const countries = (text: string) => split(text.toUpperCase());

const DATE = /^(\d{4}-\d{2}-\d{2})/;
const dateOf = (time: string | null | undefined) => DATE.exec(time ?? '')?.[1] ?? '';
// A day that is as it was read keeps its hour.
const timeOf = (date: string, before: string | null | undefined) =>
  date === '' ? null : date === dateOf(before) ? before! : `${date}T00:00:00Z`;

function Windows({ avails, problem }: { avails: Avail[]; problem: Problem | null }) {
  const { rows, add, remove } = useRows(avails);
  return (
    <fieldset class="rows">
      <legend>{w.windows}</legend>
      <p class="field-hint">{w.windowsHint}</p>
      {rows.map(({ key, value }, index) => (
        <div key={key} class="rows-row">
          <input type="hidden" name={`avails/${index}/was`} value={JSON.stringify(value)} />
          <Field
            name={`avails/${index}/territories`}
            label={w.countries}
            value={(value.territories ?? []).join(', ')}
            isOptional
            isCode
            problem={problem}
          />
          <Field
            name={`avails/${index}/from`}
            label={w.from}
            type="date"
            value={dateOf(value.from)}
            isOptional
            problem={problem}
          />
          <Field
            name={`avails/${index}/until`}
            label={w.until}
            type="date"
            value={dateOf(value.until)}
            isOptional
            problem={problem}
          />
          <Remove name={`${w.windows} ${index + 1}`} press={() => remove(key)} />
        </div>
      ))}
      <Add what={w.windows} press={() => add({ territories: [], from: null, until: null })} />
    </fieldset>
  );
}

function Marks({ entry, problem }: { entry: TitleEntry; problem: Problem | null }) {
  const { rows, add, remove } = useRows(entry.marks);
  const seconds = (ms: number) => (ms === 0 ? '' : String(ms / 1000));
  return (
    <fieldset class="rows">
      <legend>{w.marks}</legend>
      {rows.map(({ key, value }, index) => (
        <div key={key} class="rows-row">
          <KindSelect name={`marks/${index}/kind`} value={value.kind} />
          <Field
            name={`marks/${index}/start_ms`}
            label={w.start}
            value={value.start_ms / 1000}
            problem={problem}
          />
          <Field
            name={`marks/${index}/end_ms`}
            label={w.end}
            value={seconds(value.end_ms ?? 0)}
            isOptional
            problem={problem}
          />
          <Remove name={`${w.marks} ${index + 1}`} press={() => remove(key)} />
        </div>
      ))}
      <Add what={w.marks} press={() => add({ kind: 'intro', start_ms: 0, end_ms: 0 })} />
    </fieldset>
  );
}

function KindSelect({ name, value }: { name: string; value: string }) {
  const [chosen, setChosen] = useState(value);
  return (
    <Select
      name={name}
      label={w.kind}
      value={chosen}
      options={Object.entries(w.kinds)}
      onChange={setChosen}
    />
  );
}

const ms = (text = '') => Math.round(Number(text.replace(',', '.')) * 1000) || 0;

function wordsOf(values: Record<string, string>): Partial<TitleEntry> {
  const isEpisode = values.series !== '';
  return {
    title: values.title!,
    synopsis: values.synopsis!,
    original_language: values.original_language!,
    year: Number(values.year) || 0,
    rating: values.label === '' ? null : { system: values.system!, label: values.label! },
    genres: split(values.genres!),
    territories: countries(values.territories!),
    is_downloadable: values.is_downloadable === 'on',
    place: isEpisode
      ? {
          series: values.series!,
          season: Number(values.season) || 0,
          episode: Number(values.episode) || 0,
        }
      : null,
    words: languagesOf(values),
    avails: listOf(values, 'avails').map(({ was, territories, from, until }) => ({
      territories: countries(territories!),
      from: timeOf(from!, (JSON.parse(was!) as Avail).from),
      until: timeOf(until!, (JSON.parse(was!) as Avail).until),
    })),
    marks: listOf(values, 'marks').map(({ kind, start_ms, end_ms }) => ({
      kind: kind as 'intro',
      start_ms: ms(start_ms),
      end_ms: ms(end_ms),
    })),
  };
}

function changeOf(values: Record<string, string>, entry: TitleEntry): Partial<TitleEntry> {
  const change = wordsOf(values);
  // An extra stays one: the form knows episodes alone.
  if (entry.place && 'extra_of' in entry.place && entry.place.extra_of) delete change.place;
  if (change.place && entry.place?.series_title && change.place.series === entry.place.series)
    change.place.series_title = entry.place.series_title;
  return change;
}

// What stands in the form when nothing was typed.
function valuesOf(entry: TitleEntry): Record<string, string> {
  const values: Record<string, string> = {
    title: entry.title,
    synopsis: entry.synopsis,
    original_language: entry.original_language,
    year: String(entry.year),
    system: entry.rating?.system ?? '',
    label: entry.rating?.label ?? '',
    genres: entry.genres.join(', '),
    territories: entry.territories.join(', '),
    series: entry.place?.series ?? '',
    season: String(entry.place?.season ?? 0),
    episode: String(entry.place?.episode ?? 0),
    ...(entry.is_downloadable ? { is_downloadable: 'on' } : {}),
    ...languageValues(entry.words),
  };
  entry.avails.forEach((one, index) => {
    values[`avails/${index}/was`] = JSON.stringify(one);
    values[`avails/${index}/territories`] = (one.territories ?? []).join(', ');
    values[`avails/${index}/from`] = dateOf(one.from);
    values[`avails/${index}/until`] = dateOf(one.until);
  });
  entry.marks.forEach((one, index) => {
    values[`marks/${index}/kind`] = one.kind;
    values[`marks/${index}/start_ms`] = String(one.start_ms / 1000);
    values[`marks/${index}/end_ms`] = one.end_ms ? String(one.end_ms / 1000) : '';
  });
  return values;
}

function Words({ entry, problem }: { entry: TitleEntry; problem: Problem | null }) {
  const field = (name: string, label: string, value: string | number, more = {}) => (
    <Field name={name} label={label} value={value} isOptional problem={problem} {...more} />
  );
  return (
    <>
      <Field name="title" label={w.title} value={entry.title} problem={problem} maxLength={300} />
      {field('synopsis', w.synopsis, entry.synopsis)}
      <div class="rows-row">
        {field('original_language', w.original, entry.original_language, { isCode: true })}
        {field('year', w.year, entry.year, { type: 'number', min: 0, max: 9999 })}
        {field('system', w.system, entry.rating?.system ?? '', { isCode: true })}
        {field('label', w.label, entry.rating?.label ?? '', { isCode: true })}
      </div>
      {field('genres', w.genres, entry.genres.join(', '))}
      {field('territories', w.rights, entry.territories.join(', '), { isCode: true })}
      <fieldset class="rows">
        <legend>{w.place}</legend>
        <div class="rows-row">
          {field('series', w.series, entry.place?.series ?? '', { isCode: true })}
          {field('season', w.season, entry.place?.season ?? 0, { type: 'number', min: 0 })}
          {field('episode', w.episode, entry.place?.episode ?? 0, { type: 'number', min: 0 })}
        </div>
      </fieldset>
    </>
  );
}

const editingOf = (id: string): Editing<TitleEntry> => ({
  get: (signal) => getEntry(id, signal),
  edit: (change, etag) => editEntry(id, change, etag),
  name: (entry) => entry.title || id,
  changeOf,
  valuesOf,
  fields: (entry, problem) => (
    <>
      <Words entry={entry} problem={problem} />
      <Languages first={entry.words} problem={problem} />
      <Windows avails={entry.avails} problem={problem} />
      <Marks entry={entry} problem={problem} />
      <Tick name="is_downloadable" label={w.downloadable} isOn={entry.is_downloadable} />
    </>
  ),
});

export function EntryPage({ id }: { id: string }) {
  return (
    <EditingPage
      of={editingOf(id)}
      above={
        <span class="actions">
          <Link href="/operators/titles">{w.back}</Link>
          <Link href={titlePath(id)}>{w.show}</Link>
          <Link href={`/operators/reports/${encodeURIComponent(id)}`}>{words.report.link}</Link>
        </span>
      }
    />
  );
}
