// SPDX-License-Identifier: Apache-2.0
//
// One ingest: where it is, each chunk of each rendition, and what an operator can do about it.
import { useState } from 'preact/hooks';

import {
  type Ingest,
  type Jobs,
  type TitleJobs,
  endIngest,
  getChunkMap,
  setPriority,
} from '../../console';
import { ago, count, moment } from '../../format';
import { useLoad } from '../../load';
import { Link, navigate, titlePath, usePage } from '../../router';
import { Complaint, Dialog, Field, Said, Submit, useSubmit } from '../../ui/form';
import { Icon } from '../../ui/icon';
import { words } from '../../words';
import { Missing } from '../missing';
import { Chunks } from './chunks';
import {
  Advance,
  LOOK_MS,
  Parked,
  StateOf,
  isEnded,
  useMayKeepHouse,
  nameOf,
  timeLeft,
  useJobs,
} from './jobs';
import { Heading, Ready } from './parts';
import { VerdictLink } from './report';

const w = words.jobs;

// The way from the master to the shelf, and how far it is.
function Stages({ ingest }: { ingest: Ingest }) {
  const stages = Object.keys(w.stages).filter(
    (stage) => stage !== 'survey' || ingest.stage === 'survey', // most titles have none
  ) as Ingest['stage'][];
  const now = stages.indexOf(ingest.stage);
  const isDone = (at: number) => at < now || ingest.state === 'published';
  return (
    <ol class="stages">
      {stages.map((stage, at) => (
        <li
          key={stage}
          class={isDone(at) ? 'stages-done' : undefined}
          aria-current={at === now && !isEnded(ingest) ? 'step' : undefined}
        >
          {isDone(at) && <Icon name="check" />}
          {w.stages[stage]}
          {isDone(at) && <span class="visually-hidden">: {w.chunkStates.d}</span>}
        </li>
      ))}
    </ol>
  );
}

function Facts({ ingest, jobs }: { ingest: Ingest; jobs: TitleJobs | undefined }) {
  const fact = (name: string, value: preact.ComponentChildren) => (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
  return (
    <dl class="pairs">
      {fact(w.state, <StateOf ingest={ingest} />)}
      {!isEnded(ingest) && fact(w.progress, <Advance ingest={ingest} />)}
      {jobs && fact(w.chunks, w.jobsOf(count(jobs.done), count(jobs.jobs)))}
      {!isEnded(ingest) && fact(w.left, timeLeft(jobs))}
      {fact(w.check, <VerdictLink ingest={ingest} />)}
      {fact(w.started, moment(ingest.started_at))}
      {fact(w.heard, ago(ingest.told_at))}
      {ingest.version && fact(w.version, <code dir="ltr">{ingest.version}</code>)}
    </dl>
  );
}

function Trouble({ ingest }: { ingest: Ingest }) {
  if (!isEnded(ingest) || ingest.state === 'published') return null;
  return (
    <div class="complaint">
      <Icon name="warning" />
      <span>
        <span dir="auto">{ingest.state === 'lost' ? w.lostText : ingest.sentence}</span>
        <span class="complaint-detail">{w.again}</span>
      </span>
    </div>
  );
}

function Priority({ jobs, done }: { jobs: TitleJobs; done: () => void }) {
  const { isBusy, problem, submit } = useSubmit(async ({ priority }) => {
    await setPriority(jobs.id, Number(priority));
    done();
  });
  return (
    <form class="form ingest-priority" onSubmit={submit}>
      <Complaint problem={problem} />
      <Field
        name="priority"
        label={w.priority}
        hint={w.priorityHint}
        type="number"
        value={jobs.priority}
        min={-1000}
        max={1000}
        problem={problem}
      />
      <div class="actions">
        <Submit label={words.form.save} isBusy={isBusy} />
      </div>
    </form>
  );
}

function Ending({ ingest, say }: { ingest: Ingest; say: (text: string) => void }) {
  const [isAsking, setIsAsking] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const end = () => {
    setIsBusy(true);
    endIngest(ingest.id)
      .then(() => (isEnded(ingest) ? navigate('/operators/jobs') : say(w.cancelled)))
      .finally(() => (setIsBusy(false), setIsAsking(false)));
  };
  if (isEnded(ingest))
    return (
      <button class="button" type="button" aria-disabled={isBusy} onClick={end}>
        {w.forget}
      </button>
    );
  return (
    <>
      <button class="button" type="button" onClick={() => setIsAsking(true)}>
        {w.cancel}
      </button>
      {isAsking && (
        <Dialog heading={w.cancelHeading(nameOf(ingest))} close={() => setIsAsking(false)}>
          <p>{w.cancelText}</p>
          <div class="actions">
            <button class="button" type="button" aria-disabled={isBusy} onClick={end}>
              {w.cancel}
            </button>
            <button class="button button-accent" type="button" onClick={() => setIsAsking(false)}>
              {w.goOn}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function Map({ ingest }: { ingest: Ingest }) {
  const [loaded] = useLoad(
    `chunks/${ingest.id}`,
    (signal) => getChunkMap(ingest.id, signal),
    LOOK_MS,
  );
  return loaded.state === 'ready' ? <Chunks map={loaded.value} /> : null;
}

function Whole({ ingest, jobs, again }: { ingest: Ingest; jobs: Jobs; again: () => void }) {
  const [said, setSaid] = useState('');
  const queued = jobs.titles.find(({ id }) => id === ingest.id);
  const mayChange = useMayKeepHouse();
  const changed = () => {
    setSaid(words.form.saved);
    again();
  };
  usePage(nameOf(ingest));
  return (
    <>
      <Heading text={<bdi>{nameOf(ingest)}</bdi>}>
        <span class="actions">
          {ingest.state === 'published' && (
            <Link class="button" href={titlePath(ingest.id)}>
              {w.open}
            </Link>
          )}
          {mayChange && <Ending ingest={ingest} say={setSaid} />}
        </span>
      </Heading>
      <Said text={said} />
      <Stages ingest={ingest} />
      <Trouble ingest={ingest} />
      <Facts ingest={ingest} jobs={queued} />
      {ingest.state !== 'published' && ingest.version && <Map ingest={ingest} />}
      <Parked jobs={jobs.parked.filter(({ id }) => id.startsWith(`${ingest.id}/`))} done={again} />
      {mayChange && queued && <Priority key={queued.priority} jobs={queued} done={changed} />}
    </>
  );
}

export function IngestPage({ id }: { id: string }) {
  const [loaded, again] = useJobs();
  return (
    <>
      <Link href="/operators/jobs">{w.back}</Link>
      <Ready loaded={loaded} retry={again}>
        {(jobs) => {
          const ingest = jobs.ingests.find((one) => one.id === id);
          return ingest ? <Whole ingest={ingest} jobs={jobs} again={again} /> : <Missing />;
        }}
      </Ready>
    </>
  );
}
