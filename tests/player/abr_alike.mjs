// SPDX-License-Identifier: Apache-2.0
//
// Native code and WebAssembly decide alike, to the last bit of the estimate: the same 200,000 random decisions as
// abr_alike.c makes, hashed. Draws the numbers of abr_drive.h in its order.
//   node abr_alike.mjs ABR.WASM NATIVE_PROGRAM...
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const DECISIONS = 200000, AHEAD = 6, PER_SESSION = 100, STATE_BYTES = 1024, SAVED = 4, RUNGS_MAX = 32;
const [wasmPath, ...natives] = process.argv.slice(2);

const bytes = readFileSync(wasmPath);
const module = new WebAssembly.Module(bytes);
const abr = new WebAssembly.Instance(module).exports;
const memory = abr.memory.buffer;

let at = (abr.__heap_base.value + 7) & ~7;
const take = (size) => { const block = at; at += size; return block; };
const state = take(STATE_BYTES);
const rates = new Float64Array(memory, take(8 * RUNGS_MAX), RUNGS_MAX);
const sizes = new Float64Array(memory, take(8 * RUNGS_MAX * AHEAD), RUNGS_MAX * AHEAD);
const saved = take(8 * SAVED);
const wait = take(8);

let random = 2463534242;
const unit = () => {
  random = (random ^ (random << 13)) >>> 0;
  random = (random ^ (random >>> 17)) >>> 0;
  random = (random ^ (random << 5)) >>> 0;
  return random / 4294967296;
};

const s = {};
const session = () => {
  s.rungs = 1 + Math.floor(unit() * 12);
  let rate = 100000 + unit() * 900000;
  for (let r = 0; r < s.rungs; r++) {
    rates[r] = rate;
    rate = rate * (1.2 + unit());
  }
  s.segment = 1 + unit() * 5;
  s.capacity = 12 + unit() * 60;
  s.buffer = 0;
  s.now = unit() * 1000;
  s.link = 200000 + unit() * 20000000;
  s.previous = -1;
  s.decisions = 0;
  const kept = unit() < 0.5 ? abr.primrose_abr_save(state, saved, SAVED) : 0;
  const mode = unit() < 0.2 ? 1 : 0;
  abr.primrose_abr_init(state, STATE_BYTES, mode, s.capacity, saved, kept);
};

const decide = () => {
  if (s.decisions++ === PER_SESSION) session();
  if (unit() < 0.1) s.link = 10000 + unit() * unit() * 30000000;
  const sized = unit() < 0.8 ? sizes.byteOffset : 0;
  for (let i = 0; i < AHEAD; i++) {
    const weight = 0.4 + unit() * 1.4;
    for (let r = 0; r < s.rungs; r++) sizes[i * s.rungs + r] = (rates[r] * s.segment * weight) / 8;
  }
  abr.primrose_abr_left(state, unit() < 0.5 ? s.buffer + unit() * 200 : 0);
  const ahead = Math.min(PER_SESSION + 1 - s.decisions, AHEAD);
  const rung = abr.primrose_abr_choose(state, rates.byteOffset, s.rungs, sized, ahead, s.segment, s.buffer,
    s.capacity, s.now, s.previous, wait);
  const size = sizes[rung];
  const first = 0.01 + unit() * 0.2;
  const flow = (8 * size) / (s.link * (0.5 + unit()));
  const look = first + flow * unit();
  let left = s.buffer - look;
  if (left < 0) left = 0;
  const lower = abr.primrose_abr_abandon(state, rates.byteOffset, s.rungs, sized, s.segment, left, rung,
    (size * (look - first)) / flow, look, first);
  const end = first + flow;
  abr.primrose_abr_observe(state, size, s.now, s.now + first, s.now + end);
  s.now = s.now + end;
  s.buffer = (s.buffer > end ? s.buffer - end : 0) + s.segment;
  if (s.buffer > s.capacity) {
    s.now = s.now + (s.buffer - s.capacity);
    s.buffer = s.capacity;
  }
  s.previous = rung;
  return [rung, lower];
};

const scratch = new DataView(new ArrayBuffer(16));
let hash = 2166136261;
abr.primrose_abr_init(state, STATE_BYTES, 0, 30, saved, 0);
session();
const rungsSeen = new Set(), abandoned = new Set();
for (let i = 0; i < DECISIONS; i++) {
  const [rung, lower] = decide();
  rungsSeen.add(rung);
  abandoned.add(lower);
  scratch.setInt32(0, rung, true);
  scratch.setInt32(4, lower, true);
  scratch.setFloat64(8, abr.primrose_abr_estimate(state), true);
  for (let k = 0; k < 16; k++) hash = Math.imul(hash ^ scratch.getUint8(k), 16777619) >>> 0;
}
const wasmHash = hash.toString(16).padStart(8, "0");

const results = [];
const test = (name, good, note = "") => results.push(`${good ? "ok" : "not ok"} ${results.length + 1} - ${name}${note ? " # " + note : ""}`);
test("the module imports nothing", WebAssembly.Module.imports(module).length === 0);
test("the module is a few kilobytes", bytes.length < 16384, `${bytes.length} bytes`);
test("the decisions are of many kinds", rungsSeen.size > 8 && abandoned.size > 4);
for (const native of natives) {
  const nativeHash = execFileSync(native, [String(DECISIONS)]).toString().trim();
  test(`${DECISIONS} decisions as ${native.split("/").pop()} makes them`, nativeHash === wasmHash, `${nativeHash} ${wasmHash}`);
}
console.log(`1..${results.length}\n${results.join("\n")}`);
process.exit(results.some((line) => line.startsWith("not")) ? 1 : 0);
