// SPDX-License-Identifier: Apache-2.0
//
// The bar under the film.
import type { ComponentChildren } from 'preact';

import type { Scene, Storyboard } from '../api';
import { clock } from '../format';
import { Icon, type IconName } from '../ui/icon';
import { words } from '../words';
import type { Engine } from './engine';
import type { Actions, Media } from './media';
import { SeekBar } from './seekbar';

export type Open = 'tracks' | 'captions' | 'settings' | 'keys' | null;

interface ControlProps {
  name: string;
  icon: IconName;
  press: () => void;
  class?: string;
  panel?: string; // the id of what it opens
  isOpen?: boolean;
  isDisabled?: boolean;
}

function Control({
  name,
  icon,
  press,
  class: kind = '',
  panel,
  isOpen = false,
  isDisabled = false,
}: ControlProps) {
  return (
    <button
      class={`control ${kind}`}
      type="button"
      aria-label={name}
      title={name}
      disabled={isDisabled}
      {...(panel
        ? {
            'aria-expanded': isOpen,
            'aria-haspopup': 'dialog',
            ...(isOpen ? { 'aria-controls': panel } : {}),
          }
        : {})}
      onClick={press}
    >
      <Icon name={icon} />
    </button>
  );
}

function Volume({ media, actions }: { media: Media; actions: Actions }) {
  const level = media.isMuted ? 0 : media.volume;
  const icon = level === 0 ? 'muted' : level < 0.5 ? 'quiet' : 'volume';
  const percent = `${Math.round(level * 100)}%`;
  return (
    <div class="volume">
      <Control
        name={media.isMuted ? words.player.unmute : words.player.mute}
        icon={icon}
        press={actions.toggleMute}
      />
      <input
        class="volume-slider"
        type="range"
        min="0"
        max="1"
        step="0.05"
        value={level}
        aria-label={words.player.volume}
        aria-valuetext={percent}
        style={{ '--fill': percent }}
        onInput={(event) => actions.setVolume(Number(event.currentTarget.value))}
        onKeyDown={(event) => event.key.startsWith('Arrow') && event.stopPropagation()}
      />
    </div>
  );
}

export interface ControlsProps {
  media: Media;
  actions: Actions;
  engine: Engine | null;
  scenes: Scene[];
  storyboard: Storyboard | null;
  open: Open;
  setOpen: (open: Open) => void;
  children: ComponentChildren; // the panel that is open
}

export function Controls({
  media,
  actions,
  engine,
  scenes,
  storyboard,
  open,
  setOpen,
  children,
}: ControlsProps) {
  const toggle = (panel: Open) => () => setOpen(open === panel ? null : panel);
  const w = words.player;
  return (
    <div class="controls">
      <div class="timeline">
        <span class="time" aria-hidden="true">
          {clock(media.nowMs)}
        </span>
        <SeekBar
          media={media}
          actions={actions}
          scenes={scenes}
          storyboard={storyboard}
          engine={engine}
        />
        <span class="time" aria-hidden="true">
          {clock(media.durationMs)}
        </span>
      </div>
      <div class="buttons">
        <Control
          name={media.isPaused ? w.play : w.pause}
          icon={media.isEnded ? 'again' : media.isPaused ? 'play' : 'pause'}
          press={actions.toggle}
          class="control-play"
        />
        <Control name={w.back10} icon="back10" press={() => actions.skip(-10000)} />
        <Control name={w.forward10} icon="forward10" press={() => actions.skip(10000)} />
        <Volume media={media} actions={actions} />
        <span class="spring" />
        <Control
          name={w.tracks}
          icon="tracks"
          press={toggle('tracks')}
          panel="panel-tracks"
          isOpen={open === 'tracks'}
          isDisabled={!engine}
        />
        <Control
          name={w.settings}
          icon="settings"
          press={toggle('settings')}
          panel="panel-settings"
          isOpen={open === 'settings'}
          isDisabled={!engine}
        />
        {document.pictureInPictureEnabled && (
          <Control
            name={media.isPip ? w.pipExit : w.pip}
            icon="pip"
            press={actions.togglePip}
            class="control-pip"
            isDisabled={!engine}
          />
        )}
        {document.fullscreenEnabled && (
          <Control
            name={media.isFullscreen ? w.fullscreenExit : w.fullscreen}
            icon={media.isFullscreen ? 'shrink' : 'fullscreen'}
            press={actions.toggleFullscreen}
          />
        )}
      </div>
      {children}
    </div>
  );
}
