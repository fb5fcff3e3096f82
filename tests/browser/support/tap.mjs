// SPDX-License-Identifier: Apache-2.0
//
// Test Anything Protocol: tests run one after the other, each with its own time limit; a failure
// prints why and goes on.
const tests = [];

export function test(name, run, { timeoutMs = 60_000 } = {}) {
  tests.push({ name, run, timeoutMs });
}

export function note(text) {
  for (const line of String(text).split('\n')) console.log(`# ${line}`);
}

async function within(timeoutMs, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

// Runs them all; `before` may answer {skip: reason}, then nothing runs; so may a test, for itself.
// `after` always runs.
export async function run({ before, after }) {
  let failed = 0;
  try {
    const { skip } = (await before()) ?? {};
    if (skip) {
      console.log(`1..0 # SKIP ${skip}`);
      return;
    }
    console.log(`1..${tests.length}`);
    for (const [index, { name, run: body, timeoutMs }] of tests.entries()) {
      try {
        const { skip } = (await within(timeoutMs, body)) ?? {};
        console.log(`ok ${index + 1} - ${name}${skip ? ` # SKIP ${skip}` : ''}`);
      } catch (error) {
        failed++;
        console.log(`not ok ${index + 1} - ${name}`);
        note(error.stack ?? error);
      }
    }
  } catch (error) {
    note(error.stack ?? error);
    console.log(`Bail out! ${String(error.message ?? error).split('\n')[0]}`);
    failed++;
  } finally {
    await after();
  }
  process.exitCode = failed > 0 ? 1 : 0;
}
