// SPDX-License-Identifier: Apache-2.0
//
// Icons on a 24 x 24 grid, drawn in the text's colour; always decoration beside a name.

const paths = {
  play: 'M7 4.5v15a1 1 0 0 0 1.5.86l12.5-7.5a1 1 0 0 0 0-1.72L8.5 3.64A1 1 0 0 0 7 4.5Z',
  pause:
    'M7 4h3a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm7 0h3a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Z',
};

const strokes = {
  back10:
    'M11 4 7.5 7 11 10M8 7h5.5a6.5 6.5 0 1 1-6.5 6.6M10.4 12v5M13 13.4c0-.9.6-1.5 1.4-1.5s1.4.6 1.4 1.5v2.2c0 .9-.6 1.5-1.4 1.5S13 16.5 13 15.6z',
  forward10:
    'M13 4l3.5 3L13 10M16 7h-5.5a6.5 6.5 0 1 0 6.5 6.6M8.9 12v5M11.5 13.4c0-.9.6-1.5 1.4-1.5s1.4.6 1.4 1.5v2.2c0 .9-.6 1.5-1.4 1.5s-1.4-.6-1.4-1.5z',
  volume: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11',
  quiet: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6',
  muted: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5',
  tracks:
    'M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-6l-4 3.5V17H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2ZM7 10h4M13.5 10H17M7 13.3h6.5M16 13.3h1',
  settings:
    'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4ZM9 14.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4Z',
  pip: 'M5 5h14a2 2 0 0 1 2 2v4M10.5 19H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2M14.5 13.5H20a1.2 1.2 0 0 1 1.2 1.2v3.6a1.2 1.2 0 0 1-1.2 1.2h-5.5a1.2 1.2 0 0 1-1.2-1.2v-3.6a1.2 1.2 0 0 1 1.2-1.2Z',
  fullscreen:
    'M4 9V5.5A1.5 1.5 0 0 1 5.5 4H9M15 4h3.5A1.5 1.5 0 0 1 20 5.5V9M20 15v3.5a1.5 1.5 0 0 1-1.5 1.5H15M9 20H5.5A1.5 1.5 0 0 1 4 18.5V15',
  shrink:
    'M9 4v3.5A1.5 1.5 0 0 1 7.5 9H4M20 9h-3.5A1.5 1.5 0 0 1 15 7.5V4M15 20v-3.5a1.5 1.5 0 0 1 1.5-1.5H20M4 15h3.5A1.5 1.5 0 0 1 9 16.5V20',
  back: 'M14.5 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6 6 18',
  again: 'M5 12a7 7 0 1 0 2.2-5.1L4.5 9.5M4.5 4.5v5h5',
  info: 'M12 11v5.5M12 7.6v.1M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Z',
  search: 'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13ZM15.3 15.3 20 20',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6Z',
  eyeOff:
    'M4 4l16 16M9.9 5.8A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-3 3.7M6.2 7.5A16 16 0 0 0 2.5 12S6 18.5 12 18.5a9 9 0 0 0 4-.9M9.9 9.9a3 3 0 0 0 4.2 4.2',
  download: 'M12 4v11M7.5 10.8 12 15.3l4.5-4.5M5 19.5h14',
  plus: 'M12 5v14M5 12h14',
  like: 'M7 10.5v9H4.5v-9H7Zm0 0 4-7a2 2 0 0 1 2 2.4l-.8 3.6H18a2 2 0 0 1 2 2.3l-1 6a2 2 0 0 1-2 1.7H7',
  dislike:
    'M7 13.5v-9H4.5v9H7Zm0 0 4 7a2 2 0 0 0 2-2.4l-.8-3.6H18a2 2 0 0 0 2-2.3l-1-6A2 2 0 0 0 17 4.5H7',
  next: 'M6 5.5v13l9-6.5zM18 5.5v13',
  lock: 'M7 10.5h10a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 18v-6A1.5 1.5 0 0 1 7 10.5ZM8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5',
  edit: 'M5 19l.8-3.6L15.6 5.6a1.4 1.4 0 0 1 2 0l.8.8a1.4 1.4 0 0 1 0 2L8.6 18.2 5 19ZM14 7.2l2.8 2.8',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  warning:
    'M12 9.5v4M12 16.7v.1M10.3 4.6 3 17.3A2 2 0 0 0 4.7 20.3h14.6a2 2 0 0 0 1.7-3L13.7 4.6a2 2 0 0 0-3.4 0Z',
};

export type IconName = keyof typeof paths | keyof typeof strokes;

export function Icon({ name }: { name: IconName }) {
  const filled = name in paths;
  const d = filled ? paths[name as keyof typeof paths] : strokes[name as keyof typeof strokes];
  return (
    <svg
      class={filled ? 'icon icon-filled' : 'icon'}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      <path d={d} />
    </svg>
  );
}

// The mark: five petals.
export function Flower() {
  return (
    <svg class="flower" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <g>
        <circle cx="16" cy="8.6" r="5.6" />
        <circle cx="23" cy="13.7" r="5.6" />
        <circle cx="20.3" cy="22" r="5.6" />
        <circle cx="11.7" cy="22" r="5.6" />
        <circle cx="9" cy="13.7" r="5.6" />
      </g>
      <circle class="flower-heart" cx="16" cy="16" r="3.4" />
    </svg>
  );
}
