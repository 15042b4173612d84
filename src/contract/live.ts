import * as z from "zod";
import type { RunCaps } from "../core/caps.ts";
import { advice } from "./advice.ts";
import { amount, count, time } from "./fields.ts";
import { type Describing, named } from "./operation.ts";

const sideCaps = z.object({
  maxRequestsPerSecond: amount.exactOptional(),
  maxMegabytesPerSecond: amount.exactOptional(),
  maxConcurrentConnections: count.exactOptional(),
});

/** See Caps. */
export const caps = named(
  "Caps",
  "What holds for a migration as a whole, on all its lanes.",
  z.object({ source: sideCaps, sink: sideCaps }) satisfies Describing<RunCaps>,
);

const wave = z.object({
  number: count,
  lanes: count,
  why: z.string(),
  packets: count,
  startTime: time,
  deadline: time,
});

const rates = { filesPerSecond: amount, megabytesPerSecond: amount, requestsPerSecond: amount };

const lane = named(
  "Lane",
  "What a lane was mostly doing between its last two saves.",
  z.object({
    lane: count,
    doing: z.enum(["starting", "idle", "listing", "reading", "writing", "waiting"]),
    since: time.exactOptional(),
    path: z.string().exactOptional(),
    atOnce: z.object({ listing: amount, reading: amount, writing: amount, waiting: amount }).exactOptional(),
    filesPerSecond: amount.exactOptional(),
    megabytesPerSecond: amount.exactOptional(),
    requestsPerSecond: amount.exactOptional(),
    known: z.object({ files: count, bytes: amount }).exactOptional(),
    time: time.exactOptional(),
  }),
);

const pending = named(
  "Pending",
  "Packets that aren't done, and the files and bytes known of them: listed and not yet started. Those waiting are in no lane's hands.",
  z.object({
    packets: count,
    knownFiles: count,
    knownBytes: amount,
    waiting: count,
    waitingFiles: count,
    waitingBytes: amount,
  }),
);

/** What a live migration shows of its lanes. */
export const liveFields = {
  wave: wave.exactOptional(),
  waves: z.array(wave).exactOptional(),
  lanes: z.array(lane).exactOptional(),
  rates: z.object(rates).exactOptional(),
  advice: advice.exactOptional(),
  pending: pending.exactOptional(),
};
