// lakeferry's data path without host, orchestration and tables: one process that plans and ferries, with its rows in memory.
// Usage: node bench/alone.ts <Gen1 endpoint> <Gen2 endpoint> <file system> [what to preserve …]
import { systemClock } from "../src/app/clock.ts";
import { openGen1, openGen2 } from "../src/lake/open.ts";
import { bearer } from "../src/wire/auth.ts";
import { openWidening } from "../src/ferry/widen.ts";
import { migrationRequest } from "../src/core/request.ts";
import { addRun, drive, ferryAt } from "../test/kit/testFerry.ts";

const [from = "", to = "", fileSystem = "", ...preserve] = process.argv.slice(2);
const mebibyte = 1024 * 1024;
const connections = 128;
const credential = bearer(async () => ({ token: "emulator", expiresMs: Number.POSITIVE_INFINITY }), Date.now);
const wiring = {
  clock: systemClock,
  backoff: { tries: 10, firstMs: 500, maxMs: 30_000 },
  attemptTimeoutMs: 60_000,
  report: () => undefined,
};
const source = openGen1(wiring, { endpoint: from, credential, connections });
const sink = openGen2(wiring, { dfs: to, blob: to, credential, connections });
const { ferry } = ferryAt(systemClock, { listings: 8, saveMs: 3000, pulseMs: 2000, lookMs: 600_000 });
const widening = openWidening(systemClock, { least: 4, most: 128 }, 64 * mebibyte, () => undefined);
const made = {
  ...ferry,
  memory: widening.memory,
  files: widening.files,
  widen: widening.look,
  lakes: (_request: unknown, meter: Parameters<typeof ferry.lakes>[1], valves: ReturnType<typeof ferry.valves>) => ({
    source: source.source(meter, valves.source),
    sink: sink.sink(fileSystem, meter, valves.sink),
  }),
};
await addRun(made, "bench", migrationRequest.parse({ preserve, sink: { fileSystem } }));
const before = process.cpuUsage();
const { status, error } = await drive(made, "bench");
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ status, error, cpuSeconds: (user + system) / 1e6 }));
await Promise.all([source.close(), sink.close()]);
if (status !== "Succeeded") process.exitCode = 1;
