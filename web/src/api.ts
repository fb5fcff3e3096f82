// SPDX-License-Identifier: Apache-2.0
//
// The service's API as the app uses it. Failures are RFC 9457 problems, a silent server included.
import { words } from './words';

export interface Rating {
  system: string;
  label: string;
}

export interface TitleSummary {
  id: string;
  title: string;
  synopsis: string;
  year: number | null;
  rating: Rating | null;
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

export interface Title extends TitleSummary {
  cast: Person[];
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

export async function ask<T>(path: string, options: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      ...options,
      headers: { accept: 'application/json', ...options.headers },
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem(0, 'offline', sentence(0), String(error));
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    refused(problem);
    throw problem;
  }
  return response.status === 204 ? (undefined as T) : (response.json() as Promise<T>);
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
