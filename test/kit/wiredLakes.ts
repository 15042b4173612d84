import { budget } from "../../src/core/budget.ts";
import type { Clock } from "../../src/core/clock.ts";
import type { StoreName } from "../../src/core/waits.ts";
import type { Ferry } from "../../src/ferry/ferry.ts";
import { gen1Dialect } from "../../src/lake/gen1Json.ts";
import { gen2Dialect } from "../../src/lake/gen2Errors.ts";
import type { Sink, Source } from "../../src/lake/lake.ts";
import { layers } from "../../src/lake/open.ts";
import { bearer } from "../../src/wire/auth.ts";
import type { Meter } from "../../src/wire/meter.ts";
import { pace } from "../../src/wire/pace.ts";
import { type Send, stack } from "../../src/wire/send.ts";
import type { Valve } from "../../src/wire/valve.ts";
import { wireReply, wireRequest } from "./wire.ts";

/** How a store is, in the time of its clock. */
export type Manner = {
  /** How long it takes to answer, and to list. */
  readonly answerMs: number;
  readonly listMs?: number;
  /** Requests that it takes in each second; it refuses all others. */
  readonly perSecond?: number;
  /** What its line carries, of all requests together. */
  readonly bytesPerSecond?: number;
};

/** What reached a store, when. */
export type Arrivals = { readonly atMs: number[] };

const connections = 96;

/** Lakes in memory, behind the layers that stand around real ones: each process has its own of those, the stores are the same. */
export function wiredLakes(
  clock: Clock,
  lakes: { readonly source: Source; readonly sink: Sink },
  manners: Readonly<Record<StoreName, Manner>>,
): { readonly process: () => Ferry["lakes"]; readonly arrivals: Readonly<Record<StoreName, Arrivals>> } {
  const source = openPlace(clock, manners.source);
  const sink = openPlace(clock, manners.sink);
  return {
    arrivals: { source, sink },
    process: () => {
      const [toSource, toSink] = [wiresTo("source", clock, source.send), wiresTo("sink", clock, sink.send)];
      return (_request, meter, valves) => {
        const [ask, tell] = [toSource(meter, valves.source), toSink(meter, valves.sink)];
        return { source: wiredSource(lakes.source, ask), sink: wiredSink(lakes.sink, tell) };
      };
    },
  };
}

type Place = Arrivals & { readonly send: (act: () => Promise<void>) => Send };
type Ask = <T>(op: string, about: { body?: Uint8Array; expectedBytes?: number }, act: () => Promise<T>) => Promise<T>;

// A store in the time of its clock: it counts in seconds, as the services do.
function openPlace(clock: Clock, { answerMs, listMs = answerMs, perSecond, bytesPerSecond }: Manner): Place {
  const atMs: number[] = [];
  let [second, inSecond, freeMs] = [-1, 0, 0];

  function lineMs(bytes: number): number {
    // What is small comes between, as packets of many connections do.
    if (bytesPerSecond === undefined || bytes === 0) return 0;
    freeMs = Math.max(freeMs, clock.nowMs()) + (1000 * bytes) / bytesPerSecond;
    return freeMs - clock.nowMs();
  }

  return {
    atMs,
    send: (act) => async (request) => {
      const now = Math.floor(clock.nowMs() / 1000);
      inSecond = now === second ? inSecond + 1 : 1;
      second = now;
      if (perSecond !== undefined && inSecond > perSecond) {
        await clock.sleep(answerMs);
        return wireReply(503);
      }
      atMs.push(clock.nowMs());
      const bytes = (request.body?.byteLength ?? 0) + (request.expectedBytes ?? 0);
      await clock.sleep((/^list/iu.test(request.op) ? listMs : answerMs) + lineMs(bytes));
      await act();
      return wireReply(200);
    },
  };
}

// The layers of one process around a store, as it opens them for each of its users.
function wiresTo(store: StoreName, clock: Clock, send: Place["send"]): (meter: Meter, own: Valve) => Ask {
  const paced = pace(clock);
  const shared = budget(connections);
  const credential = bearer(async () => ({ token: "t", expiresMs: Number.POSITIVE_INFINITY }), clock.nowMs);
  const backoff = { tries: 30, firstMs: 500, maxMs: 30_000 };
  const wiring = { clock, backoff, attemptTimeoutMs: 600_000, report: () => undefined };
  const dialect = store === "source" ? gen1Dialect : gen2Dialect;
  return (meter, own) => {
    const held = (ms: number) => void (meter.waits[store].pace += ms);
    const around = layers({ store, wiring, credential, dialect, meter, own, shared, pace: paced(held) });
    return async (op, about, act) => {
      let done: { readonly value: Awaited<ReturnType<typeof act>> } | undefined;
      const bottom = send(async () => {
        done = { value: await act() };
      });
      await stack(bottom, ...around)(wireRequest({ op, ...about }));
      if (done === undefined) throw new Error(`${op} was answered without being done`);
      return done.value;
    };
  };
}

function wiredSource(source: Source, ask: Ask): Source {
  return {
    ...source,
    stat: (path, signal) => ask("GETFILESTATUS", {}, () => source.stat(path, signal)),
    list: (...given) => ask("LISTSTATUS", {}, () => source.list(...given)),
    read: (path, offset, length, receive, signal) =>
      ask("OPEN", { expectedBytes: length }, () => source.read(path, offset, length, receive, signal)),
    getAccess: (...given) => ask("GETACLSTATUS", {}, () => source.getAccess(...given)),
  };
}

function wiredSink(sink: Sink, ask: Ask): Sink {
  return {
    ...sink,
    stat: (path, signal) => ask("HEAD", {}, () => sink.stat(path, signal)),
    list: (...given) => ask("List Blobs", {}, () => sink.list(...given)),
    makeFolder: (...given) => ask("Create Directory", {}, () => sink.makeFolder(...given)),
    putFile: (path, content, ...rest) => ask("Put Blob", { body: content }, () => sink.putFile(path, content, ...rest)),
    setAccess: (...given) => ask("Set Access Control", {}, () => sink.setAccess(...given)),
    getAccess: (...given) => ask("Get Access Control", {}, () => sink.getAccess(...given)),
  };
}
