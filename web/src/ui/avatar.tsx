// SPDX-License-Identifier: Apache-2.0
//
// A person without a picture: the first letter on a colour that stays hers.
const HUES = 6;

function hueOf(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)!) >>> 0;
  return sum % HUES;
}

export function Avatar({ id, name }: { id: string; name: string }) {
  const first = [...name.trim()][0] ?? '?';
  return (
    <span
      class={`avatar avatar-${hueOf(id)}`}
      data-letter={first.toLocaleUpperCase()}
      aria-hidden="true"
    />
  );
}
