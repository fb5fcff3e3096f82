// SPDX-License-Identifier: Apache-2.0
//
// The service's API as the app uses it. Failures are RFC 9457 problems, a silent server included.
import { language, words } from './words';

export interface Rating {
  system: string;
  label: string;
}

export interface EpisodePlace {
  series: string;
  series_title: string;
  season: number;
  episode: number;
}

export interface TitleSummary {
  id: string;
  kind: 'film' | 'episode' | 'extra';
  place: EpisodePlace | { extra_of: string; extra: string } | null;
  title: string;
  synopsis: string;
  year: number | null;
  rating: Rating | null;
  genres: string[];
  duration_ms: number;
  poster_url: string | null;
  published_at: string; // RFC 3339
  audio_languages: string[];
  text_languages: string[];
}

export interface Person {
  id: string;
  name: string;
  character: string | null;
}

export interface Scene {
  id: string;
  title: string | null;
  start_ms: number;
  end_ms: number;
  cast: string[];
}

export interface Track {
  name: string;
  kind: 'video' | 'audio' | 'text' | 'image';
  language: string;
  role: string;
  label: string;
  codec: string;
  bandwidth_average_bps: number;
}

// A part that may be skipped, or the credits.
export interface Mark {
  kind: 'intro' | 'recap' | 'credits';
  start_ms: number;
  end_ms: number;
}

export interface Title extends TitleSummary {
  cast: Person[];
  crew: { id: string; name: string; job: string }[];
  marks: Mark[];
  extras: TitleSummary[];
  next_episode: TitleSummary | null;
  scenes: Scene[];
  territories: string[];
  tracks: Track[];
  is_downloadable: boolean;
}

// Sheets of columns x rows thumbnails, each standing for tile_ms; "%d" in the URL is the sheet's
// number.
export interface Storyboard {
  url: string;
  tile_width: number;
  tile_height: number;
  columns: number;
  rows: number;
  tile_ms: number;
  sheet_count: number;
}

// Where keys are asked for, and with which bearer token.
export interface LicenceTarget {
  url: string; // ClearKey
  token: string;
}

export interface Playback {
  session_id: string;
  title_id: string;
  manifests: { hls: string; dash: string };
  key_ids: string[]; // UUIDs
  licence: LicenceTarget | null; // null: in the clear
  resume_ms: number;
  duration_ms: number;
  server_time_ms: number; // the house's clock, for positions
  heartbeat_ms: number; // how often it wants one
  storyboard: Storyboard | null;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export class Problem extends Error {
  constructor(
    readonly status: number, // 0: no answer at all
    readonly code: string, // the last part of the problem's type
    message: string, // for a person
    readonly detail: string,
    readonly fields: string[] = [], // of the form that was sent: "/login"
    readonly sessions: { id: string }[] = [], // that play, where there are too many
    readonly reason = '', // of a download: a word
  ) {
    super(message);
  }
}

function sentence(status: number, code = ''): string {
  const known = words.problem.codes[code];
  if (known) return known;
  if (status === 0) return words.problem.offline;
  if (status === 404 || status === 410) return words.problem.notFound;
  if (status === 451) return words.problem.territory;
  if (status === 401 || status === 403) return words.problem.denied;
  if (status === 429 || status === 503) return words.problem.busy;
  return words.problem.server;
}

async function problemOf(response: Response): Promise<Problem> {
  const body = await response.json().catch(() => ({}));
  const code =
    String(body.type ?? '')
      .split('/')
      .pop() || `http-${response.status}`;
  const fields = (body.errors ?? []).map((error: { pointer?: string }) => String(error.pointer));
  const { status } = response;
  return new Problem(
    status,
    code,
    sentence(status, code),
    String(body.detail ?? ''),
    fields,
    body.sessions,
    String(body.reason ?? ''),
  );
}

// Whoever wants to know of refused requests: they may lead to signing in.
let refused: (problem: Problem) => void = () => {};
export const onRefusal = (handler: typeof refused) => (refused = handler);

async function answerTo(path: string, options: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      ...options,
      headers: { accept: 'application/json', 'accept-language': language, ...options.headers },
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem(0, 'offline', sentence(0), String(error));
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  refused(problem);
  throw problem;
}

export async function ask<T>(path: string, options: RequestInit = {}): Promise<T> {
  const response = await answerTo(path, options);
  return response.status === 204 ? (undefined as T) : (response.json() as Promise<T>);
}

// The same of what can be edited: its ETag is what a change names in If-Match.
export async function askVersioned<T>(path: string, options: RequestInit = {}) {
  const response = await answerTo(path, options);
  return { value: (await response.json()) as T, etag: response.headers.get('etag') ?? '' };
}

// A change. A key of its own makes a repeated POST the same one.
export const send = <T>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
  options: RequestInit = {},
) =>
  ask<T>(path, {
    ...options,
    method,
    headers: {
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(method === 'POST'
        ? { 'idempotency-key': crypto.randomUUID?.() ?? String(Math.random()) }
        : {}),
      ...options.headers,
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });

export const path = (...parts: string[]) => `/v1/${parts.map(encodeURIComponent).join('/')}`;

export const getTitles = (signal: AbortSignal, cursor?: string) =>
  ask<Page<TitleSummary>>(`/v1/titles${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`, {
    signal,
  });

export const getTitle = (id: string, signal: AbortSignal) =>
  ask<Title>(`/v1/titles/${encodeURIComponent(id)}`, { signal });

// `takeOver`: a session that ends, so that this one may begin.
export const startPlayback = (id: string, signal: AbortSignal, takeOver: string | null = null) =>
  send<Playback>(
    'POST',
    '/v1/playback',
    { title_id: id, ...(takeOver === null ? {} : { take_over: takeOver }) },
    { signal },
  );

export interface Watched {
  title_id: string;
  position_ms: number;
  duration_ms: number;
  watched_at: string;
  is_watched: boolean;
  title: TitleSummary;
}

export const getHistory = (signal: AbortSignal) => ask<Page<Watched>>('/v1/history', { signal });

// --- the catalogue beyond one title

export interface SeriesSummary {
  id: string;
  title: string;
  synopsis: string;
  genres: string[];
  poster_url: string | null;
}

export interface Series extends SeriesSummary {
  episodes: TitleSummary[];
  extras: TitleSummary[];
}

export type Entry =
  | { kind: 'title'; title: TitleSummary }
  | { kind: 'series'; series: SeriesSummary }
  | { kind: 'person'; person: { id: string; name: string } };

export interface Row {
  kind: 'new' | 'genre';
  genre: string | null;
  items: Entry[];
}

export const entryKey = (entry: Entry) =>
  entry.kind === 'title'
    ? entry.title.id
    : entry.kind === 'series'
      ? `series/${entry.series.id}`
      : `person/${entry.person.id}`;

export const getHome = (signal: AbortSignal) => ask<{ rows: Row[] }>('/v1/home', { signal });
export const search = (text: string, signal: AbortSignal) =>
  ask<{ items: Entry[] }>(`/v1/search?limit=48&q=${encodeURIComponent(text)}`, { signal });
export const getSeries = (id: string, signal: AbortSignal) =>
  ask<Series>(path('series', id), { signal });
export const getPerson = (id: string, signal: AbortSignal) =>
  ask<{ id: string; name: string; items: Entry[] }>(path('people', id), { signal });

// --- what a profile keeps

export interface Listed {
  title_id: string;
  added_at: string;
  opinion?: 'up' | 'down';
  title: TitleSummary;
}

export const getWatchlist = (signal: AbortSignal) =>
  ask<Page<Listed>>('/v1/watchlist?limit=200', { signal });
export const keepInList = (id: string) => send<void>('PUT', path('watchlist', id));
export const dropFromList = (id: string) => send<void>('DELETE', path('watchlist', id));
export const getOpinions = (signal: AbortSignal) =>
  ask<Page<Listed>>('/v1/opinions?limit=200', { signal });
export const setOpinion = (id: string, opinion: 'up' | 'down') =>
  send<void>('PUT', path('opinions', id), { opinion });
export const dropOpinion = (id: string) => send<void>('DELETE', path('opinions', id));
