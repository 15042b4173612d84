import { systemClock } from "../../src/app/clock.ts";
import { migrationRequest } from "../../src/core/request.ts";
import type { Run } from "../../src/core/run.ts";
import { openBuffers } from "../../src/ferry/buffers.ts";
import { openWidening } from "../../src/ferry/widen.ts";
import type { Sink } from "../../src/lake/lake.ts";
import { openGen1, openGen2 } from "../../src/lake/open.ts";
import { bearer } from "../../src/wire/auth.ts";
import { addRun, drive, ferryAt } from "../../test/kit/testFerry.ts";

const connections = 128;
/** What Lakeferry__memoryMiB is by default. */
const memoryBytes = 32 * 1024 * 1024;

/** lakeferry's data path in this process, on real lakes, with its rows in memory. */
export type Alone = { readonly cross: () => Promise<Run>; readonly close: () => Promise<void> };

/** Where the lakes are, and what is carried over besides data. */
export type AloneAt = {
  readonly from: string;
  readonly to: string;
  readonly fileSystem: string;
  readonly preserve: readonly string[];
};

/** Opens it; `changed` puts something else in the place of the sink. */
export function openAlone(at: AloneAt, changed: (sink: Sink) => Sink = (sink) => sink): Alone {
  const { from, to, fileSystem, preserve } = at;
  const credential = bearer(async () => ({ token: "emulator", expiresMs: Number.POSITIVE_INFINITY }), Date.now);
  const wiring = {
    clock: systemClock,
    backoff: { tries: 10, firstMs: 500, maxMs: 30_000 },
    attemptTimeoutMs: 60_000,
    report: () => undefined,
  };
  const source = openGen1(wiring, { endpoint: from, credential, connections });
  const sink = openGen2(wiring, { dfs: to, blob: to, credential, connections });
  return {
    cross: async () => {
      const { ferry } = ferryAt(systemClock, { listings: 8, saveMs: 3000, pulseMs: 2000, lookMs: 600_000 });
      const { memory, files, look } = openWidening(systemClock, { least: 4, most: 128 }, memoryBytes, () => undefined);
      const lakes: typeof ferry.lakes = (_request, meter, valves) => ({
        source: source.source(meter, valves.source),
        sink: changed(sink.sink(fileSystem, meter, valves.sink)),
      });
      const made = { ...ferry, memory, buffers: openBuffers(memoryBytes), files, widen: look, lakes };
      await addRun(made, "bench", migrationRequest.parse({ preserve, sink: { fileSystem } }));
      return drive(made, "bench");
    },
    close: async () => {
      await Promise.all([source.close(), sink.close()]);
    },
  };
}
