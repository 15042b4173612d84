import { type VirtualClock, virtualClock } from "../kit/clock.ts";
import type { Certificate } from "../kit/certificate.ts";
import type { Fault } from "../kit/faults.ts";
import { serve } from "../kit/http.ts";
import type { SpanMs } from "../kit/latency.ts";
import type { Requests } from "../kit/requests.ts";
import type { BearerRule } from "../kit/tokens.ts";
import { adopting } from "./adopt.ts";
import { answering } from "./answer.ts";
import { accountOf } from "./auth.ts";
import { type Dumped, dump } from "./dump.ts";
import { etagSource } from "./etags.ts";
import { openFilesStore } from "./files-store.ts";
import type { Lake, Order } from "./lake.ts";
import { openMemoryStore } from "./memory-store.ts";
import type { Store } from "./store.ts";

/** How a Gen2 account is served; what is absent has a default that suits tests. */
export type Gen2Options = {
  /** `memory` ends with the process; `files` keeps plain files under `root`; or one that somebody else has made. */
  readonly store: "memory" | "files" | Store;
  readonly root?: string | undefined;
  /** 0 or absent: any free port. */
  readonly port?: number | undefined;
  readonly account?: string | undefined;
  /** Base64; absent, and no `bearer` either: every request passes unsigned. */
  readonly accountKey?: string | undefined;
  /** Which tokens are taken; without a key nothing else is, as where shared keys are off. */
  readonly bearer?: BearerRule | undefined;
  /** Serves https; absent: http. */
  readonly tls?: Certificate | undefined;
  readonly faults?: readonly Fault[] | undefined;
  readonly clock?: VirtualClock | undefined;
  /** How many of the last requests are remembered; absent: none. */
  readonly logLimit?: number | undefined;
  /** How long each request takes besides; absent: nothing. */
  readonly latency?: SpanMs | undefined;
  readonly maxAppendBytes?: number | undefined;
  readonly order?: Order | undefined;
  /** Whether a BlobPrefix carries the properties of its folder; the real service's ways aren't proven. */
  readonly blobPrefixProperties?: boolean | undefined;
  /** About how many items the files store holds in memory. */
  readonly maxItems?: number | undefined;
};

/** A Gen2 account that answers on loopback. */
export type Gen2 = {
  /** The endpoint for both protocols, account included. */
  readonly url: string;
  readonly port: number;
  readonly account: string;
  readonly accountKey: string | undefined;
  readonly clock: VirtualClock;
  requests(): Requests;
  resetRequests(): void;
  setFaults(faults: readonly Fault[]): void;
  unusedFaults(): readonly Fault[];
  dump(): Promise<readonly Dumped[]>;
  /** Stops serving; may be called again. */
  close(): Promise<void>;
};

/** Serves a Gen2 account, DFS and Blob on one port of 127.0.0.1. */
export async function startGen2(options: Gen2Options): Promise<Gen2> {
  const account = options.account ?? "lakesink";
  const clock = options.clock ?? virtualClock();
  const newEtag = etagSource();
  const store = openStore(options, newEtag);
  const lake: Lake = {
    store,
    account,
    leases: new Map(),
    maxAppendBytes: options.maxAppendBytes ?? MAX_APPEND_BYTES,
    order: options.order ?? "segment",
    blobPrefixProperties: options.blobPrefixProperties ?? false,
    nowMs: () => clock.nowMs(),
    newEtag,
  };
  const { port, faults, logLimit, latency } = options;
  const served = await serve({
    ...answering(lake, accountOf(account, options.accountKey, options.bearer)),
    port,
    tls: options.tls,
    faults,
    clock,
    logLimit,
    latency,
  });
  let closed: Promise<void> | undefined;
  return {
    url: `${served.url}/${account}`,
    port: served.port,
    account,
    accountKey: options.accountKey,
    clock,
    requests: () => served.requests(),
    resetRequests: () => served.resetRequests(),
    setFaults: (next) => served.setFaults(next),
    unusedFaults: () => served.unusedFaults(),
    async dump() {
      const items: Dumped[] = [];
      for await (const item of dump(lake)) items.push(item);
      return items;
    },
    close: () => (closed ??= served.close().then(() => store.close())),
  };
}

const MAX_APPEND_BYTES = 4000 * 1024 * 1024;
const MAX_ITEMS = 300_000;

function openStore({ store, root, maxItems }: Gen2Options, newEtag: () => string): Store {
  if (typeof store === "object") return store;
  if (store === "memory") return openMemoryStore();
  if (root === undefined) throw new Error("the files store needs a root folder");
  return openFilesStore({ root, maxItems: maxItems ?? MAX_ITEMS, adopt: adopting(newEtag) });
}
