// SPDX-License-Identifier: Apache-2.0
//
// Rows of small forms within one: what is added or removed is kept here, what stands in a field in
// the field.
//
//     words/0/lang   words/0/title   words/0/synopsis   x        names of fields; listOf() reads them
//     words/1/lang   ...
//     + Add
import { useState } from 'preact/hooks';

import type { Problem } from '../../api';
import type { OtherWords } from '../../console';
import { Field } from '../../ui/form';
import { Icon } from '../../ui/icon';
import { words } from '../../words';

const w = words.entries;

export function useRows<T>(first: T[]) {
  const [rows, setRows] = useState(() => first.map((value, key) => ({ key, value })));
  const [next, setNext] = useState(first.length);
  const add = (value: T) => {
    setRows([...rows, { key: next, value }]);
    setNext(next + 1);
  };
  const remove = (key: number) => setRows(rows.filter((row) => row.key !== key));
  return { rows, add, remove };
}

export function Remove({ name, press }: { name: string; press: () => void }) {
  return (
    <button
      class="button button-round"
      type="button"
      aria-label={w.remove(name)}
      title={w.remove(name)}
      onClick={press}
    >
      <Icon name="close" />
    </button>
  );
}

export function Add({ press, what }: { press: () => void; what: string }) {
  return (
    <button class="button button-small" type="button" onClick={press}>
      <Icon name="plus" />
      {w.add}
      <span class="visually-hidden">: {what}</span>
    </button>
  );
}

export const split = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

// "avails/0/from" of the form as lists of objects.
export function listOf(values: Record<string, string>, name: string): Record<string, string>[] {
  const rows = new Map<string, Record<string, string>>();
  for (const [key, value] of Object.entries(values)) {
    const [list, row, member] = key.split('/');
    if (list === name && member) rows.set(row!, { ...rows.get(row!), [member]: value });
  }
  return [...rows.values()];
}

// --- what it is called in other languages

export function Languages({ first, problem }: { first: OtherWords[]; problem: Problem | null }) {
  const { rows, add, remove } = useRows(first);
  return (
    <fieldset class="rows">
      <legend>{w.others}</legend>
      {rows.map(({ key, value }, index) => (
        <div key={key} class="rows-row">
          <Field
            name={`words/${index}/lang`}
            label={w.language}
            value={value.lang}
            isCode
            problem={problem}
          />
          <Field
            name={`words/${index}/title`}
            label={w.title}
            value={value.title ?? ''}
            isOptional
            problem={problem}
          />
          <Field
            name={`words/${index}/synopsis`}
            label={w.synopsis}
            value={value.synopsis ?? ''}
            isOptional
            problem={problem}
          />
          <Remove name={`${w.others} ${index + 1}`} press={() => remove(key)} />
        </div>
      ))}
      <Add what={w.others} press={() => add({ lang: '', title: '', synopsis: '' })} />
    </fieldset>
  );
}

export const languagesOf = (values: Record<string, string>): OtherWords[] =>
  listOf(values, 'words').map(({ lang, title, synopsis }) => ({
    lang: lang!,
    title: title!,
    synopsis: synopsis!,
  }));

// What stands in their fields when nothing was typed.
export const languageValues = (all: OtherWords[]): Record<string, string> =>
  Object.fromEntries(
    all.flatMap((one, index) => [
      [`words/${index}/lang`, one.lang],
      [`words/${index}/title`, one.title ?? ''],
      [`words/${index}/synopsis`, one.synopsis ?? ''],
    ]),
  );
