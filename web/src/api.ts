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
  licence: LicenceTarget | null; // null: in the clear
  resume_ms: number;
  duration_ms: number;
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
  ) {
    super(message);
  }
}

function sentence(status: number): string {
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
  return new Problem(response.status, code, sentence(response.status), String(body.detail ?? ''));
}

async function ask<T>(path: string, options: RequestInit = {}): Promise<T> {
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
  if (!response.ok) throw await problemOf(response);
  return response.json() as Promise<T>;
}

export const getTitles = (signal: AbortSignal, cursor?: string) =>
  ask<Page<TitleSummary>>(`/v1/titles${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`, {
    signal,
  });

export const getTitle = (id: string, signal: AbortSignal) =>
  ask<Title>(`/v1/titles/${encodeURIComponent(id)}`, { signal });

export const startPlayback = (id: string, signal: AbortSignal) =>
  ask<Playback>('/v1/playback', {
    method: 'POST',
    signal,
    headers: {
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID?.() ?? String(Math.random()),
    },
    body: JSON.stringify({ title_id: id }),
  });

export interface QoePart {
  p50: number;
  p95: number;
}

export interface QoeGroup {
  name: string;
  sessions: number;
  started: number;
  start_ms: Record<'whole' | 'play_call' | 'manifest' | 'media' | 'frame', QoePart | null>;
  played_hours: number;
  rebuffer_percent: number;
  rebuffers_per_hour: number;
  switches_per_minute: number;
  kbps: number;
  failures: Record<string, number>;
}

export interface Qoe {
  since_ms: number;
  is_cut_off: boolean;
  all: QoeGroup;
  by_title: QoeGroup[];
  by_device: QoeGroup[];
  by_edge: QoeGroup[];
}

export const getQoe = (hours: number, signal: AbortSignal) =>
  ask<Qoe>(`/v1/qoe?hours=${hours}`, { signal });
