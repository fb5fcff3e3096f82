// SPDX-License-Identifier: Apache-2.0
//
// The catalogue for those who keep it: all titles, and what is written of one.
//
//     read (version 7) -- typed -- save --> 412, somebody was faster: theirs are read, mine stay in
//                                           the form, and one chooses
import { useEffect, useRef, useState } from 'preact/hooks';

import { Problem } from '../../api';
import {
  type Avail,
  type TitleEntry,
  type Versioned,
  editEntry,
  getEntries,
  getEntry,
} from '../../console';
import { day } from '../../format';
import { asProblem } from '../../load';
import { Link, usePage } from '../../router';
import { Complaint, Field, Said, Select, Submit, Tick } from '../../ui/form';
import { Icon } from '../../ui/icon';
import { Failed, Loading } from '../../ui/states';
import { Table } from '../../ui/table';
import { words } from '../../words';
import { Heading, More, Ready, usePages } from './parts';

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

const split = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
const countries = (text: string) => split(text.toUpperCase());

// Rows of small forms: what is added or removed is kept here, what stands in a field in the field.
function useRows<T>(first: T[]) {
  const [rows, setRows] = useState(() => first.map((value, key) => ({ key, value })));
  const [next, setNext] = useState(first.length);
  const add = (value: T) => {
    setRows([...rows, { key: next, value }]);
    setNext(next + 1);
  };
  const remove = (key: number) => setRows(rows.filter((row) => row.key !== key));
  return { rows, add, remove };
}

function Remove({ name, press }: { name: string; press: () => void }) {
  return (
    <button
      class="button button-round"
      type="button"
      aria-label={w.remove(name)}
      title={w.remove(name)}
      onClick={press}
    >
      <Icon name="close" />
    </button>
  );
}

function Add({ press, what }: { press: () => void; what: string }) {
  return (
    <button class="button button-small" type="button" onClick={press}>
      <Icon name="plus" />
      {w.add}
      <span class="visually-hidden">: {what}</span>
    </button>
  );
}

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

function Languages({ entry, problem }: { entry: TitleEntry; problem: Problem | null }) {
  const { rows, add, remove } = useRows(entry.words);
  return (
    <fieldset class="rows">
      <legend>{w.others}</legend>
      {rows.map(({ key, value }, index) => (
        <div key={key} class="rows-row">
          <Field
            name={`words/${index}/lang`}
            label={w.language}
            value={value.lang}
            isCode
            problem={problem}
          />
          <Field
            name={`words/${index}/title`}
            label={w.title}
            value={value.title ?? ''}
            isOptional
            problem={problem}
          />
          <Field
            name={`words/${index}/synopsis`}
            label={w.synopsis}
            value={value.synopsis ?? ''}
            isOptional
            problem={problem}
          />
          <Remove name={`${w.others} ${index + 1}`} press={() => remove(key)} />
        </div>
      ))}
      <Add what={w.others} press={() => add({ lang: '', title: '', synopsis: '' })} />
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

// "avails/0/from" of the form as lists of objects.
function listOf(values: Record<string, string>, name: string): Record<string, string>[] {
  const rows = new Map<string, Record<string, string>>();
  for (const [key, value] of Object.entries(values)) {
    const [list, row, member] = key.split('/');
    if (list === name && member) rows.set(row!, { ...rows.get(row!), [member]: value });
  }
  return [...rows.values()];
}

const ms = (text = '') => Math.round(Number(text.replace(',', '.')) * 1000) || 0;

function changeOf(values: Record<string, string>): Partial<TitleEntry> {
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
    words: listOf(values, 'words').map(({ lang, title, synopsis }) => ({
      lang: lang!,
      title: title!,
      synopsis: synopsis!,
    })),
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

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

// Only what was changed is sent: of what somebody else changed meanwhile, the rest stays his.
function changed(entry: TitleEntry, values: Record<string, string>): Partial<TitleEntry> {
  const change = changeOf(values);
  const before = changeOf(valuesOf(entry));
  // An extra stays one: the form knows episodes alone.
  if (entry.place && 'extra_of' in entry.place && entry.place.extra_of) delete change.place;
  if (change.place && entry.place?.series_title && change.place.series === entry.place.series)
    change.place.series_title = entry.place.series_title;
  return Object.fromEntries(
    Object.entries(change).filter(([key, value]) => !same(value, before[key as keyof TitleEntry])),
  );
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
  };
  entry.words.forEach((one, index) => {
    values[`words/${index}/lang`] = one.lang;
    values[`words/${index}/title`] = one.title ?? '';
    values[`words/${index}/synopsis`] = one.synopsis ?? '';
  });
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

function Conflict(props: { save: () => void; take: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <div class="complaint" role="alert" ref={box} tabIndex={-1}>
      <Icon name="warning" />
      <span>
        {w.conflict}
        <span class="actions">
          <button class="button button-accent button-small" type="button" onClick={props.save}>
            {w.saveMine}
          </button>
          <button class="button button-small" type="button" onClick={props.take}>
            {w.takeTheirs}
          </button>
        </span>
      </span>
    </div>
  );
}

interface FormProps {
  read: Versioned<TitleEntry>;
  saved: (now: Versioned<TitleEntry>) => void;
  take: () => void;
}

function EntryForm({ read, saved, take }: FormProps) {
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [mine, setMine] = useState<Partial<TitleEntry> | null>(null); // refused: somebody was faster
  const write = (change: Partial<TitleEntry>, etag: string) => {
    setIsBusy(true);
    setProblem(null);
    editEntry(read.value.id, change, etag)
      .then(saved, (error) => {
        const trouble = asProblem(error);
        if (trouble.code === 'precondition-failed') setMine(change);
        else setProblem(trouble);
      })
      .finally(() => setIsBusy(false));
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (isBusy) return;
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const values = Object.fromEntries([...form].map(([name, value]) => [name, String(value)]));
    write(changed(read.value, values), read.etag);
  };
  // Theirs are read for their version alone: what was not changed here stays theirs.
  const over = () =>
    getEntry(read.value.id, new AbortController().signal).then(
      (now) => (setMine(null), write(mine!, now.etag)),
      (error) => setProblem(asProblem(error)),
    );
  return (
    <form class="form form-wide" onSubmit={submit}>
      <Complaint problem={problem} />
      {mine && <Conflict save={over} take={take} />}
      <Words entry={read.value} problem={problem} />
      <Languages entry={read.value} problem={problem} />
      <Windows avails={read.value.avails} problem={problem} />
      <Marks entry={read.value} problem={problem} />
      <Tick name="is_downloadable" label={w.downloadable} isOn={read.value.is_downloadable} />
      <div class="actions">
        <Submit label={words.form.save} isBusy={isBusy} />
      </div>
    </form>
  );
}

export function EntryPage({ id }: { id: string }) {
  const [read, setRead] = useState<Versioned<TitleEntry> | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [said, setSaid] = useState('');
  const load = () => {
    setProblem(null);
    getEntry(id, new AbortController().signal).then(setRead, (error) =>
      setProblem(asProblem(error)),
    );
  };
  useEffect(load, [id]);
  usePage(read ? w.edit(read.value.title) : null);
  if (problem) return <Failed problem={problem} retry={load} />;
  if (!read) return <Loading />;
  const saved = (now: Versioned<TitleEntry>) => {
    setRead(now);
    setSaid(words.form.saved);
  };
  return (
    <>
      <Link href="/operators/titles">{w.back}</Link>
      <Heading text={<bdi>{read.value.title || id}</bdi>} />
      <Link href={`/operators/reports/${encodeURIComponent(id)}`}>{words.report.link}</Link>
      <Said text={said} />
      <EntryForm key={read.etag} read={read} saved={saved} take={load} />
    </>
  );
}
