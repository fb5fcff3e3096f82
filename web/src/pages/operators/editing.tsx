// SPDX-License-Identifier: Apache-2.0
//
// A form over something that others edit at the same time.
//
//     read (version 7) -- typed -- save --> 412, somebody was faster: theirs are read, mine stay in
//                                           the form, and one chooses
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Problem } from '../../api';
import type { Versioned } from '../../console';
import { asProblem } from '../../load';
import { usePage } from '../../router';
import { Complaint, Said, Submit } from '../../ui/form';
import { Icon } from '../../ui/icon';
import { Failed, Loading } from '../../ui/states';
import { words } from '../../words';
import { Heading } from './parts';

const w = words.entries;

// How a thing is read, written, and put together from what stands in its fields.
export interface Editing<T> {
  get: (signal: AbortSignal) => Promise<Versioned<T>>;
  edit: (change: Partial<T>, etag: string) => Promise<Versioned<T>>;
  changeOf: (values: Record<string, string>, read: T) => Partial<T>;
  valuesOf: (read: T) => Record<string, string>; // that stand there when nothing was typed
  name: (read: T) => string;
  fields: (read: T, problem: Problem | null) => ComponentChildren;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

// Only what was changed is sent: of what somebody else changed meanwhile, the rest stays his.
function changed<T extends object>(of: Editing<T>, read: T, values: Record<string, string>) {
  const before = of.changeOf(of.valuesOf(read), read);
  return Object.fromEntries(
    Object.entries(of.changeOf(values, read)).filter(
      ([key, value]) => !same(value, before[key as keyof T]),
    ),
  ) as Partial<T>;
}

function Conflict(props: { save: () => void; take: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <div class="complaint" role="alert" ref={box} tabIndex={-1}>
      <Icon name="warning" />
      <span>
        {w.conflict}
        <span class="actions">
          <button class="button button-accent button-small" type="button" onClick={props.save}>
            {w.saveMine}
          </button>
          <button class="button button-small" type="button" onClick={props.take}>
            {w.takeTheirs}
          </button>
        </span>
      </span>
    </div>
  );
}

function Form<T extends object>(props: {
  of: Editing<T>;
  read: Versioned<T>;
  saved: (now: Versioned<T>) => void;
  take: () => void;
}) {
  const { of, read, saved, take } = props;
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [mine, setMine] = useState<Partial<T> | null>(null); // refused: somebody was faster
  const write = (change: Partial<T>, etag: string) => {
    setIsBusy(true);
    setProblem(null);
    of.edit(change, etag)
      .then(saved, (error) => {
        const trouble = asProblem(error);
        if (trouble.code === 'precondition-failed') setMine(change);
        else setProblem(trouble);
      })
      .finally(() => setIsBusy(false));
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (isBusy) return;
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const values = Object.fromEntries([...form].map(([name, value]) => [name, String(value)]));
    write(changed(of, read.value, values), read.etag);
  };
  // Theirs are read for their version alone: what was not changed here stays theirs.
  const over = () =>
    of.get(new AbortController().signal).then(
      (now) => (setMine(null), write(mine!, now.etag)),
      (error) => setProblem(asProblem(error)),
    );
  return (
    <form class="form form-wide" onSubmit={submit}>
      <Complaint problem={problem} />
      {mine && <Conflict save={over} take={take} />}
      {of.fields(read.value, problem)}
      <div class="actions">
        <Submit label={words.form.save} isBusy={isBusy} />
      </div>
    </form>
  );
}

// `above` and `below`: what stands around the form.
export function EditingPage<T extends object>(props: {
  of: Editing<T>;
  above: ComponentChildren;
  below?: ComponentChildren;
}) {
  const { of } = props;
  const [read, setRead] = useState<Versioned<T> | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [said, setSaid] = useState('');
  const load = () => {
    setProblem(null);
    of.get(new AbortController().signal).then(setRead, (error) => setProblem(asProblem(error)));
  };
  useEffect(load, []);
  usePage(read ? w.edit(of.name(read.value)) : null);
  if (problem) return <Failed problem={problem} retry={load} />;
  if (!read) return <Loading />;
  const saved = (now: Versioned<T>) => {
    setRead(now);
    setSaid(words.form.saved);
  };
  return (
    <>
      {props.above}
      <Heading text={<bdi>{of.name(read.value)}</bdi>} />
      <Said text={said} />
      <Form key={read.etag} of={of} read={read} saved={saved} take={load} />
      {props.below}
    </>
  );
}
