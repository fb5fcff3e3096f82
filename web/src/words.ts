// SPDX-License-Identifier: Apache-2.0
//
// Every sentence that a member reads, in one table per language (words/). The reader's is the one
// that his profile has chosen, else the first of the browser's that there is. Another language comes
// before the first page does; to change it is to load the app again.
import { en, type Words } from './words/en';

export type { Words } from './words/en';

export const LANGUAGES = { en: 'English', es: 'Español', de: 'Deutsch', ar: 'العربية' };

export type Language = keyof typeof LANGUAGES;

const KEPT = 'primrose.language';
const base = (tag: string) => tag.split('-')[0]!.toLowerCase();
const isOurs = (tag: string): tag is Language => Object.hasOwn(LANGUAGES, tag);

function kept(): string[] {
  try {
    return [localStorage.getItem(KEPT) ?? ''];
  } catch {
    return [];
  }
}

// The profile's, "" for the browser's; true when the app has to be loaded again to speak it.
export function keepLanguage(tag: string): boolean {
  try {
    if (tag === '') localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, tag);
  } catch {
    return false;
  }
  return choose() !== language;
}

const choose = (): Language =>
  [...kept(), ...navigator.languages].map(base).find((tag) => isOurs(tag)) ?? 'en';

export const language: Language = choose();

// English is in the app itself; the others are read when somebody speaks them.
const others: Record<Exclude<Language, 'en'>, () => Promise<Words>> = {
  es: () => import('./words/es').then(({ es }) => es),
  de: () => import('./words/de').then(({ de }) => de),
  ar: () => import('./words/ar').then(({ ar }) => ar),
};

export const words: Words = language === 'en' ? en : await others[language]().catch(() => en);
