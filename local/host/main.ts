import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { startHost } from "./host.ts";
import { logTo, logToFile, stackOf } from "./log.ts";
import { readSettingsFile } from "./settings.ts";

const usage =
  "node local/host/main.ts --app DIR [--port N] --data DIR [--settings FILE.json [--alone]] [--log FILE] [--keys FILE.json] [--grace SECONDS]";

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
  },
});
const { app, data } = values;
if (app === undefined || data === undefined) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}

const log = values.log === undefined ? logTo(process.stderr) : logToFile(values.log);
const keys = z.object({ function: z.string().min(1), master: z.string().min(1) });

try {
  const host = await startHost({
    appRoot: app,
    port: Number(values.port),
    dataDir: data,
    settings: values.settings === undefined ? {} : readSettingsFile(values.settings),
    isAlone: values.alone === true,
    keys: values.keys === undefined ? undefined : keys.parse(JSON.parse(readFileSync(values.keys, "utf8"))),
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
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  process.stdout.write(`${JSON.stringify({ url: host.url, port: host.port })}\n`);
} catch (error) {
  // The reason goes to stderr even when the log is a file: whoever started the process sees it die.
  process.stderr.write(`${stackOf(error)}\n`);
  process.exit(1);
}
