import type { Gen1 } from "../../local/gen1/gen1.ts";
import type { Gen2 } from "../../local/gen2/gen2.ts";
import { systemClock } from "../../src/app/clock.ts";
import type { Clock } from "../../src/core/clock.ts";
import { emulatedSink, emulatedSource } from "./emulated.ts";
import { accessFile, fill, type PlannedItem } from "./plannedLake.ts";
import { ferryAt, type TestFerry } from "./testFerry.ts";

/** A ferry in real time between the two emulators, which hold planned items and nothing. */
export async function emulatedFerry(items: readonly PlannedItem[]): Promise<
  Pick<TestFerry<Clock>, "ferry" | "blobs"> & {
    readonly gen1: Gen1;
    readonly gen2: Gen2;
    readonly close: () => Promise<void>;
  }
> {
  const { meta, remove } = accessFile(items);
  const from = await emulatedSource({ store: { kind: "memory" }, meta, logLimit: 1_000_000 });
  const to = await emulatedSink({ store: "memory", logLimit: 1_000_000 });
  await fill(from.gen1, items);
  const { ferry, blobs } = ferryAt(systemClock, { saveMs: 1000, lookMs: 60_000 });
  const lakes = { source: from.source, sink: to.sink("lake") };
  return {
    ferry: { ...ferry, lakes: () => lakes },
    blobs,
    gen1: from.gen1,
    gen2: to.gen2,
    close: async () => {
      await from.close();
      await to.close();
      remove();
    },
  };
}
