// SPDX-License-Identifier: Apache-2.0
//
// What operators look at: how the sessions of the last hours were.
import { useState } from 'preact/hooks';

import { type Qoe, type QoeGroup, getQoe } from '../../console';
import { bitrate, count } from '../../format';
import { useLoad } from '../../load';
import { usePage } from '../../router';
import { Failed, Loading } from '../../ui/states';
import { words } from '../../words';

const HOURS = [1, 24, 168];
const w = words.qoe;
const ms = (value: number | undefined) => (value === undefined ? '–' : w.ms(value));

function Starts({ group }: { group: QoeGroup }) {
  const parts = Object.keys(w.parts) as (keyof typeof w.parts)[];
  return (
    <table class="numbers">
      <caption>{w.starts}</caption>
      <thead>
        <tr>
          <th scope="col">{w.part}</th>
          <th scope="col">{w.median}</th>
          <th scope="col">{w.p95}</th>
        </tr>
      </thead>
      <tbody>
        {parts.map((part) => (
          <tr key={part}>
            <th scope="row">{w.parts[part]}</th>
            <td>{ms(group.start_ms[part]?.p50)}</td>
            <td>{ms(group.start_ms[part]?.p95)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const failuresOf = ({ failures }: QoeGroup) =>
  Object.entries(failures)
    .map(([code, times]) => `${code} × ${times}`)
    .join(', ') || '0';

function Groups({ caption, groups }: { caption: string; groups: QoeGroup[] }) {
  const heads = [w.name, w.sessions, w.start, w.startWorst, w.rebuffering, w.rebuffers, w.switches];
  return (
    <div class="numbers-scroll" tabIndex={0} role="region" aria-label={caption}>
      <table class="numbers">
        <caption>{caption}</caption>
        <thead>
          <tr>
            {[...heads, w.bitrate, w.failures].map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={group.name}>
              <th scope="row">{group.name || w.unnamed}</th>
              <td>{count(group.sessions)}</td>
              <td>{ms(group.start_ms.whole?.p50)}</td>
              <td>{ms(group.start_ms.whole?.p95)}</td>
              <td>{w.percent(group.rebuffer_percent)}</td>
              <td>{group.rebuffers_per_hour.toFixed(1)}</td>
              <td>{group.switches_per_minute.toFixed(1)}</td>
              <td>{bitrate(group.kbps * 1000)}</td>
              <td>{failuresOf(group)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Summary({ qoe }: { qoe: Qoe }) {
  if (qoe.all.sessions === 0) return <p>{w.none}</p>;
  return (
    <>
      {qoe.is_cut_off && <p>{w.cutOff}</p>}
      <Starts group={qoe.all} />
      <Groups caption={w.all} groups={[{ ...qoe.all, name: w.all }]} />
      <Groups caption={w.byTitle} groups={qoe.by_title} />
      <Groups caption={w.byDevice} groups={qoe.by_device} />
      <Groups caption={w.byNetwork} groups={qoe.by_network} />
      <Groups caption={w.byEdge} groups={qoe.by_edge} />
      <p class="faint">{w.note}</p>
    </>
  );
}

export function Quality() {
  const [hours, setHours] = useState(24);
  const [loaded, retry] = useLoad(`qoe/${hours}`, (signal) => getQoe(hours, signal));
  usePage(w.page);
  return (
    <>
      <h1 data-arrive tabIndex={-1}>
        {w.heading}
      </h1>
      <div class="choice">
        <label for="qoe-hours">{w.period}</label>
        <select
          id="qoe-hours"
          value={String(hours)}
          onChange={(event) => setHours(Number(event.currentTarget.value))}
        >
          {HOURS.map((one) => (
            <option key={one} value={String(one)}>
              {w.hours(one)}
            </option>
          ))}
        </select>
      </div>
      {loaded.state === 'loading' && <Loading />}
      {loaded.state === 'failed' && <Failed problem={loaded.problem} retry={retry} />}
      {loaded.state === 'ready' && <Summary qoe={loaded.value} />}
    </>
  );
}
