// SPDX-License-Identifier: Apache-2.0
//
// Content steering (ETSI TS 103 998) beneath the engine: which cache a segment is asked of, and which
// one next when that does not answer. The engine asks its own address and never learns of it.
//
//     manifest   <BaseURL serviceLocation=".">  <ContentSteering>/v1/steering</ContentSteering>
//     document   PATHWAY-PRIORITY [near, far, "."]   PATHWAY-CLONES near -> HOST 192.0.2.7 ...
//     request    near --cut--> far --------> bytes        near rests for the document's time to live
//
// The engine could do the first part itself; its shortened build has lost the names of a clone's
// members, and it gives a request up before it asks another cache.
const TTL_S = 300;
const TTL_S_MIN = 5;

interface Clone {
  'BASE-ID': string;
  ID: string;
  'URI-REPLACEMENT': { HOST?: string };
}

interface Document {
  TTL?: number;
  'RELOAD-URI'?: string;
  'PATHWAY-PRIORITY': string[];
  'PATHWAY-CLONES'?: Clone[];
}

// Where the manifest says that one may ask; null: nowhere.
export function steeringIn(manifest: string, base: string): string | null {
  const found = /<ContentSteering[^>]*>\s*([^<\s]+)\s*</.exec(manifest);
  return found ? new URL(found[1]!.replace(/&amp;/g, '&'), base).href : null;
}

export class Steering {
  private hosts: (string | null)[] = []; // best first; null: as the engine has it
  private readonly resting = new Map<string | null, number>(); // until when, performance.now()
  private ttlMs = TTL_S * 1000;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly stop = new AbortController();

  constructor(private url: string) {
    void this.load();
  }

  private async load() {
    const reply = await fetch(this.url, { signal: this.stop.signal }).catch(() => null);
    const document = reply?.ok ? ((await reply.json().catch(() => null)) as Document | null) : null;
    if (document) this.take(document);
    if (!this.stop.signal.aborted) this.timer = setTimeout(() => void this.load(), this.ttlMs);
  }

  take(document: Document) {
    const clones = new Map(
      (document['PATHWAY-CLONES'] ?? []).map((clone) => [clone.ID, clone['URI-REPLACEMENT'].HOST]),
    );
    this.hosts = document['PATHWAY-PRIORITY'].map((id) => clones.get(id) ?? null);
    this.ttlMs = Math.max(TTL_S_MIN, document.TTL ?? TTL_S) * 1000;
    if (document['RELOAD-URI']) this.url = new URL(document['RELOAD-URI'], this.url).href;
  }

  // The addresses to ask, best first: never none. Those that failed lately come last.
  addresses(url: string): string[] {
    const now = performance.now();
    const hosts = this.hosts.length > 0 ? this.hosts : [null];
    const isResting = (host: string | null) => (this.resting.get(host) ?? 0) > now;
    const order = [
      ...hosts.filter((host) => !isResting(host)),
      ...hosts.filter((host) => isResting(host)),
    ];
    return order.map((host) => {
      if (host === null) return url;
      const address = new URL(url);
      address.hostname = host; // the port stays
      return address.href;
    });
  }

  failed(address: string) {
    const { hostname } = new URL(address);
    const host = this.hosts.includes(hostname) ? hostname : null;
    this.resting.set(host, performance.now() + this.ttlMs);
  }

  close() {
    this.stop.abort();
    clearTimeout(this.timer);
  }
}
