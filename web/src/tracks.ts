// SPDX-License-Identifier: Apache-2.0
//
// What an audio or text track is to a viewer: a language, and whether it serves those who do not
// see or do not hear.
import { languageName } from './format';
import { words } from './words';

export type Badge = keyof typeof words.badges;

export interface Choice {
  key: string; // "en/description": stable across titles, so that a choice can be remembered
  name: string;
  badge: Badge | null;
  isActive: boolean;
}

const DESCRIPTION = ['description', 'visually impaired'];
const CAPTION = ['caption', 'captions', 'sdh', 'hard of hearing'];

export function badgeOf(roles: string[]): Badge | null {
  if (roles.some((role) => DESCRIPTION.includes(role))) return 'AD';
  return roles.some((role) => CAPTION.includes(role)) ? 'SDH' : null;
}

export function keyOf(language: string, roles: string[]): string {
  const badge = badgeOf(roles);
  return badge ? `${language}/${badge}` : language;
}

interface Offered {
  kind: string;
  language: string;
  role: string;
}

const isOf = (language: string, wanted: string) =>
  language === wanted || language.startsWith(`${wanted}-`);

// The tracks that a profile's wishes mean in this title; null where it has none such. A description
// in another language than the wished one is none.
export function wished(
  tracks: Offered[],
  { audio, text, isDescribed }: { audio: string; text: string; isDescribed: boolean },
): { audio: string | null; text: string | null } {
  const heard = tracks.filter(({ kind }) => kind === 'audio');
  const main = heard.find(
    ({ language, role }) => !badgeOf([role]) && (audio === '' || isOf(language, audio)),
  );
  const described = heard.find(
    ({ language, role }) =>
      badgeOf([role]) === 'AD' && isOf(language, audio || (main?.language ?? language)),
  );
  const read = tracks.find(({ kind, language }) => kind === 'text' && text && isOf(language, text));
  const chosen = isDescribed ? (described ?? main) : audio ? main : undefined;
  return {
    audio: chosen ? keyOf(chosen.language, [chosen.role]) : null,
    text: read ? keyOf(read.language, [read.role]) : null,
  };
}

export function nameOf(language: string, label: string | null): string {
  return language && language !== 'und' ? languageName(language) : (label ?? language);
}
