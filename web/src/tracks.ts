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

export function nameOf(language: string, label: string | null): string {
  return language && language !== 'und' ? languageName(language) : (label ?? language);
}
