// SPDX-License-Identifier: Apache-2.0
//
// What a page shows when it has nothing to show yet, nothing at all, or a problem.
import type { ComponentChildren } from 'preact';

import type { Problem } from '../api';
import { Link } from '../router';
import { words } from '../words';
import { Flower, Icon } from './icon';

export function Loading() {
  return (
    <div class="state" role="status">
      <span class="spinner" />
      <span>{words.loading}</span>
    </div>
  );
}

export function Notice(props: {
  heading: string;
  children: ComponentChildren;
  mark?: ComponentChildren;
}) {
  return (
    <div class="state notice">
      <span class="notice-mark">{props.mark ?? <Flower />}</span>
      <h1 data-arrive tabIndex={-1}>
        {props.heading}
      </h1>
      {props.children}
    </div>
  );
}

export function Failed({ problem, retry }: { problem: Problem; retry: () => void }) {
  return (
    <div role="alert">
      <Notice heading={words.problem.heading} mark={<Icon name="warning" />}>
        <p>{problem.message}</p>
        {problem.detail && <p class="faint">{problem.detail}</p>}
        <button class="button button-accent" type="button" onClick={retry}>
          <Icon name="again" />
          {words.retry}
        </button>
        {problem.status === 0 && (
          <Link class="button" href="/downloads">
            {words.downloads.page}
          </Link>
        )}
      </Notice>
    </div>
  );
}
