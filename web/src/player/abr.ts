// SPDX-License-Identifier: Apache-2.0
//
// The engine's manager of adaptation, which asks our rule. The rule is asked when a video segment has
// been appended and before the next one is requested, and again while a segment is on its way.
//
//     transfer   began ... look (every 200 ms) ... ended ──> observe
//                           └ a lower rung: abort, switch      segment appended ──> choose ──> switch
//
// Audio and video share the link: what the rule hears of a transfer are all bytes of the film that
// came while it ran, and the sizes and rates that it is told are those of both.
import type shaka from 'shaka-player/dist/shaka-player.dash-es2021.js';

import { AHEAD_MAX, type Ladder, Rule } from './rule';
import type { Moments, Transfer, TransferListener } from './transport';

const LOOK_MS = 200;
const LEARN_AT_S = 15; // of buffer: then the indexes of other rungs may have the link
const DECISIONS_MAX = 400;

export type Cause = 'start' | 'next' | 'abandon' | 'seek';

export interface Decision {
  atMs: number; // on the page's clock
  mediaS: number; // where the segment begins
  bufferS: number;
  estimateBps: number;
  rung: number; // 0 is the lowest
  cause: Cause;
  sizesKnown: boolean;
}

interface Index {
  starts: number[];
  ends: number[];
  bytes: number[];
}

interface Rung {
  video: shaka.extern.Stream;
  variant: shaka.extern.Variant;
}

type Player = Pick<shaka.Player, 'addEventListener'>;

const nowS = () => performance.now() / 1000;

function indexOf(stream: shaka.extern.Stream): Index | null {
  const source = stream.segmentIndex;
  if (!source) return null;
  const index: Index = { starts: [], ends: [], bytes: [] };
  for (const segment of source) {
    const last = segment?.getEndByte() ?? null;
    if (!segment || last === null) return null;
    index.starts.push(segment.getStartTime());
    index.ends.push(segment.getEndTime());
    index.bytes.push(last + 1 - segment.getStartByte());
  }
  return index.starts.length > 0 ? index : null;
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

export class Abr implements TransferListener {
  readonly decisions: Decision[] = [];
  private rungs: Rung[] = [];
  private isEnabled = false;
  private rate = 1;
  private video: HTMLMediaElement | null = null;
  private switchTo: shaka.extern.AbrManager.SwitchCallback | null = null;
  private averages = new Map<string, number>(); // bit/s, by the track's name
  private readonly indexes = new Map<number, Index>(); // by stream
  private chosen: shaka.extern.Variant | null = null;
  private last = -1; // rung of the last segment that arrived
  private nextS: number; // where the next segment begins
  private received = 0; // bytes of the film
  private readonly running = new Map<Transfer, { before: number; wasShared: boolean }>();
  private timer: ReturnType<typeof setInterval> | undefined;
  private isLearning = false;
  private planned: number | null = null; // rung of which the first segment has been asked for

  constructor(
    private readonly rule: Rule,
    startS: number,
    private readonly fallbackBps: number,
  ) {
    this.nextS = startS;
  }

  // What the engine's interface does not say: when a segment was appended.
  listen(player: Player) {
    player.addEventListener('segmentappended', (event) => {
      const { contentType, end } = event as unknown as { contentType: string; end: number };
      if (contentType !== 'video') return;
      if (this.chosen) this.last = this.rungOf(this.chosen);
      this.nextS = end;
      if (this.isEnabled) this.decide('next');
      void this.learn();
    });
  }

  private rungOf(variant: shaka.extern.Variant | null): number {
    return this.rungs.findIndex(({ video }) => video.id === variant?.video?.id);
  }

  private bufferS(): number {
    if (!this.video) return 0;
    const { buffered, currentTime } = this.video;
    for (let i = 0; i < buffered.length; i++)
      if (buffered.start(i) <= currentTime + 0.1 && buffered.end(i) > currentTime)
        return (buffered.end(i) - currentTime) / this.rate;
    return 0;
  }

  private leftS(): number {
    const { duration, currentTime } = this.video ?? { duration: NaN, currentTime: 0 };
    return Number.isFinite(duration) ? Math.max(0, duration - currentTime) / this.rate : Infinity;
  }

  private indexFor(stream: shaka.extern.Stream): Index | null {
    const known = this.indexes.get(stream.id);
    if (known) return known;
    const index = indexOf(stream);
    if (index) this.indexes.set(stream.id, index);
    return index;
  }

  // The tracks' average rates as the catalogue has them. Answers with the rung to begin with, of
  // rates that rise.
  begin(averages: Map<string, number>, ratesBps: number[]): number {
    this.averages = averages;
    const ladder = { rates: ratesBps, sizes: null, ahead: 0, segmentS: 2 };
    this.planned = Math.max(0, this.rule.choose(ladder, 0, Infinity, nowS(), -1));
    return this.planned;
  }

  // Average rate of a stream: the manifest has only the peak.
  private rateOf(stream: shaka.extern.Stream): number {
    const average = this.averages.get(stream.originalId ?? '');
    if (average) return average;
    const index = this.indexFor(stream);
    if (!index) return stream.bandwidth ?? 0;
    return (sum(index.bytes) * 8) / (index.ends.at(-1)! - index.starts[0]!);
  }

  // Rates and sizes from `atS` on, as far as indexes are known for all rungs. At twice the speed, the
  // same bytes are due in half the time.
  private ladder(atS: number): Ladder {
    const audio = this.rungs.map(({ variant }) => (variant.audio ? this.rateOf(variant.audio) : 0));
    const rates = this.rungs.map(({ video }, i) => (this.rateOf(video) + audio[i]!) * this.rate);
    for (let i = 1; i < rates.length; i++) rates[i] = Math.max(rates[i]!, rates[i - 1]! + 1);
    const indexes = this.rungs.map(({ video }) => this.indexFor(video));
    const known = indexes.find((index) => index !== null);
    const from = known ? known.ends.findIndex((end) => end > atS + 0.05) : -1;
    const durationS = known && from >= 0 ? known.ends[from]! - known.starts[from]! : 2;
    const plain = { rates, sizes: null, ahead: 0, segmentS: durationS / this.rate };
    if (from < 0 || !indexes.every((index) => index?.bytes.length === known!.bytes.length))
      return plain;
    const sizes: number[] = [];
    const ahead = Math.min(AHEAD_MAX, known!.bytes.length - from);
    for (let i = from; i < from + ahead; i++)
      indexes.forEach((index, rung) => {
        const lengthS = known!.ends[i]! - known!.starts[i]!;
        sizes.push(index!.bytes[i]! + (audio[rung]! * lengthS) / 8);
      });
    return { ...plain, sizes, ahead };
  }

  private pick(rung: number, ladder: Ladder, cause: Cause, bufferS: number) {
    this.chosen = this.rungs[rung]!.variant;
    this.decisions.push({
      atMs: performance.now(),
      mediaS: this.nextS,
      bufferS,
      estimateBps: this.rule.estimateBps(),
      rung,
      cause,
      sizesKnown: ladder.sizes !== null,
    });
    if (this.decisions.length > DECISIONS_MAX) this.decisions.shift();
    return this.chosen;
  }

  private decide(cause: Cause) {
    if (this.rungs.length === 0) return;
    const before = this.chosen;
    const ladder = this.ladder(this.nextS);
    const bufferS = cause === 'seek' ? 0 : this.bufferS();
    const rung = this.rule.choose(ladder, bufferS, this.leftS(), nowS(), this.last);
    const variant = this.pick(Math.max(0, rung), ladder, cause, bufferS);
    if (variant !== before) this.switchTo?.(variant, false, 0);
  }

  // Indexes of the rungs beside the present one, one at a time: they tell sizes, and spare a
  // later switch a round trip.
  private async learn() {
    if (this.isLearning || this.bufferS() < LEARN_AT_S) return;
    const at = this.rungOf(this.chosen);
    const unknown = this.rungs
      .map(({ video }, rung) => ({ video, distance: Math.abs(rung - at) }))
      .filter(({ video }) => !this.indexFor(video))
      .sort((a, b) => a.distance - b.distance)[0];
    if (!unknown) return;
    this.isLearning = true;
    try {
      await unknown.video.createSegmentIndex();
      this.indexFor(unknown.video);
    } catch {
      // the engine will ask for it itself, and say why it fails
    } finally {
      this.isLearning = false;
    }
  }

  // --- of the transport

  began(transfer: Transfer) {
    const isAlone = this.running.size === 0;
    for (const one of this.running.values()) one.wasShared = true;
    this.running.set(transfer, { before: this.total(), wasShared: !isAlone });
    this.timer ??= setInterval(() => this.look(), LOOK_MS);
  }

  answered(transfer: Transfer) {
    this.running.get(transfer)!.before = this.total();
  }

  private total(): number {
    let bytes = this.received;
    for (const one of this.running.keys()) bytes += one.bytes;
    return bytes;
  }

  private bytesDuring(transfer: Transfer): number {
    return this.total() - this.running.get(transfer)!.before;
  }

  private static isVideo(transfer: Transfer): boolean {
    return transfer.context?.stream?.type === 'video' && transfer.context.segment != null;
  }

  private look() {
    for (const transfer of this.running.keys()) {
      if (!Abr.isVideo(transfer) || !this.isEnabled) continue;
      const { stream, segment } = transfer.context!;
      const rung = this.rungs.findIndex(({ video }) => video.id === stream!.id);
      if (rung < 0) continue;
      const ladder = this.ladder((segment as shaka.media.SegmentReference).getStartTime() + 0.1);
      const elapsedS = nowS() - transfer.startS;
      const firstS = transfer.firstByteS === null ? -1 : transfer.firstByteS - transfer.startS;
      const bufferS = this.bufferS();
      const bytes = this.bytesDuring(transfer);
      const lower = this.rule.abandon(ladder, bufferS, rung, bytes, elapsedS, firstS);
      if (lower < 0 || lower >= rung) continue;
      const variant = this.pick(lower, ladder, 'abandon', bufferS);
      this.switchTo?.(variant, false, 0);
      transfer.abort();
    }
  }

  // A transfer that ran beside another one of the film's is told once, by the video's.
  ended(transfer: Transfer, moments: Promise<Moments | null>) {
    const bytes = this.bytesDuring(transfer);
    const { wasShared } = this.running.get(transfer)!;
    this.running.delete(transfer);
    this.received += transfer.bytes;
    const isHead = transfer.context === null;
    if (this.running.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    if (transfer.context?.segment == null && !isHead) return; // init or index: too short to tell
    if (wasShared && !Abr.isVideo(transfer) && !(isHead && this.running.size === 0)) return;
    void moments.then((at) => at && this.rule.observe(bytes, at.startS, at.firstByteS, at.endS));
  }

  saved(): number[] {
    return this.rule.save();
  }

  estimateBps(): number {
    return this.rule.estimateBps() || this.fallbackBps;
  }

  // --- what the engine calls (shaka.extern.AbrManager)

  manager(): shaka.extern.AbrManager {
    return {
      init: (switchTo) => void (this.switchTo = switchTo),
      stop: () => this.stop(),
      release: () => this.stop(),
      chooseVariant: () => this.first(),
      enable: () => void (this.isEnabled = true),
      disable: () => this.letGo(),
      segmentDownloaded: () => {},
      trySuggestStreams: () => {},
      getBandwidthEstimate: () => this.estimateBps(),
      setVariants: (variants) => this.setVariants(variants),
      playbackRateChanged: (rate) => void (this.rate = Math.abs(rate) || this.rate),
      setMediaElement: (video) => this.setMedia(video),
      setCmsdManager: () => {},
      configure: () => {},
    };
  }

  // The viewer chooses now; the rule watches, and begins afresh when it is asked again.
  private letGo() {
    this.isEnabled = false;
    this.chosen = null;
  }

  private setVariants(variants: shaka.extern.Variant[]): boolean {
    const byVideo = new Map<number, shaka.extern.Variant[]>();
    for (const variant of variants) {
      if (!variant.video) continue;
      const same = byVideo.get(variant.video.id) ?? [];
      byVideo.set(variant.video.id, [...same, variant]);
    }
    const ladders = [...byVideo.values()].sort(
      (a, b) => (a[0]!.video!.bandwidth ?? 0) - (b[0]!.video!.bandwidth ?? 0),
    );
    // Audio of several rates rises with the picture.
    this.rungs = ladders.map((same, rung) => {
      const rising = [...same].sort((a, b) => a.bandwidth - b.bandwidth);
      const part = ladders.length > 1 ? rung / (ladders.length - 1) : 1;
      const variant = rising[Math.round(part * (rising.length - 1))]!;
      return { video: variant.video!, variant };
    });
    return true;
  }

  private first(): shaka.extern.Variant {
    const ladder = this.ladder(this.nextS);
    const bufferS = this.bufferS();
    const rung = this.planned ?? this.rule.choose(ladder, bufferS, this.leftS(), nowS(), this.last);
    this.planned = null;
    return this.pick(Math.min(Math.max(0, rung), this.rungs.length - 1), ladder, 'start', bufferS);
  }

  private setMedia(video: HTMLMediaElement | null) {
    this.video = video;
    video?.addEventListener('seeking', this.sought);
  }

  private readonly sought = () => {
    if (!this.video || this.bufferS() > 0) return;
    this.nextS = this.video.currentTime;
    if (this.isEnabled) this.decide('seek');
  };

  private stop() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.video?.removeEventListener('seeking', this.sought);
    this.video = null;
    this.switchTo = null;
    this.isEnabled = false;
  }
}
