// SPDX-License-Identifier: Apache-2.0
//
// The adaptive-bitrate rule of src/player/abr/abr.h, as WebAssembly: the same decisions as the
// headless player and the simulator make. Rates are bit/s, sizes bytes, times seconds.
//
//     memory   | stack | state 1024 | saved | rates | sizes of the segments ahead | wait |
//                      ^ __heap_base
import abrUrl from '../abr.wasm';

const STATE_BYTES = 1024;
const SAVED_NUMBERS = 4;
const RUNGS_MAX = 32;
export const AHEAD_MAX = 6; // segments whose sizes are told: the rule plans five intervals
const VOD = 0;

interface Exports {
  memory: WebAssembly.Memory;
  __heap_base: WebAssembly.Global;
  primrose_abr_version(): number;
  primrose_abr_state_bytes(): number;
  primrose_abr_init(...numbers: number[]): number;
  primrose_abr_left(state: number, leftS: number): void;
  primrose_abr_choose(...numbers: number[]): number;
  primrose_abr_observe(...numbers: number[]): number;
  primrose_abr_abandon(...numbers: number[]): number;
  primrose_abr_estimate(state: number): number;
  primrose_abr_save(...numbers: number[]): number;
}

let compiled: Promise<WebAssembly.Module> | null = null;

// Fetches and compiles the module once; a failure is tried again by the next caller. Null: this
// build of the app was made without the rule.
export function loadRule(): Promise<WebAssembly.Module> | null {
  if (abrUrl === '') return null;
  compiled ??= WebAssembly.compileStreaming(fetch(abrUrl)).catch((error) => {
    compiled = null;
    throw error;
  });
  return compiled;
}

export interface Ladder {
  rates: number[]; // rising
  sizes: number[] | null; // per segment ahead, next one first: one size per rung
  ahead: number; // segments that sizes has
  segmentS: number;
}

export class Rule {
  private readonly abr: Exports;
  private readonly state: number;
  private readonly saved: Float64Array;
  private readonly rates: Float64Array;
  private readonly sizes: Float64Array;
  private readonly wait: number;

  constructor(
    module: WebAssembly.Module,
    private readonly capacityS: number,
    saved: number[],
  ) {
    this.abr = new WebAssembly.Instance(module).exports as unknown as Exports;
    const { buffer } = this.abr.memory;
    let at = (this.abr.__heap_base.value + 7) & ~7;
    const take = (bytes: number) => ((at += bytes), at - bytes);
    this.state = take(STATE_BYTES);
    this.saved = new Float64Array(buffer, take(8 * SAVED_NUMBERS), SAVED_NUMBERS);
    this.rates = new Float64Array(buffer, take(8 * RUNGS_MAX), RUNGS_MAX);
    this.sizes = new Float64Array(buffer, take(8 * RUNGS_MAX * AHEAD_MAX), RUNGS_MAX * AHEAD_MAX);
    this.wait = take(8);
    if (this.abr.primrose_abr_version() !== 1 || this.abr.primrose_abr_state_bytes() > STATE_BYTES)
      throw new Error('abr.wasm is of another version than this app');
    const known = saved.length === SAVED_NUMBERS ? SAVED_NUMBERS : 0;
    if (known) this.saved.set(saved);
    const { state } = this;
    this.abr.primrose_abr_init(state, STATE_BYTES, VOD, capacityS, this.saved.byteOffset, known);
  }

  private put({ rates, sizes, ahead }: Ladder): { rungs: number; sizesAt: number } {
    const rungs = Math.min(rates.length, RUNGS_MAX);
    this.rates.set(rates.slice(0, rungs));
    if (!sizes || rates.length > RUNGS_MAX) return { rungs, sizesAt: 0 };
    this.sizes.set(sizes.slice(0, rungs * Math.min(ahead, AHEAD_MAX)));
    return { rungs, sizesAt: this.sizes.byteOffset };
  }

  // leftS: what is left to play, of which the buffer need not hold more; Infinity: there is no end.
  choose(ladder: Ladder, bufferS: number, leftS: number, nowS: number, previous: number): number {
    const { rungs, sizesAt } = this.put(ladder);
    const ahead = Math.min(ladder.ahead, AHEAD_MAX);
    const { state, rates, wait, capacityS } = this;
    this.abr.primrose_abr_left(state, leftS);
    return this.abr.primrose_abr_choose(
      state,
      rates.byteOffset,
      rungs,
      sizesAt,
      ahead,
      ladder.segmentS,
      bufferS,
      Math.min(capacityS, leftS),
      nowS,
      previous,
      wait,
    );
  }

  observe(bytes: number, startS: number, firstByteS: number, endS: number) {
    this.abr.primrose_abr_observe(this.state, bytes, startS, firstByteS, endS);
  }

  // The lower rung at which to fetch the segment instead, or -1. firstByteS counts from the
  // request, negative while no byte has come.
  abandon(
    ladder: Ladder,
    bufferS: number,
    rung: number,
    bytes: number,
    elapsedS: number,
    firstByteS: number,
  ): number {
    const { rungs, sizesAt } = this.put(ladder);
    return this.abr.primrose_abr_abandon(
      this.state,
      this.rates.byteOffset,
      rungs,
      sizesAt,
      ladder.segmentS,
      bufferS,
      rung,
      bytes,
      elapsedS,
      firstByteS,
    );
  }

  estimateBps(): number {
    return this.abr.primrose_abr_estimate(this.state);
  }

  // What the next session on this network may begin with; empty while nothing is known.
  save(): number[] {
    const count = this.abr.primrose_abr_save(this.state, this.saved.byteOffset, SAVED_NUMBERS);
    return [...this.saved.subarray(0, count)];
  }
}
