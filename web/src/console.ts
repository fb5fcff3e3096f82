// SPDX-License-Identifier: Apache-2.0
//
// What operators ask of the API.
import { type Page, ask, askVersioned, path, send } from './api';
import type { Device, Plan, Right } from './household';

export type Role = 'member' | 'editor' | 'support' | 'operator';

export interface Member {
  id: string;
  login: string;
  name: string;
  role: Role;
  plan: string;
  territory: string | null;
  is_disabled: boolean;
  created_at: string;
}

export interface Key {
  id: string;
  name: string;
  role: Role;
  made_by: string;
  created_at: string;
}

export interface Event {
  id: string;
  at: string;
  actor: string;
  action: string;
  subject: string;
  reason: string | null;
  detail: string | null;
}

// For the log: why something is changed.
const because = (reason: string): RequestInit =>
  reason === '' ? {} : { headers: { 'primrose-reason': encodeReason(reason) } };

// A field of HTTP is ASCII; what is not is written as in addresses, and shown as it was written.
const encodeReason = (reason: string) => reason.replace(/[^\x20-\x7e]+|%/gu, encodeURIComponent);
export function decodeReason(reason: string): string {
  try {
    return decodeURIComponent(reason);
  } catch {
    return reason; // of another hand
  }
}

const from = (cursor: string | undefined) =>
  cursor ? `?cursor=${encodeURIComponent(cursor)}` : '';

export const getMembers = (signal: AbortSignal, cursor?: string) =>
  ask<Page<Member>>(`/v1/members${from(cursor)}`, { signal });
export const getMember = (id: string, signal: AbortSignal) =>
  ask<Member>(path('members', id), { signal });
export const addMember = (body: object) => send<Member>('POST', '/v1/members', body);
export const editMember = (id: string, body: object, reason: string) =>
  send<Member>('PATCH', path('members', id), body, because(reason));

export const getRights = (id: string, signal: AbortSignal) =>
  ask<Page<Right>>(path('members', id, 'rights'), { signal });
export const grantRight = (id: string, body: object, reason: string) =>
  send<Right>('POST', path('members', id, 'rights'), body, because(reason));
export const revokeRight = (id: string, right: string) =>
  send<void>('DELETE', path('members', id, 'rights', right));

export const getMemberDevices = (id: string, signal: AbortSignal) =>
  ask<Page<Device>>(path('members', id, 'devices'), { signal });
export const endMemberDevice = (id: string, device: string) =>
  send<void>('DELETE', path('members', id, 'devices', device));

export const getPlans = (signal: AbortSignal) => ask<Page<Plan>>('/v1/plans', { signal });
export const savePlan = (id: string, body: object) => send<Plan>('PUT', path('plans', id), body);

export const getKeys = (signal: AbortSignal) => ask<Page<Key>>('/v1/keys', { signal });
export const makeKey = (name: string, role: Role) =>
  send<Key & { key: string }>('POST', '/v1/keys', { name, role });
export const revokeKey = (id: string) => send<void>('DELETE', path('keys', id));

export const getEvents = (signal: AbortSignal, cursor?: string) =>
  ask<Page<Event>>(`/v1/events${from(cursor)}`, { signal });

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
  by_network: QoeGroup[];
  by_edge: QoeGroup[];
}

export const getQoe = (hours: number, signal: AbortSignal) =>
  ask<Qoe>(`/v1/qoe?hours=${hours}`, { signal });

// --- the studio

export interface Ingest {
  id: string; // the title's
  title: string; // "" without a title.json
  version: string; // "" until its plan is made
  stage: 'read' | 'probe' | 'survey' | 'check' | 'encode' | 'assemble' | 'publish';
  state: 'running' | 'published' | 'failed' | 'stopped' | 'cancelled' | 'lost';
  sentence: string;
  check: '' | 'pass' | 'warn' | 'fail';
  done: number;
  total: number; // 0: unknown
  started_at: string;
  told_at: string;
}

export interface TitleJobs {
  id: string;
  priority: number;
  jobs: number;
  done: number;
  left_ms: number | null;
}

export interface ParkedJob {
  id: string; // title/plan/track/chunk
  tries: number;
  worker: string;
  reason: string;
}

export interface Jobs {
  ingests: Ingest[];
  titles: TitleJobs[]; // with jobs in the queue
  workers: { name: string; jobs: number }[];
  parked: ParkedJob[];
}

export interface ChunkMap {
  chunk_ms: number;
  chunks: number;
  tracks: { track: string; states: string }[];
}

export type Verdict = 'off' | 'pass' | 'warn' | 'fail';

export interface Finding {
  rule: string;
  verdict: Verdict;
  where: string;
  sentence: string;
  start_ms?: number;
  start?: string; // time codes
  end?: string;
}

export interface CheckedRule {
  rule: string;
  asks: string;
  verdict: Verdict;
  unit: string;
  min: number | null;
  max: number | null;
}

export interface Report {
  title_id: string;
  title: string; // "" before it is published
  version: string;
  is_published: boolean;
  report: { rules_name: string; verdict: Verdict; findings: Finding[]; rules: CheckedRule[] };
}

export const getJobs = (signal: AbortSignal) => ask<Jobs>('/v1/jobs', { signal });
export const getChunkMap = (id: string, signal: AbortSignal) =>
  ask<ChunkMap>(path('jobs', id), { signal });
export const setPriority = (id: string, priority: number) =>
  send<void>('PATCH', path('jobs', id), { priority });
export const endIngest = (id: string) => send<void>('DELETE', path('jobs', id));
export const retryJob = (id: string, track: string, chunk: number) =>
  send<void>('POST', path('jobs', id, 'retries'), { track, chunk });
export const getReport = (id: string, version: string, signal: AbortSignal) =>
  ask<Report>(
    path('reports', id) + (version === '' ? '' : `?version=${encodeURIComponent(version)}`),
    { signal },
  );

// --- the catalogue

export interface Avail {
  territories?: string[];
  from?: string | null;
  until?: string | null;
}

export interface OtherWords {
  lang: string;
  title?: string;
  synopsis?: string;
}

export interface TitleEntry {
  id: string;
  published_at: string | null;
  edited_at: string | null;
  title: string;
  synopsis: string;
  original_language: string;
  year: number;
  rating: { system: string; label: string } | null;
  genres: string[];
  territories: string[];
  is_downloadable: boolean;
  place: {
    series?: string;
    series_title?: string;
    season?: number;
    episode?: number;
    extra_of?: string;
  } | null;
  words: OtherWords[];
  avails: Avail[];
  marks: { kind: 'intro' | 'recap' | 'credits'; start_ms: number; end_ms?: number }[];
}

export interface EntrySummary {
  id: string;
  title: string;
  year: number | null;
  series: string;
  season: number;
  episode: number;
  published_at: string | null;
  edited_at: string | null;
}

export interface SeriesEntry {
  id: string;
  title: string;
  synopsis: string;
  original_language: string;
  genres: string[];
  words: OtherWords[];
}

// What was read, with the version that a change of it names.
export interface Versioned<T> {
  value: T;
  etag: string;
}

export const getEntries = (signal: AbortSignal, cursor?: string) =>
  ask<Page<EntrySummary>>(`/v1/catalogue/titles${from(cursor)}`, { signal });
export const getEntry = (id: string, signal: AbortSignal) =>
  askVersioned<TitleEntry>(path('catalogue', 'titles', id), { signal, cache: 'no-store' });
const change = <T>(at: string, members: Partial<T>, etag: string) =>
  askVersioned<T>(at, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', 'if-match': etag },
    body: JSON.stringify(members),
  });
export const editEntry = (id: string, members: Partial<TitleEntry>, etag: string) =>
  change(path('catalogue', 'titles', id), members, etag);

export const getSeriesEntries = (signal: AbortSignal, cursor?: string) =>
  ask<Page<{ id: string; title: string }>>(`/v1/catalogue/series${from(cursor)}`, { signal });
export const getSeriesEntry = (id: string, signal: AbortSignal) =>
  askVersioned<SeriesEntry>(path('catalogue', 'series', id), { signal, cache: 'no-store' });
export const editSeriesEntry = (id: string, members: Partial<SeriesEntry>, etag: string) =>
  change(path('catalogue', 'series', id), members, etag);
export const getEpisodes = (id: string, signal: AbortSignal) =>
  ask<{ items: EntrySummary[] }>(path('catalogue', 'series', id, 'episodes'), { signal });
