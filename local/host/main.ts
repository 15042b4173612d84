import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as z from "zod";
import { latencyNamed } from "../kit/latency.ts";
import { startHost } from "./host.ts";
import { announce, fileOf, startInstances } from "./instances.ts";
import { logTo, logToFile, stackOf } from "./log.ts";
import { readSettingsFile } from "./settings.ts";

const usage = `node local/host/main.ts --app DIR --data DIR [--port N] [--settings FILE.json [--alone]] [--log FILE] [--keys FILE.json]
  [--grace SECONDS] [--latency azure] [--instances N]

--instances runs so many hosts on the one hub under --data, each a process with a port of its own; --port is the first one's.
`;

const { values } = parseArgs({
  options: {
    app: { type: "string" },
    port: { type: "string", default: "0" },
    data: { type: "string" },
    settings: { type: "string" },
    log: { type: "string" },
    keys: { type: "string" },
    alone: { type: "boolean" },
    grace: { type: "string", default: "20" },
    latency: { type: "string" },
    instances: { type: "string", default: "1" },
  },
});
const { app, data } = values;
if (app === undefined || data === undefined || !/^[1-9]\d?$/.test(values.instances)) {
  process.stderr.write(usage);
  process.exit(2);
}

const log = values.log === undefined ? logTo(process.stderr) : logToFile(values.log);
const keys = z.object({ function: z.string().min(1), master: z.string().min(1) });

try {
  if (values.instances === "1") await serve(app, data);
  else await supervise(Number(values.instances));
} catch (error) {
  // The reason goes to stderr even when the log is a file: whoever started the process sees it die.
  process.stderr.write(`${stackOf(error)}\n`);
  process.exit(1);
}

async function serve(appRoot: string, dataDir: string): Promise<void> {
  const host = await startHost({
    appRoot,
    dataDir,
    port: Number(values.port),
    settings: values.settings === undefined ? {} : readSettingsFile(values.settings),
    isAlone: values.alone === true,
    keys: values.keys === undefined ? undefined : keys.parse(JSON.parse(readFileSync(values.keys, "utf8"))),
    latency: latencyNamed(values.latency)?.hub,
    log,
  });
  const stop = (): void => {
    host
      .close({ graceMs: Number(values.grace) * 1000 })
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        log("critical", "host.error", { error: stackOf(error) });
        process.exit(1);
      });
  };
  onStop(stop);
  const place = { url: host.url, port: host.port };
  announce(place);
  process.stdout.write(`${JSON.stringify(place)}\n`);
}

async function supervise(count: number): Promise<void> {
  // Of an option that is there twice the later one counts.
  const argsOf = (index: number): string[] => [
    ...process.argv.slice(2),
    "--instances",
    "1",
    ...(index === 0 ? [] : ["--port", "0"]),
    ...(values.log === undefined ? [] : ["--log", fileOf(values.log, index)]),
  ];
  const { all, ended, stop } = await startInstances(fileURLToPath(import.meta.url), count, argsOf, log);
  onStop(stop);
  const [{ url, port } = { url: "", port: 0 }] = all;
  process.stdout.write(`${JSON.stringify({ url, port, instances: all })}\n`);
  process.exit((await ended) ? 0 : 1);
}

function onStop(stop: () => void): void {
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}
