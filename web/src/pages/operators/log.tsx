// SPDX-License-Identifier: Apache-2.0
//
// Who changed what, when and why. What happened is written as the service names it: these are the
// words that one searches the log for.
import { decodeReason, getEvents } from '../../console';
import { moment } from '../../format';
import { Link, usePage } from '../../router';
import { Table } from '../../ui/table';
import { words } from '../../words';
import { Heading, More, Ready, usePages } from './parts';

const w = words.operators;

const named = (id: string) =>
  id.startsWith('member_') ? (
    <Link href={`/operators/members/${id}`}>
      <code dir="ltr">{id}</code>
    </Link>
  ) : (
    <code dir="ltr">{id}</code>
  );

export function Log() {
  const { loaded, items, again, fetchMore } = usePages('events', getEvents);
  usePage(w.log);
  return (
    <>
      <Heading text={w.log} />
      <Ready loaded={loaded} retry={again}>
        {() => (
          <Table
            caption={w.log}
            isQuiet
            columns={[w.when, w.action, w.subject, w.actor, w.why, w.detail]}
            empty={w.none}
            rows={items.map((event) => ({
              key: event.id,
              cells: [
                moment(event.at),
                <code class="verb" dir="ltr">
                  {event.action}
                </code>,
                named(event.subject),
                named(event.actor),
                event.reason ? <bdi>{decodeReason(event.reason)}</bdi> : '–',
                event.detail ? <code dir="ltr">{event.detail}</code> : '–',
              ],
            }))}
          />
        )}
      </Ready>
      <More fetchMore={fetchMore} />
    </>
  );
}
