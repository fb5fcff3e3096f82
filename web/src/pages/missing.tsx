// SPDX-License-Identifier: Apache-2.0
import { Link, usePage } from '../router';
import { Notice } from '../ui/states';
import { words } from '../words';

export function Missing() {
  usePage(words.missing.page);
  return (
    <Notice heading={words.missing.heading}>
      <p>{words.missing.text}</p>
      <Link class="button button-accent" href="/">
        {words.missing.home}
      </Link>
    </Notice>
  );
}
