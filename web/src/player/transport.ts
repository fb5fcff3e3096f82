// SPDX-License-Identifier: Apache-2.0
//
// How bytes come to the engine: fetch, with the moments that the rule wants to know, and with the
// heads of files that were asked for before the engine knew that it would need them.
//
//     file   | init | index | segment 0 | segment 1 ...
//     head   |-------- one request ----------|            asked for as soon as the film is chosen
//     engine   [init] [index] [segment 0]  [segment 1]    cut from the head as its bytes arrive; what
//                                      |.......|          it lacks is fetched, and joined to it
//
// So a film begins with two round trips, the play call and everything else, where the engine alone
// would make five: manifest, index, init and segment one after the other.
import type shaka from 'shaka-player/dist/shaka-player.dash-es2021.js';

import { Steering, steeringIn } from './steering';

export interface Transfer {
  readonly url: string;
  readonly context: shaka.extern.RequestContext | null;
  readonly startS: number;
  firstByteS: number | null;
  bytes: number;
  abort(): void;
}

export interface TransferListener {
  began(transfer: Transfer): void;
  answered(transfer: Transfer): void; // firstByteS is known now
  ended(transfer: Transfer, moments: Promise<Moments | null>): void;
}

const nowS = () => performance.now() / 1000;
const absolute = (url: string) => new URL(url, location.href).href;

// The browser's own notes: when a response really began and ended, however busy this script was, and
// whether it came out of the browser's cache, which says nothing of the link. An observer, for the
// page's list of resources ends at 250.
const PROGRESS_MS = 100;
const ANSWER_MS_MAX = 5000; // of a cache, while there is another one to ask
const NOTES_MAX = 32;
const notes: PerformanceResourceTiming[] = [];
if (typeof PerformanceObserver !== 'undefined')
  new PerformanceObserver((list) => {
    notes.push(...(list.getEntries() as PerformanceResourceTiming[]));
    notes.splice(0, notes.length - NOTES_MAX);
  }).observe({ type: 'resource' });

export interface Moments {
  startS: number;
  firstByteS: number;
  endS: number;
}

// Null: out of the cache. The note follows the last byte by a task or two; an append takes longer.
async function momentsOf({ url, startS, firstByteS }: Transfer): Promise<Moments | null> {
  const endS = nowS();
  await new Promise((resolve) => setTimeout(resolve, 4));
  const note = notes.find(
    ({ name, startTime }) => name === url && Math.abs(startTime / 1000 - startS) < 0.005,
  );
  if (note && note.transferSize === 0 && note.encodedBodySize > 0) return null;
  if (!note || note.responseStart === 0) return { startS, firstByteS: firstByteS ?? endS, endS };
  return {
    startS: note.requestStart / 1000,
    firstByteS: note.responseStart / 1000,
    endS: note.responseEnd / 1000,
  };
}

// The first bytes of a file, on their way.
class Head {
  private readonly chunks: Uint8Array[] = [];
  private bytes = 0;
  private wake: (() => void)[] = [];
  private hasEnded = false;
  private hasFailed = false;
  readonly control = new AbortController();

  constructor(
    readonly url: string,
    private readonly wanted: number, // Infinity: the whole file
    private readonly listener: TransferListener,
  ) {
    const transfer: Transfer = {
      url,
      context: null,
      startS: nowS(),
      firstByteS: null,
      bytes: 0,
      abort: () => this.control.abort(),
    };
    listener.began(transfer);
    void this.read(transfer)
      .catch(() => (this.hasFailed = true))
      .finally(() => {
        this.hasEnded = true;
        this.rouse();
        listener.ended(transfer, momentsOf(transfer));
      });
  }

  private async read(transfer: Transfer) {
    const isPart = Number.isFinite(this.wanted);
    const response = await fetch(this.url, {
      signal: this.control.signal,
      ...(isPart ? { headers: { range: `bytes=0-${this.wanted - 1}` } } : {}),
    });
    transfer.firstByteS = nowS(); // of the header: the body's first bytes come with it
    this.listener.answered(transfer);
    if (response.status !== 206 && response.status !== 200) throw new Error('no such file');
    const reader = response.body!.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      transfer.bytes += value.byteLength;
      this.chunks.push(value);
      this.bytes += value.byteLength;
      this.rouse();
    }
  }

  private rouse() {
    const waiting = this.wake;
    this.wake = [];
    waiting.forEach((go) => go());
  }

  // Bytes from `start` up to before `end`, or as many of them as the head will ever have.
  async cut(start: number, end: number): Promise<Uint8Array> {
    while (!this.hasEnded && this.bytes < end)
      await new Promise<void>((resolve) => this.wake.push(resolve));
    return join(this.chunks).subarray(start, Math.max(start, Math.min(end, this.bytes)));
  }

  has(start: number): boolean {
    return start < (this.hasEnded ? this.bytes : this.wanted);
  }

  // The file from its first byte to its last; null when that is not what came.
  async all(): Promise<Uint8Array | null> {
    if (Number.isFinite(this.wanted)) return null;
    const bytes = await this.cut(0, Infinity);
    return this.hasFailed ? null : bytes;
  }
}

function join(chunks: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

function rangeOf(request: shaka.extern.Request): [number, number] | null {
  const found = /^bytes=(\d+)-(\d+)$/.exec(request.headers['Range'] ?? '');
  return found ? [Number(found[1]), Number(found[2]) + 1] : null;
}

type Library = typeof shaka;
type Progress = shaka.extern.ProgressUpdated;
type HeadersReceived = shaka.extern.HeadersReceived;

// One at a time: the engine's schemes are global, and there is one film on the page.
let current: Transport | null = null;
let isRegistered = false;

export class Transport {
  private readonly heads = new Map<string, Head>();
  private readonly answers = new Map<string, Promise<Uint8Array | null>>();
  private readonly contexts = new WeakMap<object, shaka.extern.RequestContext>();
  private library: Library | null = null;
  private steering: Steering | null = null;

  constructor(private readonly listener: TransferListener) {}

  // Asks for the first `bytes` of a file, or for all of it. The engine's requests are served from
  // them.
  begin(url: string, bytes = Infinity) {
    const key = absolute(url);
    if (!this.heads.has(key)) this.heads.set(key, new Head(key, bytes, this.listener));
  }

  // Asks for a licence now. The engine's requests of that address are answered with it, unless it
  // was refused.
  beginAnswer(url: string, init: RequestInit) {
    const answer = fetch(url, init)
      .then(async (reply) => (reply.ok ? new Uint8Array(await reply.arrayBuffer()) : null))
      .catch(() => null);
    this.answers.set(absolute(url), answer);
  }

  // For all that the player will fetch.
  attach(library: Library, player: shaka.Player) {
    this.library = library;
    current = this;
    player.getNetworkingEngine()!.registerRequestFilter((_type, request, context) => {
      if (context) this.contexts.set(request, context);
    });
    if (isRegistered) return;
    isRegistered = true;
    const { NetworkingEngine } = library.net;
    const priority = NetworkingEngine.PluginPriority.APPLICATION;
    const scheme: shaka.extern.SchemePlugin = (url, request, type, progress, headers) =>
      current!.open(url, request, type, progress, headers);
    for (const name of ['http', 'https'])
      NetworkingEngine.registerScheme(name, scheme, priority, true);
  }

  close() {
    for (const head of this.heads.values()) head.control.abort();
    this.heads.clear();
    this.answers.clear();
    this.steering?.close();
    if (current === this) current = null;
  }

  private open(
    url: string,
    request: shaka.extern.Request,
    type: shaka.net.NetworkingEngine.RequestType,
    progress: Progress,
    headers: HeadersReceived,
  ): shaka.extern.IAbortableOperation<shaka.extern.Response> {
    const control = new AbortController();
    const promise = this.load(url, request, type, progress, headers, control).catch((error) => {
      throw this.errorOf(error, url, type, control.signal.aborted);
    });
    const operation = new this.library!.util.AbortableOperation(promise, async () =>
      control.abort(),
    );
    return operation as unknown as shaka.extern.IAbortableOperation<shaka.extern.Response>;
  }

  private errorOf(
    error: unknown,
    url: string,
    type: shaka.net.NetworkingEngine.RequestType,
    isAborted: boolean,
  ) {
    const { Error: EngineError } = this.library!.util;
    if (error instanceof EngineError) return error;
    return new EngineError(
      EngineError.Severity.RECOVERABLE,
      EngineError.Category.NETWORK,
      isAborted ? EngineError.Code.OPERATION_ABORTED : EngineError.Code.HTTP_ERROR,
      url,
      ...(isAborted ? [type] : [error, type]),
    );
  }

  private async load(
    url: string,
    request: shaka.extern.Request,
    type: shaka.net.NetworkingEngine.RequestType,
    progress: Progress,
    headersReceived: HeadersReceived,
    control: AbortController,
  ): Promise<shaka.extern.Response> {
    const { LICENSE } = this.library!.net.NetworkingEngine.RequestType;
    const answer = type === LICENSE ? await this.answers.get(absolute(url)) : null;
    if (answer) {
      headersReceived({});
      return this.reply(absolute(url), url, request, answer, 200, {});
    }
    const head = request.method === 'GET' ? this.heads.get(absolute(url)) : undefined;
    const whole = await head?.all();
    if (whole) {
      headersReceived({});
      if (type === this.library!.net.NetworkingEngine.RequestType.MANIFEST)
        this.steer(whole, absolute(url));
      return this.reply(absolute(url), url, request, whole, 200, {});
    }
    const range = rangeOf(request);
    let early: Uint8Array | null = null;
    if (range && head && head.has(range[0])) {
      early = await head.cut(range[0], range[1]);
      if (early.byteLength === range[1] - range[0]) {
        headersReceived({});
        return this.reply(absolute(url), url, request, early, 206, {});
      }
    }
    const have = early?.byteLength ?? 0;
    const headers = new Headers(request.headers);
    if (range && have > 0) headers.set('range', `bytes=${range[0] + have}-${range[1] - 1}`);
    return this.fetch(url, request, type, headers, early, progress, headersReceived, control);
  }

  private steer(manifest: Uint8Array, url: string) {
    const address = steeringIn(new TextDecoder().decode(manifest), url);
    if (address && !this.steering) this.steering = new Steering(address);
  }

  // Segments come from the cache that is best for this viewer, or else from the next one, so that the
  // death of a cache costs a request and no picture.
  private async fetch(
    url: string,
    request: shaka.extern.Request,
    type: shaka.net.NetworkingEngine.RequestType,
    headers: Headers,
    early: Uint8Array | null,
    progress: Progress,
    headersReceived: HeadersReceived,
    control: AbortController,
  ) {
    const { RequestType } = this.library!.net.NetworkingEngine;
    const isSteered = type === RequestType.SEGMENT && this.steering !== null;
    const addresses = isSteered ? this.steering!.addresses(absolute(url)) : [url];
    for (const address of addresses.slice(0, -1)) {
      const limit = new AbortController();
      const stop = () => limit.abort();
      control.signal.addEventListener('abort', stop);
      const timer = setTimeout(stop, ANSWER_MS_MAX);
      try {
        return await this.fetchFrom(
          address,
          url,
          request,
          type,
          headers,
          early,
          progress,
          (fields) => (clearTimeout(timer), headersReceived(fields)),
          limit,
        );
      } catch (error) {
        if (control.signal.aborted) throw error;
        this.steering?.failed(address);
      } finally {
        clearTimeout(timer);
        control.signal.removeEventListener('abort', stop);
      }
    }
    const last = addresses.at(-1)!;
    return this.fetchFrom(
      last,
      url,
      request,
      type,
      headers,
      early,
      progress,
      headersReceived,
      control,
    );
  }

  private async fetchFrom(
    address: string,
    url: string,
    request: shaka.extern.Request,
    type: shaka.net.NetworkingEngine.RequestType,
    headers: Headers,
    early: Uint8Array | null,
    progress: Progress,
    headersReceived: HeadersReceived,
    control: AbortController,
  ) {
    const transfer: Transfer = {
      url: absolute(address),
      context: this.contexts.get(request) ?? null,
      startS: nowS(),
      firstByteS: null,
      bytes: 0,
      abort: () => control.abort(),
    };
    const isMedia = type === this.library!.net.NetworkingEngine.RequestType.SEGMENT;
    if (isMedia) this.listener.began(transfer);
    try {
      const response = await fetch(address, {
        method: request.method,
        headers,
        signal: control.signal,
        ...(request.body ? { body: request.body as BodyInit } : {}),
        ...(request.allowCrossSiteCredentials ? { credentials: 'include' as const } : {}),
      });
      transfer.firstByteS = nowS();
      if (isMedia) this.listener.answered(transfer);
      const fields = Object.fromEntries(response.headers);
      headersReceived(fields);
      const body = await read(response, transfer, progress);
      if (!response.ok) throw this.refusal(url, response, body, fields, type);
      const whole = early ? join([early, body]) : body;
      // What is relative to a segment is relative to the address that the engine knows.
      const uri = address === url ? response.url : absolute(url);
      return this.reply(uri, url, request, whole, response.status, fields);
    } finally {
      if (isMedia) this.listener.ended(transfer, momentsOf(transfer));
    }
  }

  private refusal(
    url: string,
    response: Response,
    body: Uint8Array,
    fields: Record<string, string>,
    type: shaka.net.NetworkingEngine.RequestType,
  ) {
    const { Error: EngineError } = this.library!.util;
    const isFinal = response.status === 401 || response.status === 403;
    return new EngineError(
      isFinal ? EngineError.Severity.CRITICAL : EngineError.Severity.RECOVERABLE,
      EngineError.Category.NETWORK,
      EngineError.Code.BAD_HTTP_STATUS,
      url,
      response.status,
      new TextDecoder().decode(body),
      fields,
      type,
      url,
    );
  }

  private reply(
    uri: string,
    originalUri: string,
    request: shaka.extern.Request,
    data: Uint8Array,
    status: number,
    headers: Record<string, string>,
  ): shaka.extern.Response {
    const bytes = data.slice().buffer;
    return { uri, originalUri, data: bytes, status, headers, originalRequest: request };
  }
}

async function read(response: Response, transfer: Transfer, progress: Progress) {
  if (!response.body) return new Uint8Array();
  const length = Number(response.headers.get('content-length') ?? 0);
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let told = 0;
  let toldAt = performance.now();
  for (;;) {
    const { done, value } = await reader.read();
    if (value) {
      transfer.bytes += value.byteLength;
      chunks.push(value);
    }
    const now = performance.now();
    if (done || now - toldAt > PROGRESS_MS) {
      progress(now - toldAt, transfer.bytes - told, done ? 0 : length - transfer.bytes);
      told = transfer.bytes;
      toldAt = now;
    }
    if (done) return join(chunks);
  }
}
