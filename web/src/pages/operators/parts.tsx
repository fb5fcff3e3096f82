// SPDX-License-Identifier: Apache-2.0
//
// What the operators' pages have in common.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import type { Page } from '../../api';
import type { Role } from '../../console';
import { type Loaded, asProblem, useLoad } from '../../load';
import { Failed, Loading } from '../../ui/states';
import { words } from '../../words';

export const ROLES: Role[] = ['member', 'editor', 'support', 'operator'];

export const roleOptions = (roles = ROLES): [string, string][] =>
  roles.map((role) => [role, `${words.operators.roles[role]}: ${words.operators.roleHints[role]}`]);

export function Heading({
  text,
  children,
}: {
  text: ComponentChildren;
  children?: ComponentChildren;
}) {
  return (
    <div class="heading">
      <h1 data-arrive tabIndex={-1}>
        {text}
      </h1>
      {children}
    </div>
  );
}

export function Ready<T>(props: {
  loaded: Loaded<T>;
  retry: () => void;
  children: (value: T) => ComponentChildren;
}) {
  const { loaded, retry, children } = props;
  if (loaded.state === 'loading') return <Loading />;
  if (loaded.state === 'failed') return <Failed problem={loaded.problem} retry={retry} />;
  return <>{children(loaded.value)}</>;
}

// A list whose further pages come when they are asked for.
export function usePages<T>(
  key: string,
  get: (signal: AbortSignal, cursor?: string) => Promise<Page<T>>,
) {
  const [loaded, retry] = useLoad(key, get);
  const [more, setMore] = useState<Page<T> | null>(null);
  const first = loaded.state === 'ready' ? loaded.value : null;
  const cursor = (more ?? first)?.next_cursor ?? null;
  const again = () => (setMore(null), retry());
  const fetchMore = () =>
    get(new AbortController().signal, cursor!)
      .then((next) =>
        setMore({ items: [...(more?.items ?? []), ...next.items], next_cursor: next.next_cursor }),
      )
      .catch(asProblem); // the button stays: pressing it again is the retry
  const items = [...(first?.items ?? []), ...(more?.items ?? [])];
  return { loaded, items, again, fetchMore: cursor === null ? null : fetchMore };
}

export function More({ fetchMore }: { fetchMore: (() => void) | null }) {
  if (!fetchMore) return null;
  return (
    <button class="button" type="button" onClick={fetchMore}>
      {words.more}
    </button>
  );
}
