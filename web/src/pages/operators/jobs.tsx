// SPDX-License-Identifier: Apache-2.0
//
// What the studio works on: ingests from their first second to their end, workers, and what was
// given up. Looked at again every two seconds.
import { useState } from 'preact/hooks';

import {
  type Ingest,
  type Jobs,
  type ParkedJob,
  type TitleJobs,
  getJobs,
  retryJob,
} from '../../console';
import { ago, count, runtime } from '../../format';
import { useLoad } from '../../load';
import { Link, usePage } from '../../router';
import { useStanding } from '../../standing';
import { Said } from '../../ui/form';
import { Icon } from '../../ui/icon';
import { Table } from '../../ui/table';
import { words } from '../../words';
import { Heading, Ready } from './parts';
import { VerdictLink } from './report';

const w = words.jobs;

export const LOOK_MS = 2000;
export const useJobs = () => useLoad('jobs', getJobs, LOOK_MS);

export const useMayKeepHouse = () => useStanding()?.me?.rights.includes('house') ?? false;
export const nameOf = (ingest: Ingest) => ingest.title || ingest.id;
export const isEnded = (ingest: Ingest) => ingest.state !== 'running';
const isWrong = (ingest: Ingest) => ingest.state === 'failed' || ingest.state === 'lost';

export function StateOf({ ingest }: { ingest: Ingest }) {
  const isRunning = ingest.state === 'running';
  return (
    <span class={isWrong(ingest) ? 'ingest-wrong' : undefined}>
      {isWrong(ingest) && <Icon name="warning" />}
      {ingest.state === 'published' && <Icon name="check" />}
      {isRunning ? w.stages[ingest.stage] : w.states[ingest.state]}
    </span>
  );
}

// How far the stage is, or that nobody knows.
export function Advance({ ingest }: { ingest: Ingest }) {
  const percent = Math.floor((100 * ingest.done) / ingest.total);
  const value = ingest.total > 0 ? { value: percent } : {};
  return (
    <span class="advance">
      <progress max={100} {...value} aria-label={w.progressOf(nameOf(ingest))}></progress>
      {ingest.total > 0 && <span>{w.percent(percent)}</span>}
    </span>
  );
}

export const timeLeft = (jobs: TitleJobs | undefined) =>
  jobs?.left_ms ? runtime(jobs.left_ms) : '–';

// What runs comes first, then what wants somebody's help; the newest of each before the others.
function order(ingests: Ingest[]) {
  const rank = (one: Ingest) => (!isEnded(one) ? 0 : isWrong(one) ? 1 : 2);
  return [...ingests].sort(
    (a, b) => rank(a) - rank(b) || Date.parse(b.started_at) - Date.parse(a.started_at),
  );
}

function Ingests({ jobs }: { jobs: Jobs }) {
  const inQueue = new Map(jobs.titles.map((one) => [one.id, one]));
  return (
    <Table
      caption={w.page}
      isQuiet
      columns={[w.title, w.stage, w.progress, w.left, w.priority, w.check, w.heard]}
      empty={words.operators.none}
      rows={order(jobs.ingests).map((ingest) => {
        const queued = inQueue.get(ingest.id);
        return {
          key: ingest.id,
          isFaint: ingest.state === 'published',
          cells: [
            <Link href={`/operators/jobs/${encodeURIComponent(ingest.id)}`}>
              <bdi>{nameOf(ingest)}</bdi>
              {ingest.title && (
                <code class="ingest-id faint" dir="ltr">
                  {ingest.id}
                </code>
              )}
            </Link>,
            <>
              <StateOf ingest={ingest} />
              {isWrong(ingest) && ingest.sentence && (
                <span class="ingest-sentence" dir="auto">
                  {ingest.sentence}
                </span>
              )}
            </>,
            isEnded(ingest) ? '' : <Advance ingest={ingest} />,
            isEnded(ingest) ? '' : timeLeft(queued),
            queued ? count(queued.priority) : '',
            <VerdictLink ingest={ingest} />,
            ago(ingest.told_at),
          ],
        };
      })}
    />
  );
}

export function Parked({ jobs, done }: { jobs: ParkedJob[]; done: () => void }) {
  const [said, setSaid] = useState('');
  const mayRetry = useMayKeepHouse();
  const retry = (job: ParkedJob) => {
    const [title, , track, chunk] = job.id.split('/');
    retryJob(title!, track!, Number.parseInt(chunk!, 10)).then(() => {
      setSaid(w.retried);
      done();
    }, done);
  };
  if (jobs.length === 0 && said === '') return null;
  return (
    <section class="jobs-part" aria-labelledby="parked">
      <h2 id="parked">{w.parked}</h2>
      <p class="faint">{w.parkedHint}</p>
      <Said text={said} />
      <Table
        caption={w.parked}
        isQuiet
        columns={[w.job, w.tries, w.worker, w.reason, words.operators.actions]}
        empty={words.operators.none}
        rows={jobs.map((job) => ({
          key: job.id,
          cells: [
            <code dir="ltr">{job.id}</code>,
            count(job.tries),
            <bdi>{job.worker}</bdi>,
            <span dir="auto">{job.reason}</span>,
            mayRetry && (
              <button class="button button-small" type="button" onClick={() => retry(job)}>
                {w.retry}
                <span class="visually-hidden"> {job.id}</span>
              </button>
            ),
          ],
        }))}
      />
    </section>
  );
}

function Workers({ workers }: { workers: Jobs['workers'] }) {
  if (workers.length === 0) return null;
  return (
    <section class="jobs-part" aria-labelledby="workers">
      <h2 id="workers">{w.workers}</h2>
      <Table
        caption={w.workers}
        isQuiet
        columns={[w.worker, w.hands]}
        empty={words.operators.none}
        rows={workers.map(({ name, jobs }) => ({
          key: name,
          cells: [<bdi>{name}</bdi>, count(jobs)],
        }))}
      />
    </section>
  );
}

export function IngestQueue() {
  const [loaded, again] = useJobs();
  usePage(w.page);
  return (
    <>
      <Heading text={w.page} />
      <Ready loaded={loaded} retry={again}>
        {(jobs) =>
          jobs.ingests.length === 0 ? (
            <>
              <p>{w.none}</p>
              <code class="command" dir="ltr">
                {words.browse.emptyCommand}
              </code>
            </>
          ) : (
            <>
              <Ingests jobs={jobs} />
              <Parked jobs={jobs.parked} done={again} />
              <Workers workers={jobs.workers} />
            </>
          )
        }
      </Ready>
    </>
  );
}
