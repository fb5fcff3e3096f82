// SPDX-License-Identifier: Apache-2.0
//
// The top of every page but the player: the way home, search, and who is watching.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { type Me, type Profile, signOut } from '../household';
import { Link, navigate } from '../router';
import { type Standing, actAs, useStanding } from '../standing';
import { words } from '../words';
import { Avatar } from './avatar';
import { Flower, Icon } from './icon';

export const leave = () =>
  signOut()
    .catch(() => {}) // a session that is over already is as good
    .then(() => actAs(null, '/sign-in'));

// A button that shows a short list of links. Escape, a choice and leaving it close it.
function Menu({
  name,
  face,
  children,
}: {
  name: string;
  face: ComponentChildren;
  children: (close: () => void) => ComponentChildren;
}) {
  const [isOpen, setIsOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => setIsOpen(false);
  useEffect(() => {
    if (!isOpen) return;
    const outside = (event: Event) =>
      !box.current?.contains(event.target as Node) && setIsOpen(false);
    addEventListener('pointerdown', outside);
    addEventListener('focusin', outside);
    return () => {
      removeEventListener('pointerdown', outside);
      removeEventListener('focusin', outside);
    };
  }, [isOpen]);
  const key = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !isOpen) return;
    close();
    button.current?.focus();
  };
  return (
    <div class="menu" ref={box} onKeyDown={key}>
      <button
        class="menu-button"
        type="button"
        ref={button}
        aria-label={name}
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        {face}
      </button>
      {isOpen && <ul class="menu-list">{children(close)}</ul>}
    </div>
  );
}

export const operatorPages = (rights: string[]): string | null => {
  if (rights.includes('members')) return '/operators/members';
  if (rights.includes('log')) return '/operators/log';
  return rights.includes('catalogue') ? '/operators/titles' : null;
};

function MemberMenu({ me, current }: { me: Me; current: Profile | undefined }) {
  const operators = operatorPages(me.rights);
  const entry = (href: string, label: string, close: () => void) => (
    <li>
      <Link href={href} onClick={close}>
        {label}
      </Link>
    </li>
  );
  return (
    <Menu
      name={words.nav.menu(current?.name ?? me.member.name)}
      face={<Avatar id={current?.id ?? me.member.id} name={current?.name ?? me.member.name} />}
    >
      {(close) => (
        <>
          {entry('/profiles', words.nav.profiles, close)}
          {!current?.is_child && (
            <>
              {entry('/account', words.nav.account, close)}
              {entry('/devices', words.nav.devices, close)}
            </>
          )}
          {operators && entry(operators, words.nav.operators, close)}
          {!current?.is_child && (
            <li>
              <button type="button" onClick={leave}>
                {words.nav.signOut}
              </button>
            </li>
          )}
        </>
      )}
    </Menu>
  );
}

function Who({ standing }: { standing: Standing }) {
  const { me, isOpen } = standing;
  if (me) {
    const current = me.profiles.find(({ id }) => id === me.profile_id);
    return <MemberMenu me={me} current={current} />;
  }
  return (
    <Link class="top-link" href={isOpen ? '/claim' : '/sign-in'}>
      {isOpen ? words.nav.claim : words.nav.signIn}
    </Link>
  );
}

function SearchLink() {
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const isTyping = (event.target as HTMLElement).closest('input, select, textarea, dialog');
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
      event.preventDefault();
      navigate('/search');
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, []);
  return (
    <Link class="top-icon" href="/search" aria-label={words.nav.search} title={words.nav.search}>
      <Icon name="search" />
    </Link>
  );
}

// `isBare`: at the entrance, where there is nothing to go to yet.
export function Header({ isBare }: { isBare: boolean }) {
  const standing = useStanding();
  return (
    <header class="top">
      <a class="skip" href="#main">
        {words.skip}
      </a>
      <Link class="brand" href="/" aria-label={words.home}>
        <Flower />
        <span>{words.app}</span>
        <span class="brand-children">{words.nav.children}</span>
      </Link>
      {!isBare && (
        <nav class="top-end" aria-label={words.app}>
          <SearchLink />
          <Link
            class="top-icon"
            href="/downloads"
            aria-label={words.downloads.page}
            title={words.downloads.page}
          >
            <Icon name="download" />
          </Link>
          {standing && <Who standing={standing} />}
        </nav>
      )}
    </header>
  );
}
