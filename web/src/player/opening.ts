// SPDX-License-Identifier: Apache-2.0
//
// What is asked for the moment a film is chosen, before the engine has read a byte of it: the
// manifest, and of the first video and audio track init, index and first segment in one request each.
import type { Playback, Title, Track } from '../api';
import type { Preferences } from '../memory';
import { keyOf } from '../tracks';
import type { Abr } from './abr';
import type { Transport } from './transport';

const SEGMENT_S = 2;
const INIT_BYTES = 1500; // ftyp and moov, a little more than they have
const INDEX_BYTES = 12; // per segment

// A track's file lies beside the manifest, under the track's name (src/media/presentation.h).
const fileOf = (manifest: string, { name }: Track) =>
  new URL(`${name}.mp4`, new URL(manifest, location.href)).href;

function headBytes({ bandwidth_average_bps }: Track, durationMs: number, withSegment: boolean) {
  const index = INIT_BYTES + INDEX_BYTES * Math.ceil(durationMs / 1000 / SEGMENT_S + 1);
  return Math.ceil(index + (withSegment ? (bandwidth_average_bps * SEGMENT_S) / 8 : 0));
}

export function chosenAudio(tracks: Track[], preferred: string | null): Track | undefined {
  const audio = tracks.filter(({ kind }) => kind === 'audio');
  return (
    audio.find(({ language, role }) => keyOf(language, [role]) === preferred) ??
    audio.find(({ role }) => role === 'main') ??
    audio[0]
  );
}

export function beginFilm(
  playback: Playback,
  title: Title | null,
  startMs: number,
  preferences: Preferences,
  manifest: string,
  abr: Abr,
  transport: Transport,
) {
  transport.begin(manifest);
  if (!title) return;
  const video = title.tracks
    .filter(({ kind }) => kind === 'video')
    .sort((a, b) => a.bandwidth_average_bps - b.bandwidth_average_bps);
  const audio = chosenAudio(title.tracks, preferences.audio);
  const averages = new Map(title.tracks.map((track) => [track.name, track.bandwidth_average_bps]));
  if (video.length === 0) return;
  const rates = video.map(
    ({ bandwidth_average_bps }) => bandwidth_average_bps + (audio?.bandwidth_average_bps ?? 0),
  );
  const first = video[abr.begin(averages, rates)]!;
  const isFromStart = startMs < SEGMENT_S * 1000;
  for (const track of audio ? [first, audio] : [first])
    transport.begin(fileOf(manifest, track), headBytes(track, playback.duration_ms, isFromStart));
}
