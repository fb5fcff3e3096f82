// SPDX-License-Identifier: Apache-2.0
//
// What a decision costs in WebAssembly: ten rungs, sizes given, buffers and links of many kinds; the mean over batches,
// for a browser's clock is too coarse for a single call.
import { readFileSync } from "node:fs";

const abr = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(process.argv[2]))).exports;
const memory = abr.memory.buffer;
const base = (abr.__heap_base.value + 7) & ~7;
const rates = new Float64Array(memory, base + 1024, 10);
const sizes = new Float64Array(memory, base + 1104, 60);
rates.set([4e5, 6e5, 9e5, 1.35e6, 2e6, 3e6, 4.5e6, 6.8e6, 1e7, 1.5e7]);
for (let i = 0; i < 60; i++) sizes[i] = (rates[i % 10] * 2) / 8;

abr.primrose_abr_init(base, 1024, 0, 30, 0, 0);
abr.primrose_abr_observe(base, 5e5, 0, 0.05, 1);
for (let i = 0; i < 50000; i++) // until the engine has compiled it for good
  abr.primrose_abr_choose(base, rates.byteOffset, 10, sizes.byteOffset, 6, 2, i % 28, 30, 40, i % 10, 0);
const means = [];
for (let link = 3e5; link < 3e7; link *= 1.3) {
  abr.primrose_abr_init(base, 1024, 0, 30, 0, 0);
  for (let i = 0; i < 30; i++) abr.primrose_abr_observe(base, link / 8 * (0.6 + 0.8 * ((i * 7) % 10) / 9), i, i + 0.05, i + 1);
  for (let previous = 0; previous < 10; previous++) {
    const start = process.hrtime.bigint();
    let calls = 0;
    for (let round = 0; round < 20; round++)
      for (let buffer = 1; buffer < 30; buffer += 1.5, calls++)
        abr.primrose_abr_choose(base, rates.byteOffset, 10, sizes.byteOffset, 6, 2, buffer, 30, 40, previous, 0);
    means.push(Number(process.hrtime.bigint() - start) / 1000 / calls);
  }
}
means.sort((a, b) => a - b);
const at = (p) => means[Math.floor(p * (means.length - 1))].toFixed(2);
console.log(`WebAssembly in node ${process.version}: p50 ${at(0.5)} us, p99 ${at(0.99)} us, most ${at(1)} us`);
