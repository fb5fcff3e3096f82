// SPDX-License-Identifier: Apache-2.0
//
// Reading the demo film off the screen. Its frame counter (share/demo/README.md) is a row of
// sixteen squares, black or white, the most significant bit first:
//
//     of 1920 x 1080 pixels x = 1248..1888, y = 32..72:  |#| |#|#| | |#| ...  40 x 40 pixels each
import assert from 'node:assert/strict';

export const FPS = 24;

// In the page: the counter of the frame that the first video element shows now.
export function readCounter() {
  const video = document.querySelector('video');
  const canvas = new OffscreenCanvas(640, 40);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const scale = video.videoWidth / 1920; // whatever the rendition's size
  context.drawImage(video, 1248 * scale, 32 * scale, 640 * scale, 40 * scale, 0, 0, 640, 40);
  let value = 0;
  for (let bit = 0; bit < 16; bit++) {
    const { data } = context.getImageData(bit * 40 + 14, 14, 12, 12);
    let sum = 0;
    for (let at = 0; at < data.length; at += 4) sum += data[at];
    value = value * 2 + (sum / (data.length / 4) > 127 ? 1 : 0);
  }
  return value;
}

export const counter = (page) => page.evaluate(readCounter);

export const now = (page) => page.evaluate(() => document.querySelector('video').currentTime);

export async function waitUntil(page, seconds) {
  await page.waitForFunction((t) => document.querySelector('video')?.currentTime >= t, seconds, {
    polling: 50,
  });
}

// The film moves: its clock, and the picture itself.
export async function assertAdvances(page) {
  const [clock, frame] = [await now(page), await counter(page)];
  await waitUntil(page, clock + 0.75);
  assert.ok(
    (await counter(page)) > frame,
    `the clock moved on from ${clock}, the picture stood still at frame ${frame}`,
  );
}

// Waits for a seek to end, and for its frame to be the one on the screen.
export async function settle(page) {
  await page.waitForFunction(() => {
    const video = document.querySelector('video');
    return !video.seeking && video.readyState >= 2;
  });
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
}

export async function assertFrame(page, expected, what) {
  await settle(page);
  const shown = await counter(page);
  assert.ok(
    Math.abs(shown - expected) <= 1,
    `${what}: frame ${shown} on the screen, ${expected} expected`,
  );
  return shown - expected;
}

// Cues of a WebVTT file: [{start, end, text}], the text without tags and spaces.
export function parseVtt(text) {
  const seconds = (stamp) => stamp.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return text
    .replace(/\r/g, '')
    .split(/\n{2,}/)
    .flatMap((block) => {
      const lines = block.split('\n');
      const at = lines.findIndex((line) => line.includes('-->'));
      if (at < 0) return [];
      const [start, , end] = lines[at].trim().split(/\s+/);
      const words = lines
        .slice(at + 1)
        .join('\n')
        .replace(/<[^>]*>/g, '');
      return [{ start: seconds(start), end: seconds(end), text: plain(words) }];
    });
}

// Text without regard to where its lines break: some draw a break as a space, some as an element.
const plain = (text) =>
  text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&').replace(/\s+/g, '');
