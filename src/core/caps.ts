import * as z from "zod";

const rate = z.number().positive("expected a number above 0").max(1_000_000, "expected at most 1,000,000");
const properties = {
  /** Requests a second, over all lanes. */
  maxRequestsPerSecond: rate,
  /** 10⁶ bytes a second, over all lanes. */
  maxMegabytesPerSecond: rate,
  /** Requests under way at the same time, over all lanes. */
  maxConcurrentConnections: z.int().min(1, "expected at least 1").max(512, "expected at most 512"),
};

/** What a request may say of each of its lakes. */
export const capProperties = z.strictObject(properties).partial().shape;

/** What PATCH /api/migrations/{id} takes: caps that replace those of a live run; null takes one away. */
export const capsChange = z.strictObject({
  source: changeOfOne(),
  sink: changeOfOne(),
});

function changeOfOne() {
  return z
    .strictObject({
      maxRequestsPerSecond: properties.maxRequestsPerSecond.nullable(),
      maxMegabytesPerSecond: properties.maxMegabytesPerSecond.nullable(),
      maxConcurrentConnections: properties.maxConcurrentConnections.nullable(),
    })
    .partial()
    .default({});
}

/** What a run may ask of one lake at most. */
export type Caps = {
  readonly maxRequestsPerSecond?: number | undefined;
  readonly maxMegabytesPerSecond?: number | undefined;
  readonly maxConcurrentConnections?: number | undefined;
};

/** What a run may ask of its lakes at most. */
export type RunCaps = { readonly source: Caps; readonly sink: Caps };

/** No caps at all. */
export const uncapped: RunCaps = { source: {}, sink: {} };

/** The caps of a run as it goes on: those it was asked with, or what replaced them since. */
export function capsOf({ caps, request }: { readonly caps?: RunCaps; readonly request: RunCaps }): RunCaps {
  return caps ?? { source: capsIn(request.source), sink: capsIn(request.sink) };
}

/** The caps after a change. */
export function changedCaps(caps: RunCaps, change: z.infer<typeof capsChange>): RunCaps {
  return { source: changed(caps.source, change.source), sink: changed(caps.sink, change.sink) };
}

/** One lane's part of the caps, when so many lanes are at work. */
export function laneCaps({ source, sink }: RunCaps, lanesAtWork: number): RunCaps {
  const lanes = Math.max(1, lanesAtWork);
  return { source: part(source, lanes), sink: part(sink, lanes) };
}

/** The most lanes that make sense: each needs a connection to each lake. */
export function lanesWithin({ source, sink }: RunCaps, lanes: number): number {
  const most = Math.min(source.maxConcurrentConnections ?? lanes, sink.maxConcurrentConnections ?? lanes);
  return Math.min(lanes, most);
}

type CapName = keyof Caps;
const names: readonly CapName[] = ["maxRequestsPerSecond", "maxMegabytesPerSecond", "maxConcurrentConnections"];

function capsIn(from: Caps): Caps {
  return capsFrom((name) => from[name]);
}

function changed(caps: Caps, change: { readonly [K in CapName]?: number | null | undefined }): Caps {
  return capsFrom((name) => (change[name] === undefined ? caps[name] : (change[name] ?? undefined)));
}

function part(caps: Caps, lanes: number): Caps {
  return capsFrom((name) => {
    const all = caps[name];
    if (all === undefined) return undefined;
    return name === "maxConcurrentConnections" ? Math.max(1, Math.floor(all / lanes)) : all / lanes;
  });
}

function capsFrom(valueOf: (name: CapName) => number | undefined): Caps {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = valueOf(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
