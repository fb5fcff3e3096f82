// SPDX-License-Identifier: Apache-2.0
//
// What of a title is kept: of its DASH description one rendition of the picture, the sound of one
// language with its descriptions, and all subtitles. What is left speaks of files that are here.
import type { File } from './store';

const HEIGHT_MAX = 720; // good on a phone and a tablet, some 1.5 GB a film

const all = (from: Element | Document, name: string) => [...from.getElementsByTagName(name)];
const own = (element: Element, name: string) =>
  element.getAttribute(name) ?? element.parentElement?.getAttribute(name) ?? '';
const kindOf = (set: Element) =>
  set.getAttribute('contentType') ||
  own(set.getElementsByTagName('Representation')[0] ?? set, 'mimeType').split('/')[0]!;

const canPlay = (one: Element) =>
  MediaSource.isTypeSupported(`${own(one, 'mimeType')}; codecs="${own(one, 'codecs')}"`);

function pictureOf(sets: Element[]): Element | undefined {
  const first = sets.find((set) => all(set, 'Representation').some(canPlay));
  const rungs = (first ? all(first, 'Representation') : [])
    .filter(canPlay)
    .sort((a, b) => Number(own(a, 'height')) - Number(own(b, 'height')));
  return rungs.filter((one) => Number(own(one, 'height')) <= HEIGHT_MAX).pop() ?? rungs[0];
}

// The highest rate of each sound of the language.
function soundOf(sets: Element[], language: string): Element[] {
  const spoken = sets.filter((set) => all(set, 'Representation').some(canPlay));
  const wanted = spoken.filter((set) => set.getAttribute('lang') === language);
  return (wanted.length > 0 ? wanted : spoken.slice(0, 1)).map(
    (set) => all(set, 'Representation').filter(canPlay)[0]!,
  );
}

export interface Choice {
  manifest: string;
  files: File[];
}

export function choose(text: string, language: string): Choice {
  const mpd = new DOMParser().parseFromString(text, 'application/xml');
  const sets = all(mpd, 'AdaptationSet');
  const of = (kind: string) => sets.filter((set) => kindOf(set) === kind);
  const picture = pictureOf(of('video'));
  const chosen = new Set([
    ...(picture ? [picture] : []),
    ...soundOf(of('audio'), language),
    ...of('text').flatMap((set) => all(set, 'Representation').slice(0, 1)),
  ]);
  for (const one of all(mpd, 'Representation')) if (!chosen.has(one)) one.remove();
  for (const set of sets) if (all(set, 'Representation').length === 0) set.remove();
  // Where else the house would have it fetched from.
  for (const name of ['ContentSteering', 'Location', 'PatchLocation'])
    for (const one of all(mpd, name)) one.remove();
  for (const one of all(mpd, 'BaseURL'))
    if (one.parentElement?.localName !== 'Representation') one.remove();
  const files = [...chosen].map((one) => ({
    name: one.getElementsByTagName('BaseURL')[0]?.textContent?.trim() ?? '',
    type: own(one, 'mimeType'),
    bytes: 0,
  }));
  if (!picture || files.some(({ name }) => !/^[\w-][\w.-]*$/.test(name)))
    throw new Error('this title cannot be kept: a rendition is not one file');
  return { manifest: new XMLSerializer().serializeToString(mpd), files };
}
