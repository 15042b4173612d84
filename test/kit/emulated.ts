import { type Gen1, type Gen1Options, startGen1 } from "../../local/gen1/gen1.ts";
import { type Gen2, type Gen2Options, startGen2 } from "../../local/gen2/gen2.ts";
import type { Sink, Source } from "../../src/lake/lake.ts";
import { openGen1, openGen2, type Wiring } from "../../src/lake/open.ts";
import { bearer } from "../../src/wire/auth.ts";
import { type Meter, newMeter } from "../../src/wire/meter.ts";
import { sharedKey } from "../../src/wire/sharedKey.ts";

const key = Buffer.from("a key of the emulator's").toString("base64");

/** Real time with short waits: what a test of a real connection can afford. */
export const quickWiring: Wiring = {
  clock: {
    nowMs: () => Date.now(),
    roll: () => 0.5,
    sleep: async () => new Promise((resolve) => setImmediate(resolve)),
  },
  backoff: { tries: 4, firstMs: 1, maxMs: 1 },
  attemptTimeoutMs: 5000,
  report: () => undefined,
};

/** Our Gen1 client on a Gen1 emulator. */
export async function emulatedSource(options: Gen1Options): Promise<{
  readonly source: Source;
  readonly gen1: Gen1;
  readonly meter: Meter;
  readonly close: () => Promise<void>;
}> {
  const gen1 = await startGen1({ ...options, token: "t" });
  const meter = newMeter();
  const credential = bearer(async () => ({ token: "t", expiresMs: Number.POSITIVE_INFINITY }), Date.now);
  const account = openGen1(quickWiring, { endpoint: gen1.url, credential, connections: 16 });
  return {
    source: account.source(meter),
    gen1,
    meter,
    close: async () => {
      await account.close();
      await gen1.close();
    },
  };
}

/** Our Gen2 client on a Gen2 emulator that checks signatures. */
export async function emulatedSink(options: Gen2Options): Promise<{
  readonly sink: (fileSystem: string) => Sink;
  readonly gen2: Gen2;
  readonly meter: Meter;
  readonly close: () => Promise<void>;
}> {
  const gen2 = await startGen2({ ...options, account: "lakesink", accountKey: key });
  const meter = newMeter();
  const credential = sharedKey("lakesink", key, Date.now);
  const account = openGen2(quickWiring, { dfs: gen2.url, blob: gen2.url, credential, connections: 16 });
  return {
    sink: (fileSystem) => account.sink(fileSystem, meter),
    gen2,
    meter,
    close: async () => {
      await account.close();
      await gen2.close();
    },
  };
}
