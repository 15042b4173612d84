import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import type { Leases } from "./durable/workers.ts";
import { textOf } from "./log.ts";

/** App settings by name. */
export type Settings = Readonly<Record<string, string>>;

/** What host.json decides here; everything else in it concerns Azure only. */
export type HostRules = {
  readonly routePrefix: string;
  /** Undefined: an invocation may run for ever. */
  readonly functionTimeoutMs: number | undefined;
  readonly hubName: string;
  readonly activities: number;
  readonly orchestrators: number;
  readonly messagesPerTurn: number;
  readonly leases: Leases;
};

const count = z.number().int().positive();

// Azure's defaults are five minutes for both queues and one for a timer's lock; here people watch.
const defaultLease = "00:00:15";

const hostFile = z.object({
  functionTimeout: z.string().optional(),
  singleton: z.object({ listenerLockPeriod: z.string().optional() }).optional(),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().optional() }).optional(),
      durableTask: z
        .object({
          hubName: z.string().optional(),
          maxConcurrentActivityFunctions: count.optional(),
          maxConcurrentOrchestratorFunctions: count.optional(),
          storageProvider: z
            .object({
              controlQueueBatchSize: count.optional(),
              controlQueueVisibilityTimeout: z.string().optional(),
              workItemQueueVisibilityTimeout: z.string().optional(),
            })
            .optional(),
        })
        .optional(),
    })
    .optional(),
});

const settingsFile = z.object({ Values: z.record(z.string(), z.string()).optional() });

/** Reads host.json; settings named AzureFunctionsJobHost__… go over it, as in Azure, and settings fill its %NAMES%. */
export function readHostRules(appRoot: string, settings: Settings): HostRules {
  const file = join(appRoot, "host.json");
  const over = overridesIn({ ...process.env, ...settings });
  const json = existsSync(file) ? parseFile(file, hostFile, over) : hostFile.parse(over({}));
  const durable = json.extensions?.durableTask;
  const storage = durable?.storageProvider;
  const leaseMs = (name: string, text = defaultLease): number => leaseMsFrom(name, text, file);
  const concurrency = 10 * availableParallelism();
  return {
    routePrefix: json.extensions?.http?.routePrefix ?? "api",
    functionTimeoutMs: timeoutMs(json.functionTimeout ?? "00:30:00", file),
    hubName: hubNameFrom(fillIn(durable?.hubName ?? "TestHubName", settings), file),
    activities: durable?.maxConcurrentActivityFunctions ?? concurrency,
    orchestrators: durable?.maxConcurrentOrchestratorFunctions ?? concurrency,
    messagesPerTurn: storage?.controlQueueBatchSize ?? 32,
    leases: {
      activitiesMs: leaseMs("workItemQueueVisibilityTimeout", storage?.workItemQueueVisibilityTimeout),
      turnsMs: leaseMs("controlQueueVisibilityTimeout", storage?.controlQueueVisibilityTimeout),
      timersMs: leaseMs("listenerLockPeriod", json.singleton?.listenerLockPeriod),
    },
  };
}

/** `Values` of local.settings.json, or of its committed sample when there is none. */
export function readLocalSettings(appRoot: string): Settings {
  for (const name of ["local.settings.json", "local.settings.sample.json", "local.settings.json.sample"]) {
    const file = join(appRoot, name);
    if (existsSync(file)) return parseFile(file, settingsFile).Values ?? {};
  }
  return {};
}

/** Reads a file of settings: either the plain object or one with `Values`. */
export function readSettingsFile(file: string): Settings {
  const plain = z.record(z.string(), z.string());
  return parseFile(file, z.union([plain, settingsFile.required().transform(({ Values }) => Values)]));
}

/** Replaces each %NAME% by the setting of that name; an unknown name is an error, as in Azure. */
export function fillIn(text: string, settings: Settings): string {
  return text.replace(/%([^%\s]+)%/g, (_, name: string) => {
    const value = settings[name] ?? process.env[name];
    if (value === undefined) throw new Error(`"${text}" names the app setting ${name}, which is not set.`);
    return value;
  });
}

type Json = Record<string, unknown>;

// AzureFunctionsJobHost__extensions__http__routePrefix is extensions.http.routePrefix.
function overridesIn(settings: Readonly<Record<string, string | undefined>>): (json: unknown) => unknown {
  const prefix = "AzureFunctionsJobHost__";
  return (json) => {
    for (const [name, value] of Object.entries(settings)) {
      if (!name.startsWith(prefix) || value === undefined) continue;
      const path = name.slice(prefix.length).split("__");
      const last = path.pop() ?? "";
      let at = json as Json;
      for (const key of path) at = (at[key] ??= {}) as Json;
      at[last] = /^\d+$/.test(value) ? Number(value) : value;
    }
    return json;
  };
}

function parseFile<T>(file: string, schema: z.ZodType<T>, over = (json: unknown): unknown => json): T {
  try {
    return schema.parse(over(JSON.parse(readFileSync(file, "utf8"))));
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : textOf(error);
    throw new Error(`${file}: ${detail}`, { cause: error });
  }
}

function timeoutMs(text: string, file: string): number | undefined {
  if (text === "-1") return undefined;
  const ms = spanMs(text);
  if (ms === undefined) throw new Error(`${file}: functionTimeout "${text}" is neither hh:mm:ss nor -1.`);
  return ms;
}

function leaseMsFrom(name: string, text: string, file: string): number {
  const ms = spanMs(text);
  if (ms !== undefined && ms >= 1000) return ms;
  throw new Error(`${file}: ${name} "${text}" is no hh:mm:ss of at least a second.`);
}

function spanMs(text: string): number | undefined {
  const parts = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(text);
  if (parts === null) return undefined;
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return ((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000;
}

function hubNameFrom(name: string, file: string): string {
  if (/^[A-Za-z][A-Za-z0-9]{2,44}$/.test(name)) return name;
  throw new Error(`${file}: hubName "${name}" is not 3 to 45 letters and digits, starting with a letter.`);
}
