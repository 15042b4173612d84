import type { Caller } from "../kit/acl.ts";
import { type VirtualClock, virtualClock } from "../kit/clock.ts";
import type { Certificate } from "../kit/certificate.ts";
import type { Fault } from "../kit/faults.ts";
import { type Served, serve } from "../kit/http.ts";
import type { SpanMs } from "../kit/latency.ts";
import { type BearerRule, tokenFlaw } from "../kit/tokens.ts";
import type { Operation, WireReply, WireRequest } from "../kit/wire.ts";
import { defaultPrincipals, type Principals } from "./access.ts";
import { accessTable } from "./access-log.ts";
import type { CallRule } from "./call.ts";
import { controlRoutes, type Dumped, dump } from "./dump.ts";
import { filesStore } from "./files-store.ts";
import type { Lake } from "./lake.ts";
import { memoryStore } from "./memory-store.ts";
import { type BadTarget, type Target, targetOf } from "./names.ts";
import { compareIn, type NameOrder } from "./order.ts";
import { readingOps } from "./reading.ts";
import { Refusal } from "./refusal.ts";
import { commonHeaders, faultReply, html, refusalReply } from "./replies.ts";
import type { Store } from "./store.ts";
import { writersOf } from "./writers.ts";
import { writingOps } from "./writing.ts";

/** Which lake to serve, and how. */
export type Gen1Options = {
  /** `files` serves the folder `root`; `memory` starts empty; `given` is one that somebody else has made. */
  readonly store:
    | { readonly kind: "files"; readonly root: string }
    | { readonly kind: "memory" }
    | { readonly kind: "given"; readonly store: Store };
  /** Where owners, permissions, ACLs and expiry are kept; absent: in memory only. */
  readonly meta?: string | undefined;
  readonly port?: number | undefined;
  readonly faults?: readonly Fault[] | undefined;
  /** Order of names in listings; UTF-16 when absent. */
  readonly order?: NameOrder | undefined;
  /** The bearer token to ask for; absent: anything passes. */
  readonly token?: string | undefined;
  /** Which tokens to ask for; goes before `token`. */
  readonly bearer?: BearerRule | undefined;
  /** Serves https; absent: http. */
  readonly tls?: Certificate | undefined;
  /** Whose rights are checked; absent: a super-user's, that is none. */
  readonly caller?: Caller | undefined;
  readonly principals?: Principals | undefined;
  readonly clock?: VirtualClock | undefined;
  /** The most entries in a page, whatever the client asks for; absent: no such bound. */
  readonly pageCap?: number | undefined;
  readonly logLimit?: number | undefined;
  /** How long each request takes besides; absent: nothing. */
  readonly latency?: SpanMs | undefined;
  /** Hears each of the warnings once, when it comes up. */
  readonly onWarning?: ((line: string) => void) | undefined;
};

/** A running Gen1 account on loopback. */
export type Gen1 = Served & {
  /** The lake's content, to fill or look at without HTTP. */
  readonly store: Store;
  /** Every name of the lake, folders before what is in them; with a digest of each file's content when hashed. */
  dump(isHashed: boolean): AsyncIterable<Dumped>;
  /** What is in the folder but not served, one line each; grows as folders are listed. */
  warnings(): readonly string[];
};

/** Starts an emulator of one Data Lake Storage Gen1 account. */
export async function startGen1(options: Gen1Options): Promise<Gen1> {
  const order = options.order ?? "utf16";
  const clock = options.clock ?? virtualClock();
  const store = storeOf(options, clock, order);
  const lake: Lake = {
    store,
    table: accessTable(options.meta),
    writers: writersOf(clock),
    clock,
    compare: compareIn(order),
    principals: options.principals ?? defaultPrincipals,
    caller: options.caller,
    pageCap: options.pageCap ?? Infinity,
  };
  const served = await serve<Gen1Operation>({
    port: options.port,
    faults: options.faults,
    logLimit: options.logLimit,
    latency: options.latency,
    clock,
    identify,
    tls: options.tls,
    handle: (request, operation) => answer(lake, options, request, operation),
    refuse: (effect, _, { target }) => faultReply(effect, "path" in target && target.isExtension),
    control: controlRoutes(lake),
  });
  const close = async () => {
    await served.close();
    lake.table.close();
  };
  return { ...served, store, dump: (isHashed) => dump(lake, isHashed), warnings: () => store.warnings(), close };
}

function storeOf({ store, onWarning }: Gen1Options, clock: VirtualClock, order: NameOrder): Store {
  switch (store.kind) {
    case "files":
      return filesStore(store.root, order, onWarning);
    case "memory":
      return memoryStore(clock, order);
    case "given":
      return store.store;
  }
}

type Gen1Operation = Operation & { readonly target: Target | BadTarget };

const rules: ReadonlyMap<string, CallRule> = new Map(Object.entries({ ...readingOps, ...writingOps }));

function identify(request: WireRequest): Gen1Operation {
  const target = targetOf(request.rawPath);
  const op = request.query.get("op")?.toUpperCase() ?? "";
  return { op: rules.has(op) ? op : "UNKNOWN", path: "path" in target ? target.path : request.rawPath, target };
}

async function answer(
  lake: Lake,
  { token, bearer }: Gen1Options,
  request: WireRequest,
  { op, target }: Gen1Operation,
): Promise<WireReply> {
  const isExtension = "path" in target && target.isExtension;
  try {
    const flaw = bearer && tokenFlaw(request.headers.authorization, bearer, lake.clock.nowMs());
    if (flaw !== undefined) throw new Refusal("unauthorized", `Unauthorized. ${flaw}`);
    if (bearer === undefined && token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      throw new Refusal("unauthorized", "Unauthorized. The token is missing or has expired.");
    }
    if ("flaw" in target) return misaddressed(target);
    const rule = rules.get(op);
    if (rule === undefined || rule.method !== request.method) {
      throw new Refusal("unsupported", `${request.method} does not support op=${request.query.get("op") ?? ""}`);
    }
    if (rule.flag !== undefined && request.query.get(rule.flag)?.toLowerCase() !== "true") {
      return redirect(request, rule.flag);
    }
    return await rule.run({ lake, request, op, path: target.path, isExtension });
  } catch (error) {
    return refusalReply(error, op, isExtension);
  }
}

function misaddressed({ flaw }: BadTarget): WireReply {
  switch (flaw) {
    case "address":
      return html(404, "Not Found");
    case "character":
      return html(400, "Bad Request - Invalid URL");
    case "encoding":
    case "dots":
      throw new Refusal("bad-argument", "Invalid path");
  }
}

// The first step of plain WebHDFS: the client is sent to where the data is, which is here.
function redirect(request: WireRequest, flag: string): WireReply {
  const location = `http://${request.headers.host}${request.target}&${flag}=true`;
  return { status: 307, headers: { ...commonHeaders(false), Location: location } };
}
