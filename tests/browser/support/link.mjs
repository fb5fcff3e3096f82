// SPDX-License-Identifier: Apache-2.0
//
// A link between a browser and a server on this machine: a token bucket and added delay, in user
// space. All connections share it, in turns of a packet, as TCP flows of equal round-trip time do.
//
//     browser --- half the delay --> server
//     browser <-- bucket of rate <-- half the delay --- server
//
// A new connection waits for a round trip first (SYN, SYN-ACK). What it does not imitate: slow start,
// loss, and queues that fill at the bottleneck.
import net from 'node:net';

const PACKET = 1448; // bytes of payload
const TICK_MS = 2;
const BURST_MS = 4; // that the bucket holds
const QUEUE_MAX = 128 * 1024; // per connection: then the server waits

class Flow {
  queue = []; // [when it may leave, bytes]
  queued = 0;
  hasEnded = false;

  constructor(link, client, port) {
    this.client = client;
    this.server = net.connect(port, '127.0.0.1');
    this.openAt = performance.now() + link.delayMs; // the handshake
    client.setNoDelay(true);
    this.server.setNoDelay(true);
    client.on('data', (bytes) => {
      const wait = Math.max(0, this.openAt - performance.now()) + link.delayMs / 2;
      setTimeout(() => this.server.writable && this.server.write(bytes), wait);
    });
    this.server.on('data', (bytes) => {
      link.bytes += bytes.length;
      this.queue.push([performance.now() + link.delayMs / 2, bytes]);
      this.queued += bytes.length;
      if (this.queued > QUEUE_MAX) this.server.pause();
    });
    this.server.on('end', () => (this.hasEnded = true));
    const over = () => (client.destroy(), this.server.destroy(), link.flows.delete(this));
    client.on('close', over);
    client.on('error', over);
    this.server.on('error', over);
  }

  // Sends at most a packet; how many bytes went.
  send(now) {
    const first = this.queue[0];
    if (!first || first[0] > now) {
      if (!first && this.hasEnded) this.client.end();
      return 0;
    }
    const bytes = first[1].subarray(0, PACKET);
    if (bytes.length === first[1].length) this.queue.shift();
    else first[1] = first[1].subarray(PACKET);
    this.queued -= bytes.length;
    if (this.queued < QUEUE_MAX / 2 && this.server.isPaused()) this.server.resume();
    this.client.write(bytes);
    return bytes.length;
  }
}

export class Link {
  flows = new Set();
  bytes = 0; // that the server has sent
  tokens = 0; // bytes
  last = performance.now();

  // kbps: a number, or a function of the milliseconds since begin(). delayMs: the round trip that the
  // link adds.
  constructor({ kbps, delayMs }) {
    this.set({ kbps, delayMs });
    this.server = net.createServer((client) => this.flows.add(new Flow(this, client, this.port)));
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  set({ kbps, delayMs = this.delayMs }) {
    this.kbps = typeof kbps === 'function' ? kbps : () => kbps;
    this.delayMs = delayMs;
    this.begin();
  }

  begin() {
    this.begun = performance.now();
  }

  // Listens on a free port of the loopback in front of `url`; answers with its own address.
  async open(url) {
    this.port = Number(new URL(url).port);
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  tick() {
    const now = performance.now();
    const perMs = this.kbps(now - this.begun) / 8; // bytes
    this.tokens = Math.min(
      this.tokens + perMs * (now - this.last),
      Math.max(PACKET, perMs * Math.max(BURST_MS, now - this.last)),
    );
    this.last = now;
    for (let idle = 0; this.tokens > 0 && idle < this.flows.size;) {
      const [flow] = this.flows; // whose turn it is
      this.flows.delete(flow);
      this.flows.add(flow);
      const bytes = flow.send(now);
      this.tokens -= bytes;
      idle = bytes > 0 ? 0 : idle + 1;
    }
  }

  async close() {
    clearInterval(this.timer);
    for (const flow of this.flows) flow.client.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

// A recorded link of lines "duration_ms,kbps", over and over.
export function replay(text) {
  const steps = text
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number))
    .filter(([ms]) => ms > 0);
  const totalMs = steps.reduce((sum, [ms]) => sum + ms, 0);
  return (atMs) => {
    let left = atMs % totalMs;
    for (const [ms, kbps] of steps) {
      if (left < ms) return kbps;
      left -= ms;
    }
    return steps.at(-1)[1];
  };
}
