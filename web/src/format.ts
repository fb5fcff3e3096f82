// SPDX-License-Identifier: Apache-2.0
//
// Times, sizes and languages as people read them.
import { language } from './words';

// 3723000 -> "1:02:03", 12300 -> "0:12"
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600);
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}

type Part = [value: number, unit: string];

function parts(ms: number, unitDisplay: 'short' | 'long'): Part[] {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return [[seconds, 'second']];
  const whole = unitDisplay === 'short' ? Math.round(seconds / 60) * 60 : seconds;
  return [
    [Math.floor(whole / 3600), 'hour'],
    [Math.floor(whole / 60) % 60, 'minute'],
    [whole % 60, 'second'],
  ];
}

function units(ms: number, unitDisplay: 'short' | 'long'): string {
  const all = parts(ms, unitDisplay);
  const shown = all.filter(([value]) => value > 0);
  return (shown.length > 0 ? shown : all)
    .map(([value, unit]) =>
      new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay }).format(value),
    )
    .join(' ');
}

export const runtime = (ms: number) => units(ms, 'short'); // "1 hr 32 min"
export const spokenTime = (ms: number) => units(ms, 'long'); // "1 minute 12 seconds"

export function bitrate(bps: number): string {
  const mega = bps >= 1e6;
  return `${(bps / (mega ? 1e6 : 1e3)).toFixed(mega ? 2 : 0)} ${mega ? 'Mb/s' : 'kb/s'}`;
}

export const size = (bytes: number) =>
  new Intl.NumberFormat(language, {
    style: 'unit',
    unit: bytes >= 1e9 ? 'gigabyte' : 'megabyte',
    maximumFractionDigits: 1,
  }).format(bytes / (bytes >= 1e9 ? 1e9 : 1e6));

export const count = (value: number) => new Intl.NumberFormat(language).format(value);

// A language in the reader's words: "es" -> "Spanish".
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames([language], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag; // not a well-formed tag: better shown raw than hidden
  }
}

export const list = (items: string[]) =>
  new Intl.ListFormat(language, { style: 'long', type: 'conjunction' }).format(items);

// How long ago a moment was, in the reader's words: "3 hours ago".
export function ago(time: string, now = Date.now()): string {
  const seconds = Math.round((Date.parse(time) - now) / 1000);
  const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ];
  const [unit, length] = units.find(([, one]) => Math.abs(seconds) >= one) ?? units[3]!;
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(
    Math.trunc(seconds / length),
    unit,
  );
}

export const day = (time: string) =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(new Date(time));
export const moment = (time: string) =>
  new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'medium' }).format(
    new Date(time),
  );
