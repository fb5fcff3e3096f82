// SPDX-License-Identifier: Apache-2.0
//
// Each chunk of each rendition as a field of a row, in the film's direction, and the same in words:
//
//     v-1080p  ████████▒▒······   8 done, 2 in work, 6 waiting
import type { ChunkMap } from '../../console';
import { count, list } from '../../format';
import { words } from '../../words';

const w = words.jobs;

type State = keyof typeof w.chunkStates;
const STATES = Object.keys(w.chunkStates) as State[];
const CLASSES: Record<State, string> = {
  d: 'chunk-done',
  l: 'chunk-leased',
  r: 'chunk-ready',
  p: 'chunk-parked',
  '.': 'chunk-held',
};

// "ddl" -> [["d", 0, 2], ["l", 2, 1]]: a film has thousands of chunks, and few changes among them.
export function runsOf(states: string): [State, number, number][] {
  const runs: [State, number, number][] = [];
  for (let at = 0; at < states.length;) {
    let end = at + 1;
    while (states[end] === states[at]) end++;
    runs.push([states[at] as State, at, end - at]);
    at = end;
  }
  return runs;
}

function inWords(states: string): string {
  const parts = STATES.map((state): [State, number] => [state, states.split(state).length - 1]);
  return list(
    parts
      .filter(([, times]) => times > 0)
      .map(([state, times]) => w.counted(count(times), w.chunkStates[state])),
  );
}

const SEAMS_MAX = 120; // chunks whose borders can be seen

function Row({ track, states }: { track: string; states: string }) {
  const length = states.length;
  return (
    <li class="chunks-row">
      <bdi class="chunks-track">{track}</bdi>
      <svg
        class="chunks-bar"
        viewBox={`0 0 ${length} 1`}
        preserveAspectRatio="none"
        aria-hidden="true"
        focusable="false"
      >
        {runsOf(states).map(([state, at, width]) => (
          <rect key={at} class={CLASSES[state]} x={at} y="0" width={width} height="1" />
        ))}
        {length <= SEAMS_MAX &&
          Array.from({ length: length - 1 }, (_, at) => (
            <line key={at} class="chunk-seam" x1={at + 1} x2={at + 1} y1="0" y2="1" />
          ))}
      </svg>
      <span class="chunks-words">{inWords(states)}</span>
    </li>
  );
}

export function Chunks({ map }: { map: ChunkMap }) {
  return (
    <section class="jobs-part" aria-labelledby="chunks">
      <h2 id="chunks">{w.chunks}</h2>
      <p class="faint">{w.chunksHint(String(map.chunk_ms / 1000))}</p>
      <ul class="chunks-legend" aria-hidden="true">
        {STATES.map((state) => (
          <li key={state}>
            <svg class="chunks-key" viewBox="0 0 1 1">
              <rect class={CLASSES[state]} width="1" height="1" />
            </svg>
            {w.chunkStates[state]}
          </li>
        ))}
      </ul>
      <ul class="chunks">
        {map.tracks.map(({ track, states }) => (
          <Row key={track} track={track} states={states} />
        ))}
      </ul>
    </section>
  );
}
