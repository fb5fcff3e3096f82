// SPDX-License-Identifier: Apache-2.0
//
// The operators' pages, in a script of their own.
import { operatorPages } from '../../ui/header';
import { Link } from '../../router';
import { useStanding } from '../../standing';
import { words } from '../../words';
import { Missing } from '../missing';
import { Entries, EntryPage } from './entries';
import { Keys } from './keys';
import { Log } from './log';
import { MemberPage } from './member';
import { Members } from './members';
import { Plans } from './plans';
import { Quality } from './qoe';

const w = words.operators;

// What each takes, as GET /v1/me names rights; the quality of an open house is everybody's to see.
const SECTIONS = {
  titles: { name: words.entries.catalogue, right: 'catalogue', Page: Entries },
  members: { name: w.members, right: 'members', Page: Members },
  plans: { name: w.plans, right: 'members', Page: Plans },
  keys: { name: w.keys, right: 'house', Page: Keys },
  log: { name: w.log, right: 'log', Page: Log },
  qoe: { name: w.quality, right: 'log', Page: Quality },
};

// Sections whose entries have pages of their own.
const ONES = { members: MemberPage, titles: EntryPage };

type Section = keyof typeof SECTIONS;

function Tabs({ current, rights }: { current: string; rights: string[] }) {
  const all = Object.entries(SECTIONS).filter(([, { right }]) => rights.includes(right));
  return (
    <nav class="tabs" aria-label={w.nav}>
      {all.map(([section, { name }]) => (
        <Link
          key={section}
          href={`/operators/${section}`}
          aria-current={section === current ? 'page' : undefined}
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}

export function Operators({ section, id }: { section: string; id: string | null }) {
  const standing = useStanding();
  if (!Object.hasOwn(SECTIONS, section)) return <Missing />;
  const One = ONES[section as keyof typeof ONES];
  if (id !== null && !One) return <Missing />;
  const { Page } = SECTIONS[section as Section];
  const rights = standing?.me?.rights ?? [];
  return (
    <div class="operators">
      {operatorPages(rights) && <Tabs current={section} rights={rights} />}
      {id === null || !One ? <Page /> : <One key={id} id={id} />}
    </div>
  );
}
