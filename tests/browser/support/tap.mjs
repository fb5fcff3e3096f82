// SPDX-License-Identifier: Apache-2.0
//
// Test Anything Protocol: tests run one after the other, each with its own time limit; a failure
// prints why and goes on. A test that watches a film in real time may be disturbed by what else the
// machine does: it says in how many tries it must succeed once, and each failed try is printed.
const tests = [];

export function test(name, run, { timeoutMs = 60_000, tries = 1 } = {}) {
  tests.push({ name, run, timeoutMs, tries });
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

// A wait that ran out is tried once more, in a page of its own: a browser on a busy machine now and
// then needs longer for a seek than any limit that would still be one. A wrong answer never is.
async function attempt({ name, run: body, timeoutMs, tries }) {
  let waits = 1;
  for (let left = tries - 1; ; left--) {
    try {
      return await within(timeoutMs, body);
    } catch (error) {
      const isWait = error.name === 'TimeoutError' && waits-- > 0;
      if (left <= 0 && !isWait) throw error;
      note(`${name}: disturbed? tried again: ${error.message ?? error}`);
    }
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
    for (const [index, one] of tests.entries()) {
      const { name } = one;
      try {
        const { skip } = (await attempt(one)) ?? {};
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
