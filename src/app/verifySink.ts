// The command behind `npm run verify:sink`: tries on a real account what could only be tried on emulators, in a scratch folder
// that it removes, and stores the answers. Settings are those of the app: from the environment, or from a file like
// local.settings.json.
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import * as z from "zod";
import { messageOf } from "../core/error.ts";
import { pathFrom } from "../core/path.ts";
import { migrationRequest } from "../core/request.ts";
import { verify } from "../ferry/assumptions.ts";
import { openValve } from "../wire/valve.ts";
import { newMeter } from "../wire/meter.ts";
import { systemClock } from "./clock.ts";
import { type CloudName, clouds } from "./clouds.ts";
import { connectionsIn } from "./connections.ts";
import { openLakes } from "./lakes.ts";

const usage = `npm run verify:sink -- --connection NAME --file-system NAME [--settings FILE] [--out FILE]

Tries in a scratch folder of the file system what lakeferry assumes of Gen2, removes the folder, and stores the answers;
the exit code is 1 when an assumption doesn't hold, 2 for a wrong command line. The identity needs Storage Blob Data Owner.

  --connection NAME    the connection <NAME>__kind=adls-gen2, <NAME>__endpoint=…, <NAME>__credential=…
  --file-system NAME   has to exist
  --settings FILE      a JSON file of settings, as local.settings.json; default: the environment
  --out FILE           default: .lakeferry/verify/<connection>.json
`;
const connectionsOfTries = 8;

try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      connection: { type: "string" },
      "file-system": { type: "string" },
      settings: { type: "string" },
      out: { type: "string" },
    },
  });
  const { connection, "file-system": fileSystem } = values;
  if (connection === undefined || fileSystem === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const settings = values.settings === undefined ? process.env : settingsOf(values.settings);
  const cloud = (settings["Lakeferry__cloud"] ?? "AzureCloud") as CloudName;
  if (!(cloud in clouds)) throw new Error(`Lakeferry__cloud: expected one of ${Object.keys(clouds).join(", ")}`);
  const connections = connectionsIn(settings, cloud);
  const backoff = { tries: 4, firstMs: 500, maxMs: 8000 };
  const wiring = { clock: systemClock, backoff, attemptTimeoutMs: 60_000, report: () => undefined };
  const lakes = openLakes(connections, wiring, connectionsOfTries);
  const request = migrationRequest.parse({ sink: { connection, fileSystem } });
  const valve = () => openValve(systemClock, connectionsOfTries);
  const meter = newMeter();
  const sink = lakes.sink(request, meter, valve());
  const probe = lakes.probe(request, meter);
  const folder = pathFrom(`/.lakeferry-verify-${randomUUID()}`);
  try {
    await sink.makeFolder(folder, { run: "verify", bytes: 0, modifiedMs: systemClock.nowMs() });
    const found = await verify({ sink, probe, folder, nowMs: systemClock.nowMs });
    const out = values.out ?? `.lakeferry/verify/${connection}.json`;
    mkdirSync(dirname(out), { recursive: true });
    const endpoint = connections.get(connection)?.endpoint;
    const time = new Date(systemClock.nowMs()).toISOString();
    writeFileSync(out, `${JSON.stringify({ time, connection, endpoint, fileSystem, found }, undefined, 2)}\n`);
    for (const { name, answer, says, seen } of found) {
      process.stdout.write(`${answer.padEnd(12)} ${name}: ${says}${answer === "holds" ? "" : ` (${seen})`}\n`);
    }
    process.stdout.write(`stored in ${out}\n`);
    return found.some(({ answer }) => answer === "doesn't hold") ? 1 : 0;
  } finally {
    await probe.removeFolder(folder);
    await lakes.close();
  }
}

function settingsOf(file: string): Readonly<Record<string, string>> {
  const plain = z.record(z.string(), z.string());
  return z
    .union([z.object({ Values: plain }).transform(({ Values }) => Values), plain])
    .parse(JSON.parse(readFileSync(file, "utf8")));
}
