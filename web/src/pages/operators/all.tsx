// SPDX-License-Identifier: Apache-2.0
//
// The operators' pages, in a script of their own.
import { Link } from '../../router';
import { type Standing, useStanding } from '../../standing';
import { words } from '../../words';
import { Missing } from '../missing';
import { Entries, EntryPage } from './entries';
import { IngestPage } from './job';
import { IngestQueue } from './jobs';
import { Keys } from './keys';
import { Log } from './log';
import { MemberPage } from './member';
import { Members } from './members';
import { Plans } from './plans';
import { Quality } from './qoe';
import { ReportPage } from './report';
import { SeriesEntryPage, SeriesList } from './series';

const w = words.operators;

// What each takes, as GET /v1/me names rights; some of an open house is everybody's to see.
const SECTIONS = {
  jobs: { name: words.jobs.page, right: 'catalogue', Page: IngestQueue },
  titles: { name: words.entries.catalogue, right: 'catalogue', Page: Entries },
  series: { name: words.entries.allSeries, right: 'catalogue', Page: SeriesList },
  members: { name: w.members, right: 'members', Page: Members },
  plans: { name: w.plans, right: 'members', Page: Plans },
  keys: { name: w.keys, right: 'house', Page: Keys },
  log: { name: w.log, right: 'log', Page: Log },
  qoe: { name: w.quality, right: 'log', Page: Quality },
};

const OPEN = ['jobs', 'qoe'];

// Pages of one entry, and the section they are of.
const ONES = {
  jobs: { of: 'jobs', One: IngestPage },
  members: { of: 'members', One: MemberPage },
  reports: { of: 'titles', One: ReportPage },
  series: { of: 'series', One: SeriesEntryPage },
  titles: { of: 'titles', One: EntryPage },
};

function Tabs({ current, standing }: { current: string; standing: Standing }) {
  const rights = standing.me?.rights ?? [];
  const all = Object.entries(SECTIONS).filter(
    ([section, { right }]) => rights.includes(right) || (standing.isOpen && OPEN.includes(section)),
  );
  if (all.length === 0) return null;
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

function Shown({ section, id }: { section: string; id: string | null }) {
  if (id === null && Object.hasOwn(SECTIONS, section)) {
    const { Page } = SECTIONS[section as keyof typeof SECTIONS];
    return <Page />;
  }
  if (id === null || !Object.hasOwn(ONES, section)) return <Missing />;
  const { One } = ONES[section as keyof typeof ONES];
  return <One key={id} id={id} />;
}

export function Operators({ section, id }: { section: string; id: string | null }) {
  const standing = useStanding();
  const current =
    id !== null && Object.hasOwn(ONES, section) ? ONES[section as keyof typeof ONES].of : section;
  return (
    <div class="operators">
      {standing && <Tabs current={current} standing={standing} />}
      <Shown section={section} id={id} />
    </div>
  );
}
