// SPDX-License-Identifier: Apache-2.0
//
// What the player knows of itself, for whoever wants to look under the bonnet.
import { useEffect, useState } from 'preact/hooks';

import { bitrate, clock, count } from '../format';
import { Icon } from '../ui/icon';
import { words } from '../words';
import type { Decision } from './abr';
import type { Engine, Facts } from './engine';

const STATS_EVERY_MS = 500;
const GRAPH_POINTS = 120; // a minute
const GRAPH_S = 60; // full height: the buffer's goal
const TIMELINE_MS = 60_000;

const told = ({ rung, bufferS, estimateBps, mediaS, cause }: Decision) =>
  `${words.stats.decided[cause](rung + 1, bufferS)}, ${bitrate(estimateBps)}, ${clock(mediaS * 1000)}`;

// The rung over the last minute, each of the rule's decisions a dot: filled where it changed the rung.
//
//     rung 4 |            o--o--o
//     rung 2 |   o--o--o--'
//     rung 1 | o-'
function Timeline({ decisions, rungCount }: { decisions: readonly Decision[]; rungCount: number }) {
  const now = performance.now();
  const x = (atMs: number) => GRAPH_POINTS * (1 - Math.min(1, (now - atMs) / TIMELINE_MS));
  const y = (rung: number) => 36 - (rung / Math.max(1, rungCount - 1)) * 32;
  let path = '';
  for (const { atMs, rung } of decisions)
    path += path === '' ? `M${x(atMs)},${y(rung)}` : `H${x(atMs)}V${y(rung)}`;
  if (path !== '') path += `H${GRAPH_POINTS}`;
  const recent = decisions.filter(({ atMs }) => now - atMs < TIMELINE_MS);
  return (
    <svg
      class="stats-graph stats-timeline"
      viewBox={`0 0 ${GRAPH_POINTS} 40`}
      preserveAspectRatio="none"
      role="img"
      aria-label={words.stats.timeline}
    >
      <path d={path} />
      {recent.map((decision) => (
        <path
          key={decision.atMs}
          class={`stats-decision stats-${decision.cause}`}
          d={`M${x(decision.atMs)},${y(decision.rung)}h0`}
        >
          <title>{told(decision)}</title>
        </path>
      ))}
    </svg>
  );
}

function Graph({ values }: { values: number[] }) {
  const points = values.map((value, index) => {
    const x = GRAPH_POINTS - values.length + index;
    return `${x},${(40 - Math.min(1, value / GRAPH_S) * 38).toFixed(1)}`;
  });
  return (
    <svg
      class="stats-graph"
      viewBox={`0 0 ${GRAPH_POINTS} 40`}
      preserveAspectRatio="none"
      role="img"
      aria-label={words.stats.graph}
    >
      <polyline points={points.join(' ')} />
    </svg>
  );
}

export function Statistics(props: {
  engine: Engine;
  firstFrameMs: number | null;
  session: string;
  close: () => void;
}) {
  const { engine, firstFrameMs, session, close } = props;
  const [facts, setFacts] = useState<Facts>(() => engine.facts());
  const [buffers, setBuffers] = useState<number[]>([]);
  useEffect(() => {
    const timer = setInterval(() => {
      const next = engine.facts();
      setFacts(next);
      setBuffers((past) => [...past.slice(1 - GRAPH_POINTS), next.bufferS]);
    }, STATS_EVERY_MS);
    return () => clearInterval(timer);
  }, [engine]);
  const w = words.stats;
  const last = facts.decisions.at(-1);
  const rows: [string, string][] = [
    [w.picture, `${facts.width} × ${facts.height}, ${w.rung(facts.rung, facts.rungCount)}`],
    [w.codec, facts.codecs],
    [w.bitrate, bitrate(facts.streamBps)],
    [w.estimate, bitrate(facts.estimateBps)],
    [w.buffer, `${facts.bufferS.toFixed(1)} s`],
    [w.decision, last ? w.decided[last.cause](last.rung + 1, last.bufferS) : '–'],
    [w.frames, w.framesOf(count(facts.droppedFrames), count(facts.decodedFrames))],
    [w.stalls, count(facts.stalls)],
    [w.switches, count(facts.switches)],
    [w.start, firstFrameMs === null ? '–' : `${Math.round(firstFrameMs)} ms`],
    [w.manifest, facts.manifest.split('/').pop()!],
    [w.session, session],
  ];
  return (
    <section class="stats" aria-label={words.player.statistics}>
      <button
        class="panel-close control"
        type="button"
        onClick={close}
        aria-label={words.player.close}
      >
        <Icon name="close" />
      </button>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Graph values={buffers} />
      <Timeline decisions={facts.decisions} rungCount={facts.rungCount} />
    </section>
  );
}
