// SPDX-License-Identifier: Apache-2.0
//
// What opens over the film: audio and subtitles, settings, keyboard shortcuts.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import type { Choice } from '../tracks';
import { Icon } from '../ui/icon';
import { words } from '../words';
import type { Quality } from './engine';
import { type Actions, type Media, RATES } from './media';

interface RadiosProps {
  legend: string;
  name: string;
  options: { key: string; content: ComponentChildren }[];
  chosen: string;
  choose: (key: string) => void;
  class?: string;
}

function Radios({ legend, name, options, chosen, choose, class: kind = 'radios' }: RadiosProps) {
  return (
    <fieldset class={kind}>
      <legend>{legend}</legend>
      {options.map(({ key, content }) => (
        <label key={key} class="radio">
          <input
            type="radio"
            name={name}
            value={key}
            checked={key === chosen}
            onChange={() => choose(key)}
          />
          <span class="radio-text">{content}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Named({ choice }: { choice: Choice }) {
  return (
    <>
      {choice.name}
      {choice.badge && (
        <>
          <span class="badge" aria-hidden="true">
            {choice.badge}
          </span>
          <span class="radio-note">{words.badges[choice.badge]}</span>
        </>
      )}
    </>
  );
}

const option = (choice: Choice) => ({ key: choice.key, content: <Named choice={choice} /> });
const active = (list: Choice[], otherwise: string) =>
  list.find((choice) => choice.isActive)?.key ?? otherwise;

interface PanelProps {
  id: string;
  name: string;
  close: () => void;
  children: ComponentChildren;
}

// Not modal: the film goes on, and Tab may leave. It takes the focus when it opens and gives it
// back when it closes.
export function Panel({ id, name, close, children }: PanelProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const first = box.current!.querySelector<HTMLElement>(
      'input:checked, input, select, button:not(.panel-close)',
    );
    (first ?? box.current!.querySelector<HTMLElement>('.panel-close'))?.focus();
    const outside = (event: PointerEvent) => {
      const target = event.target as Element;
      if (!box.current?.contains(target) && !target.closest(`[aria-controls="${id}"]`)) close();
    };
    document.addEventListener('pointerdown', outside, true);
    return () => {
      document.removeEventListener('pointerdown', outside, true);
      if (document.activeElement === document.body || box.current?.contains(document.activeElement))
        before?.focus();
    };
  }, []);
  return (
    <div class="panel" id={id} ref={box} role="dialog" aria-label={name}>
      <button
        class="panel-close control"
        type="button"
        onClick={close}
        aria-label={words.player.close}
      >
        <Icon name="close" />
      </button>
      {children}
    </div>
  );
}

interface TracksProps {
  audio: Choice[];
  text: Choice[];
  chooseAudio: (key: string) => void;
  chooseText: (key: string) => void;
  openCaptions: () => void;
}

export function TracksPanel({ audio, text, chooseAudio, chooseText, openCaptions }: TracksProps) {
  const off = { key: 'off', content: words.player.off };
  return (
    <div class="panel-columns">
      <Radios
        legend={words.player.audio}
        name="audio"
        options={audio.map(option)}
        chosen={active(audio, '')}
        choose={chooseAudio}
      />
      <Radios
        legend={words.player.subtitles}
        name="text"
        options={[off, ...text.map(option)]}
        chosen={active(text, 'off')}
        choose={chooseText}
      />
      <button class="button button-wide" type="button" onClick={openCaptions}>
        {words.captions.open}
      </button>
    </div>
  );
}

interface SettingsProps {
  quality: Quality;
  chooseQuality: (height: number | null) => void;
  media: Media;
  actions: Actions;
  isStatsOpen: boolean;
  toggleStats: () => void;
  openKeys: () => void;
}

const AUTOMATIC = 'auto';

export function SettingsPanel({
  quality,
  chooseQuality,
  media,
  actions,
  isStatsOpen,
  toggleStats,
  openKeys,
}: SettingsProps) {
  return (
    <div class="settings">
      <Radios
        class="radios rates"
        legend={words.player.quality}
        name="quality"
        options={[
          {
            key: AUTOMATIC,
            content: quality.shown
              ? words.player.automaticNow(quality.shown)
              : words.player.automatic,
          },
          ...quality.heights.map((height) => ({
            key: String(height),
            content: words.player.height(height),
          })),
        ]}
        chosen={quality.fixed === null ? AUTOMATIC : String(quality.fixed)}
        choose={(key) => chooseQuality(key === AUTOMATIC ? null : Number(key))}
      />
      <Radios
        class="radios rates"
        legend={words.player.speed}
        name="rate"
        options={RATES.map((rate) => ({ key: String(rate), content: words.player.speedOf(rate) }))}
        chosen={String(media.rate)}
        choose={(rate) => actions.setRate(Number(rate))}
      />
      <label class="switch">
        <input type="checkbox" role="switch" checked={isStatsOpen} onChange={toggleStats} />
        <span>{words.player.statistics}</span>
      </label>
      <button class="button button-wide" type="button" onClick={openKeys}>
        {words.player.shortcuts}
      </button>
    </div>
  );
}

export function KeysPanel() {
  return (
    <>
      <h2>{words.player.shortcuts}</h2>
      <dl class="keys">
        {words.keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
