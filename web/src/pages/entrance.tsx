// SPDX-License-Identifier: Apache-2.0
//
// The way in: signing in to a closed house, and claiming an open one.
import type { ComponentChildren } from 'preact';

import { claimHouse, signIn } from '../household';
import { Link, usePage } from '../router';
import { actAs, destination, signedIn, useStanding } from '../standing';
import { Complaint, Field, Submit, useSubmit } from '../ui/form';
import { Flower } from '../ui/icon';
import { words } from '../words';

const PASSWORD_MIN = 8;

// The profile is chosen next, and then the page that was wanted.
function goIn() {
  signedIn();
  const to = destination();
  actAs(null, to === '/' ? '/profiles' : `/profiles?to=${encodeURIComponent(to)}`);
}

export function Panel(props: { heading: string; text: string; children: ComponentChildren }) {
  return (
    <div class="entrance">
      <div class="entrance-panel">
        <Flower />
        <h1 data-arrive tabIndex={-1}>
          {props.heading}
        </h1>
        <p class="soft">{props.text}</p>
        {props.children}
      </div>
    </div>
  );
}

export function SignIn() {
  const w = words.signIn;
  const { isBusy, problem, submit } = useSubmit(async ({ login, password }) => {
    await signIn(login!.trim(), password!);
    goIn();
  });
  usePage(w.page);
  return (
    <Panel heading={w.heading} text={w.text}>
      <form class="form" onSubmit={submit}>
        <Complaint
          problem={problem}
          sentences={{ 'sign-in-refused': w.refused, exhausted: words.form.tooManyTries }}
        />
        <Field name="login" label={words.form.login} autocomplete="username" isFirst />
        <Field
          name="password"
          label={words.form.password}
          type="password"
          autocomplete="current-password"
        />
        <Submit label={w.submit} isBusy={isBusy} />
      </form>
      <p class="faint small">{w.forgotten}</p>
    </Panel>
  );
}

function Claimed() {
  return (
    <Panel heading={words.claim.closedHeading} text={words.claim.closedText}>
      <Link class="button button-accent" href="/sign-in">
        {words.nav.signIn}
      </Link>
    </Panel>
  );
}

export function Claim() {
  const w = words.claim;
  const standing = useStanding();
  const { isBusy, problem, submit } = useSubmit(async ({ code, login, password }) => {
    await claimHouse(code!.trim(), login!.trim(), password!);
    goIn();
  });
  usePage(w.page);
  if (standing?.isOpen === false) return <Claimed />;
  return (
    <Panel heading={w.heading} text={w.text}>
      <form class="form" onSubmit={submit}>
        <Complaint
          problem={problem}
          sentences={{ 'claim-refused': w.refused, exhausted: words.form.tooManyTries }}
        />
        <Field name="code" label={w.code} hint={w.codeHint} problem={problem} isCode isFirst />
        <Field
          name="login"
          label={words.form.login}
          autocomplete="username"
          problem={problem}
          pattern="\S+"
        />
        <Field
          name="password"
          label={words.form.password}
          hint={words.form.passwordHint}
          type="password"
          autocomplete="new-password"
          minLength={PASSWORD_MIN}
          problem={problem}
        />
        <Submit label={w.submit} isBusy={isBusy} />
      </form>
      <Link class="quiet-link" href="/">
        {w.later}
      </Link>
    </Panel>
  );
}
