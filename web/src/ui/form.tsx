// SPDX-License-Identifier: Apache-2.0
//
// Forms: labelled fields, one submit, and what went wrong said where one reads on.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

import type { Problem } from '../api';
import { asProblem } from '../load';
import { words } from '../words';
import { Icon } from './icon';

export interface Submitting {
  isBusy: boolean;
  problem: Problem | null;
  submit: (event: Event) => void;
}

// `work` gets what stands in the fields, by name; a box that is not ticked is absent.
export function useSubmit(work: (values: Record<string, string>) => Promise<unknown>): Submitting {
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    if (isBusy) return;
    const form = event.currentTarget as HTMLFormElement;
    const values = Object.fromEntries(
      [...new FormData(form)].map(([name, value]) => [name, String(value)]),
    );
    setIsBusy(true);
    setProblem(null);
    work(values)
      .catch((error) => setProblem(asProblem(error)))
      .finally(() => setIsBusy(false));
  };
  return { isBusy, problem, submit };
}

// Sentences for codes that mean something particular in this form.
export function Complaint({
  problem,
  sentences = {},
}: {
  problem: Problem | null;
  sentences?: Record<string, string>;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [problem]);
  if (!problem) return null;
  const known = sentences[problem.code];
  return (
    <div class="complaint" role="alert" ref={box} tabIndex={-1}>
      <Icon name="warning" />
      <span>
        {known ?? problem.message}
        {!known && problem.detail && <span class="complaint-detail">{problem.detail}</span>}
      </span>
    </div>
  );
}

export interface FieldProps {
  name: string;
  label: string;
  hint?: string | undefined;
  type?: 'text' | 'password' | 'search' | 'date' | 'number';
  value?: string | number;
  autocomplete?: string;
  inputMode?: 'numeric' | 'text';
  pattern?: string;
  min?: number;
  max?: number;
  minLength?: number;
  maxLength?: number;
  isOptional?: boolean;
  isFirst?: boolean; // has the focus when the form appears
  isCode?: boolean; // text that is copied, not words
  problem?: Problem | null;
}

export function Field(props: FieldProps) {
  const { name, label, hint, type = 'text', value, isOptional, isFirst, isCode, problem } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [isShown, setIsShown] = useState(false);
  const isWrong = problem?.fields.includes(`/${name}`) ?? false;
  useEffect(() => {
    if (isFirst) input.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <span class="field-box">
        <input
          id={id}
          ref={input}
          class={isCode ? 'code' : undefined}
          name={name}
          type={(isShown ? 'text' : type) as 'text'}
          defaultValue={value === undefined ? undefined : String(value)}
          required={!isOptional}
          autocomplete={props.autocomplete ?? 'off'}
          autocapitalize="none"
          spellcheck={false}
          inputMode={props.inputMode}
          pattern={props.pattern}
          min={props.min}
          max={props.max}
          minLength={props.minLength}
          maxLength={props.maxLength}
          dir={isCode || type === 'password' ? 'ltr' : 'auto'}
          aria-describedby={hint ? `${id}-hint` : undefined}
          aria-invalid={isWrong || undefined}
        />
        {type === 'password' && !props.inputMode && (
          <button
            class="field-eye"
            type="button"
            aria-pressed={isShown}
            aria-label={isShown ? words.form.hide : words.form.show}
            title={isShown ? words.form.hide : words.form.show}
            onClick={() => setIsShown(!isShown)}
          >
            <Icon name={isShown ? 'eyeOff' : 'eye'} />
          </button>
        )}
      </span>
      {hint && (
        <span class="field-hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

export function Select(props: {
  name: string;
  label: string;
  value: string;
  options: [value: string, label: string][];
  onChange?: (value: string) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        name={props.name}
        value={props.value}
        onChange={(event) => props.onChange?.(event.currentTarget.value)}
      >
        {props.options.map(([value, label]) => (
          <option key={value} value={value} selected={value === props.value}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Tick(props: {
  name: string;
  label: string;
  isOn?: boolean;
  hint?: string;
  onChange?: (isOn: boolean) => void;
}) {
  const id = useId();
  return (
    <div>
      <label class="switch">
        <input
          type="checkbox"
          name={props.name}
          defaultChecked={props.isOn ?? false}
          aria-describedby={props.hint ? id : undefined}
          onChange={(event) => props.onChange?.(event.currentTarget.checked)}
        />
        <span>{props.label}</span>
      </label>
      {props.hint && (
        <span class="field-hint" id={id}>
          {props.hint}
        </span>
      )}
    </div>
  );
}

export function Submit({ label, isBusy }: { label: string; isBusy: boolean }) {
  return (
    <button class="button button-accent" type="submit" aria-disabled={isBusy}>
      {isBusy && <span class="spinner spinner-small" />}
      {label}
    </button>
  );
}

// A dialog above the page: the browser keeps the focus within, and gives it back.
export function Dialog(props: { heading: string; close: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    return () => before?.focus();
  }, []);
  return (
    <dialog class="dialog" ref={box} aria-labelledby={id} onClose={props.close}>
      <h2 id={id}>{props.heading}</h2>
      {props.children}
    </dialog>
  );
}

// What happened just now, for those who see the page and those who hear it.
export function Said({ text }: { text: string }) {
  return (
    <p class={text ? 'said' : 'visually-hidden'} role="status">
      {text}
    </p>
  );
}
