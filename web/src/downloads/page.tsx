// SPDX-License-Identifier: Apache-2.0
//
// What is kept in this browser, for how long, and the way to it without a network.
import { useEffect, useState } from 'preact/hooks';

import { type Problem } from '../api';
import { moment, size } from '../format';
import { asProblem } from '../load';
import { Link, keptPath, usePage } from '../router';
import { useStanding } from '../standing';
import { Complaint, Said } from '../ui/form';
import { Icon } from '../ui/icon';
import { Loading } from '../ui/states';
import { words } from '../words';
import { percent, useKept } from './button';
import { POSTER, isSupported, isUnderWay, pause, remove, resume, sizeOf, sync } from './fetch';
import { listAll } from './house';
import { type Kept, getPiece } from './store';

const w = words.downloads;

function Picture({ kept }: { kept: Kept }) {
  const [url, setUrl] = useState('');
  useEffect(() => {
    let made = '';
    void getPiece(kept.id, POSTER, 0).then((bytes) => {
      if (bytes) setUrl((made = URL.createObjectURL(new Blob([bytes]))));
    });
    return () => URL.revokeObjectURL(made);
  }, [kept.id, kept.files.length]);
  return url ? <img class="kept-picture" src={url} alt="" /> : <span class="kept-picture" />;
}

const isOver = (kept: Kept, now: number) =>
  kept.over !== '' || now >= (kept.startedAt > 0 ? kept.endsAt : kept.startBy);

function stateOf(kept: Kept, now: number): string {
  if (isOver(kept, now)) return w.ends[kept.over] ?? w.ends['expired']!;
  if (!kept.isComplete) return isUnderWay(kept.id) ? w.doing(percent(kept)) : w.paused;
  return kept.startedAt > 0
    ? w.endsAt(moment(new Date(kept.endsAt).toISOString()))
    : w.startBy(moment(new Date(kept.startBy).toISOString()));
}

function Row(props: { kept: Kept; fail: (error: unknown) => void; say: (text: string) => void }) {
  const { kept, fail, say } = props;
  const { title } = kept.title;
  const over = isOver(kept, Date.now());
  const busy = isUnderWay(kept.id);
  return (
    <li class="row kept">
      <Picture kept={kept} />
      <span class="row-text">
        <span class="row-name" dir="auto">
          {title}
        </span>
        <span class="faint small">
          {stateOf(kept, Date.now())}
          {sizeOf(kept) > 0 && ` · ${size(sizeOf(kept))}`}
        </span>
        {busy && (
          <progress max={100} value={percent(kept)} aria-label={w.progressOf(title)}></progress>
        )}
      </span>
      <span class="actions">
        {kept.isComplete && !over && (
          <Link
            class="button button-accent"
            href={keptPath(kept.title.id)}
            aria-label={words.title.playNamed(title)}
          >
            <Icon name="play" />
            {words.title.play}
          </Link>
        )}
        {!kept.isComplete && !over && (
          <button
            class="button"
            type="button"
            aria-label={busy ? w.pauseNamed(title) : w.resumeNamed(title)}
            onClick={() => (busy ? pause(kept.id) : void resume(kept.id).catch(fail))}
          >
            {busy ? w.pause : w.resume}
          </button>
        )}
        <button
          class="button"
          type="button"
          aria-label={w.removeNamed(title)}
          onClick={() => void remove(kept.id).then(() => say(w.removed(title)), fail)}
        >
          {w.remove}
        </button>
      </span>
    </li>
  );
}

// How many places of the plan are taken, on all devices: the house knows, when it is there.
function Places() {
  const standing = useStanding();
  const [taken, setTaken] = useState<number | null>(null);
  useEffect(() => {
    listAll().then(
      ({ items }) => setTaken(items.filter(({ over }) => over === null).length),
      () => setTaken(null),
    );
  }, []);
  const places = standing?.me?.plan.downloads;
  if (taken === null || places === undefined) return null;
  return <p class="faint">{w.places(taken, places)}</p>;
}

export function Downloads() {
  const kept = useKept();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [said, setSaid] = useState('');
  usePage(w.page);
  useEffect(() => void sync().catch(() => {}), []);
  const fail = (error: unknown) => setProblem(asProblem(error));
  return (
    <div class="sheet">
      <h1 data-arrive tabIndex={-1}>
        {w.page}
      </h1>
      <p class="soft">{isSupported() ? w.text : w.unsupported}</p>
      <Complaint problem={problem} />
      <Said text={said} />
      {kept === null && <Loading />}
      {kept?.length === 0 && <p>{w.none}</p>}
      {kept !== null && kept.length > 0 && (
        <ul class="rows">
          {kept.map((one) => (
            <Row key={one.id} kept={one} fail={fail} say={setSaid} />
          ))}
        </ul>
      )}
      <Places />
    </div>
  );
}
