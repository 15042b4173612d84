import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { type BuildOptions, buildSync } from "esbuild";
import type { Clock } from "../../../local/host/clock.ts";
import { type Host, type HostOptions, startHost } from "../../../local/host/host.ts";
import type { Log } from "../../../local/host/log.ts";

const bundle: BuildOptions = {
  bundle: true,
  platform: "node",
  format: "cjs",
  external: ["@azure/functions-core"],
  logLevel: "silent",
};

const sdks = new Map<string, string>();

/** A folder that is gone after the tests of its file. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "lakeferry-host-"));
  after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Writes an app whose entry point knows `app`, `df` and, for its own notes, `globalThis.seen`; returns its folder. */
export function makeApp(code: string, hostJson: object = {}): string {
  const dir = tempDir();
  writeFiles(dir, {
    "package.json": JSON.stringify({ main: "main.cjs" }),
    "host.json": JSON.stringify({ version: "2.0", ...hostJson }),
    "sdk.cjs": sdk(code),
    "main.cjs": `const { app, df, HttpResponse } = require("./sdk.cjs");\n${code}`,
  });
  return dir;
}

/** Writes files below a folder. */
export function writeFiles(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(dir, name, ".."), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
}

/** The libraries that an app's code needs, in one CommonJS file as in the deployed bundle. Every app gets its own copy, so its own state. */
export function sdk(code: string): string {
  const durable = /\bdf\b/.test(code) ? `export * as df from "durable-functions";` : "";
  const known = sdks.get(durable);
  if (known !== undefined) return known;
  const contents = `export { app, HttpResponse } from "@azure/functions"; ${durable}`;
  const built = buildSync({ ...bundle, write: false, stdin: { contents, resolveDir: import.meta.dirname } });
  const text = built.outputFiles?.[0]?.text ?? "";
  sdks.set(durable, text);
  return text;
}

/** One line of the log. */
type Note = { readonly level: string; readonly event: string; readonly [field: string]: unknown };

/** A host for one test file, with short ways to talk to it. */
export type Rig = {
  readonly host: Host;
  readonly notes: readonly Note[];
  readonly call: (path: string, init?: RequestInit) => Promise<Response>;
  /** Starts an instance through the app's own http function and waits until nothing is left to do. */
  readonly run: (name: string, input?: unknown) => Promise<Status>;
  readonly status: (id: string) => Promise<Status>;
};

/** An instance as the management API shows it. */
export type Status = {
  readonly instanceId: string;
  readonly runtimeStatus: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly customStatus: unknown;
  readonly historyEvents: readonly { readonly EventType: string; readonly Timestamp: string }[];
};

/** Functions that every durable test app has: a way in, and a few small activities. */
export const common = `
  const client = { extraInputs: [df.input.durableClient()] };
  app.http("start", { ...client, route: "start/{name}/{id?}", methods: ["POST"], handler: async (request, context) => {
    const text = await request.text();
    const instanceId = request.params.id;
    const input = text === "" ? undefined : JSON.parse(text);
    const id = await df.getClient(context).startNew(request.params.name, { instanceId, input });
    return { jsonBody: id };
  } });
  app.http("client", { ...client, route: "client/{verb}", methods: ["POST"], handler: async (request, context) => {
    const made = df.getClient(context);
    try {
      const result = await made[request.params.verb](...await request.json());
      return { jsonBody: { result: result instanceof HttpResponse ? await result.json() : result ?? null } };
    } catch (error) { return { jsonBody: { error: error.message } }; }
  } });
  df.app.activity("echo", { handler: (input) => input });
  df.app.activity("fail", { handler: (input) => { throw new Error("no " + input); } });
`;

/** Starts a host over a new app (or an existing one) and closes it after the test file. */
export async function rig(
  codeOrDir: string,
  options: Partial<HostOptions> & { readonly hostJson?: object } = {},
): Promise<Rig> {
  const { hostJson, ...rest } = options;
  const notes: Note[] = [];
  const log: Log = (level, event, fields) => notes.push({ level, event, ...fields });
  const appRoot = rest.appRoot ?? makeApp(codeOrDir, hostJson);
  const host = await startHost({ port: 0, log, ...rest, appRoot });
  after(() => host.close({ graceMs: 0 }));
  const call: Rig["call"] = (path, init) => fetch(`${host.url}${path}`, init);
  const status: Rig["status"] = async (id) => {
    const body = JSON.stringify([id]);
    const links = await call("/api/client/createHttpManagementPayload", { method: "POST", body });
    const { result } = (await links.json()) as { result: { statusQueryGetUri: string } };
    const answer = await fetch(`${result.statusQueryGetUri}&showHistory=true&showHistoryOutput=true`);
    return (await answer.json()) as Status;
  };
  const run: Rig["run"] = async (name, input) => {
    const body = input === undefined ? "" : JSON.stringify(input);
    const id = (await (await call(`/api/start/${name}`, { method: "POST", body })).json()) as string;
    await host.idle();
    return status(id);
  };
  return { host, notes, call, run, status };
}

/** A clock that stands still until it is told to go on. */
export function handClock(startMs = Date.parse("2026-11-23T10:00:00Z")): Clock & { forward(ms: number): void } {
  let nowMs = startMs;
  const alarms = new Set<{ readonly atMs: number; readonly ring: () => void }>();
  return {
    nowMs: () => nowMs,
    alarm(atMs, ring) {
      const alarm = { atMs, ring };
      alarms.add(alarm);
      return () => alarms.delete(alarm);
    },
    forward(ms) {
      nowMs += ms;
      for (const alarm of [...alarms].toSorted((left, right) => left.atMs - right.atMs)) {
        if (alarm.atMs > nowMs || !alarms.delete(alarm)) continue;
        alarm.ring();
      }
    },
  };
}
