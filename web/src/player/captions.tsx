// SPDX-License-Identifier: Apache-2.0
//
// How captions look: what 47 CFR 79.103(c) lets a viewer set, and its four tests of how. Proximity:
// one press from the menu of captions. Discoverability: named in words, in that menu. Preview: a
// sample, and the film's own captions, change with each choice. Persistence: kept by this browser.
//
//     | window                                   |
//     |   | background  C h a r a c t e r s  |   |
import { useEffect, useState } from 'preact/hooks';

import { preferences, savePreferences } from '../memory';
import { words } from '../words';

const colours = {
  white: '255 255 255',
  yellow: '244 217 90',
  green: '80 220 100',
  cyan: '90 220 240',
  blue: '70 110 255',
  magenta: '240 90 220',
  red: '240 70 60',
  black: '0 0 0',
};
const opacities = { 100: '1', 75: '0.75', 50: '0.5', 25: '0.25', 0: '0' };

// Each setting: the custom property that it sets, and what its choices set it to.
const settings = {
  size: { property: '--caption-size', choices: { 50: '0.5', 75: '0.75', 150: '1.5', 200: '2' } },
  font: {
    property: '--caption-font',
    choices: {
      sans: 'var(--font)',
      serif: 'Georgia, "Times New Roman", serif',
      mono: 'ui-monospace, "DejaVu Sans Mono", Consolas, monospace',
      monoSerif: '"Courier New", "Nimbus Mono PS", Courier, monospace',
      casual: '"Comic Sans MS", "Comic Neue", casual, fantasy',
      cursive: '"Snell Roundhand", "Brush Script MT", cursive',
      smallCaps: 'var(--font)',
    },
  },
  ink: { property: '--caption-ink', choices: colours },
  inkOpacity: { property: '--caption-ink-opacity', choices: opacities },
  back: { property: '--caption-back', choices: colours },
  backOpacity: { property: '--caption-back-opacity', choices: opacities },
  window: { property: '--caption-window', choices: colours },
  windowOpacity: { property: '--caption-window-opacity', choices: opacities },
  edge: {
    property: '--caption-edge',
    choices: {
      none: 'none',
      outline: '0 0 0.08em #000, 0 0 0.08em #000, 0 0 0.12em #000, 0 0 0.12em #000',
      shadow: '0.09em 0.09em 0.12em #000',
      raised: '-0.03em -0.03em 0 #fff8, 0.05em 0.05em 0 #000',
      depressed: '-0.05em -0.05em 0 #000, 0.03em 0.03em 0 #fff8',
    },
  },
} as const;

export type CaptionSetting = keyof typeof settings;
export type CaptionStyle = Partial<Record<CaptionSetting, string>>;
const names = Object.keys(settings) as CaptionSetting[];

// Puts the style on an element that holds captions. What is not chosen stays as the film has it.
export function dress(element: HTMLElement, style: CaptionStyle) {
  for (const name of names) {
    const { property, choices } = settings[name];
    const value = (choices as Record<string, string>)[style[name] ?? ''];
    if (value === undefined) element.style.removeProperty(property);
    else element.style.setProperty(property, value);
    element.toggleAttribute(`data-${name.toLowerCase()}`, value !== undefined);
  }
  element.toggleAttribute('data-smallcaps', style.font === 'smallCaps');
}

export function useCaptionStyle(element: { current: HTMLElement | null }) {
  const [style, setStyle] = useState<CaptionStyle>(() => preferences().captions);
  useEffect(() => dress(element.current!, style), [style]);
  const change = (next: CaptionStyle) => {
    setStyle(next);
    savePreferences({ captions: next });
  };
  return { style, change };
}

interface Props {
  style: CaptionStyle;
  change: (style: CaptionStyle) => void;
}

export function CaptionsPanel({ style, change }: Props) {
  const w = words.captions;
  return (
    <>
      <h2>{w.heading}</h2>
      <div class="captions-sample">
        <div
          class="captions-like"
          ref={(element) => {
            if (element) dress(element, style);
          }}
        >
          <div class="shaka-text-region">
            <span class="shaka-text-wrapper">
              <span>{w.sample}</span>
            </span>
          </div>
        </div>
      </div>
      <div class="captions-settings">
        {names.map((name) => (
          <div key={name} class="choice">
            <label for={`captions-${name}`}>{w.settings[name]}</label>
            <select
              id={`captions-${name}`}
              value={style[name] ?? ''}
              onChange={(event) => {
                const { [name]: _, ...rest } = style;
                const { value } = event.currentTarget;
                change(value === '' ? rest : { ...rest, [name]: value });
              }}
            >
              <option value="">{w.asFilm}</option>
              {Object.keys(settings[name].choices).map((choice) => (
                <option key={choice} value={choice}>
                  {(w.choices as Record<string, string>)[choice] ?? w.percent(choice)}
                </option>
              ))}
            </select>
          </div>
        ))}
      </div>
      <button class="button button-wide" type="button" onClick={() => change({})}>
        {w.reset}
      </button>
    </>
  );
}
