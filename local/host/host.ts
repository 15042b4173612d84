import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { type AppFunction, type Catalogue, catalogue } from "./catalogue.ts";
import type { HubLatency } from "../kit/latency.ts";
import { type Clock, wallClock } from "./clock.ts";
import { emptyRegistry, installCore } from "./core-api.ts";
import { type Hub, startHub } from "./durable/hub.ts";
import { type Access, clientPayload, webhookPath } from "./durable/links.ts";
import { type Store, openStore } from "./durable/store.ts";
import { webhooks } from "./durable/webhooks.ts";
import { type Worker, joinWorkers } from "./durable/workers.ts";
import { admin } from "./http/admin.ts";
import { type Answer, type Exchange, partsBelow, problem } from "./http/exchange.ts";
import { type Keys, httpFunctions, keyOf } from "./http/functions.ts";
import { type Front, openFront } from "./http/server.ts";
import { type Invoker, invoker, textInput } from "./invoke.ts";
import { loadApp } from "./load.ts";
import { type Level, type Log, silent } from "./log.ts";
import { type Input, jsonOf } from "./rpc.ts";
import { type HostRules, type Settings, readHostRules, readLocalSettings } from "./settings.ts";
import { type Timers, startTimers } from "./timers.ts";

/** How to run one app. */
export type HostOptions = {
  /** The folder with package.json and host.json. */
  readonly appRoot: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Where the task hub lives, shared by all hosts that name the same folder; undefined keeps it in memory. */
  readonly dataDir?: string | undefined;
  /** App settings; they win over local.settings.json. */
  readonly settings?: Settings;
  /** Leaves local.settings.json and its sample unread: the settings given are all there are. */
  readonly isAlone?: boolean;
  /** Asks callers for keys as Azure does; without it every function is open. */
  readonly keys?: Keys | undefined;
  /** Makes the hub as slow as this; absent: as fast as the machine. */
  readonly latency?: HubLatency | undefined;
  readonly clock?: Clock;
  readonly log?: Log;
};

/** A running host. */
export type Host = {
  readonly url: string;
  readonly port: number;
  /** Resolves when no request, timer, turn or activity runs or is due; durable timers of the future do not count. */
  readonly idle: () => Promise<void>;
  /** Takes nothing new, lets what runs finish within the grace, then ends. */
  readonly close: (options?: { readonly graceMs?: number }) => Promise<void>;
};

/** Loads the app and serves it as Azure Functions would. */
export async function startHost(options: HostOptions): Promise<Host> {
  const appRoot = resolve(options.appRoot);
  const { clock = wallClock, log = silent } = options;
  const settings = { ...(options.isAlone === true ? {} : readLocalSettings(appRoot)), ...options.settings };
  const rules = readHostRules(appRoot, settings);
  const undo: (() => void)[] = [];
  try {
    const file = options.dataDir === undefined ? ":memory:" : join(options.dataDir, `${rules.hubName}.sqlite`);
    const store = openStore(file, options.latency);
    undo.push(store.close);
    let answer: (exchange: Exchange) => Promise<Answer> = async () => problem(503, "The host is starting.");
    let onStep = (): void => {};
    const front = await openFront(
      options.port,
      log,
      (exchange) => answer(exchange),
      () => onStep(),
    );
    undo.push(front.cut, () => void front.stop());
    undo.push(setEnvironment(environmentOf(appRoot, front, settings)));
    const registry = emptyRegistry();
    undo.push(
      installCore(appRoot, registry, (level, category, message) =>
        log(level as Level, "worker.log", { category, message }),
      ),
    );
    const files = await loadApp(appRoot, registry);
    const functions = catalogue(registry.registrations);
    const calls = invoker({ appRoot, registry, clock, log, timeoutMs: rules.functionTimeoutMs });
    await calls.appStart();
    const worker = joinWorkers(store, clock, rules.leases, log);
    undo.push(worker.leave);
    const parts = { store, worker, clock, log, rules, settings, front, functions, calls, keys: options.keys };
    const running = serve(parts);
    ({ answer, onStep } = running);
    log("information", "host.ready", { url: front.url, files, functions: functions.all.map(({ name }) => name) });
    return { url: front.url, port: front.port, idle: running.idle, close: closer(parts, running, undo) };
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw error;
  }
}

type Parts = {
  readonly store: Store;
  readonly worker: Worker;
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: HostRules;
  readonly settings: Settings;
  readonly front: Front;
  readonly functions: Catalogue;
  readonly calls: Invoker;
  readonly keys: Keys | undefined;
};

type Running = {
  readonly answer: (exchange: Exchange) => Promise<Answer>;
  readonly onStep: () => void;
  readonly hub: Hub;
  readonly timers: Timers;
  readonly idle: () => Promise<void>;
};

function serve(parts: Parts): Running {
  const { store, worker, clock, log, rules, settings, front, functions, calls, keys } = parts;
  const { hubName } = rules;
  const { systemKey } = store;
  const rpcPrefix = `/durabletask/${randomBytes(18).toString("base64url")}`;
  const access: Access = { origin: front.url, hubName, systemKey, rpcPrefix };
  const payload = clientPayload(access);
  const clientInputs = ({ clientBindings }: AppFunction): Input[] =>
    clientBindings.map((name) => textInput(name, payload));
  const known = {
    hasActivity: (name: string) => functions.find("activity", name) !== undefined,
    hasOrchestrator: (name: string) => functions.find("orchestration", name) !== undefined,
  };
  const invoke = calls.invoke;
  const answerCall = httpFunctions({
    catalogue: functions,
    routePrefix: rules.routePrefix,
    keys,
    invoke,
    clientInputs,
  });

  async function runDurable(
    kind: "activity" | "orchestration",
    name: string,
    input: string | undefined,
  ): Promise<string> {
    const target = functions.find(kind, name);
    if (target === undefined) throw new Error(`Function '${name}' does not exist.`);
    const { returnValue } = await invoke(target, [textInput(target.trigger.name, input)]);
    return jsonOf(returnValue);
  }

  const waiting = new Set<() => void>();
  const onStep = (): void => {
    if (waiting.size > 0 && isIdle()) for (const resolve of waiting) resolve();
  };
  const timers = startTimers({
    catalogue: functions,
    settings,
    store,
    worker,
    clock,
    log,
    invoke,
    clientInputs,
    onStep,
  });
  const hub = startHub({
    store,
    worker,
    clock,
    log,
    known,
    limits: rules,
    runOrchestrator: (name, input) => runDurable("orchestration", name, input),
    runActivity: (name, input) => runDurable("activity", name, input),
  });
  hub.onStep(onStep);

  const isIdle = (): boolean =>
    front.running() === 0 && timers.running() === 0 && calls.running() === 0 && hub.isIdle();
  const manage = webhooks({ store, clock, known, access: () => access, wake: hub.wake });
  const administer = admin({ catalogue: functions, keys, timers: () => timers });
  const answer = async (exchange: Exchange): Promise<Answer> => {
    const rpc = partsBelow(rpcPrefix, exchange);
    if (rpc) return manage(exchange, rpc);
    const webhook = partsBelow(webhookPath, exchange);
    if (webhook)
      return keyOf(exchange) === systemKey
        ? manage(exchange, webhook)
        : problem(401, "The hub's key is missing or wrong.");
    const administration = partsBelow("/admin", exchange);
    return administration ? administer(exchange, administration) : answerCall(exchange);
  };

  async function idle(): Promise<void> {
    while (!isIdle()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      hub.wake();
      await promise;
      waiting.delete(resolve);
    }
  }
  return { hub, timers, answer, onStep, idle };
}

function closer({ front, calls, log, clock }: Parts, { hub, timers }: Running, undo: (() => void)[]): Host["close"] {
  let closed: Promise<void> | undefined;
  async function close(graceMs: number): Promise<void> {
    log("information", "host.stops", { graceMs });
    const grace = Promise.withResolvers<void>();
    const cancel = clock.alarm(clock.nowMs() + graceMs, grace.resolve);
    const served = Promise.all([front.stop(), timers.stop()]);
    // The app hears of it first, so that its running activities can save and return within the grace.
    const told = Promise.race([calls.appTerminate(), grace.promise]);
    await Promise.all([told, hub.stop(grace.promise), Promise.race([served, grace.promise])]);
    cancel();
    for (const step of undo.toReversed()) step();
    log("information", "host.stopped");
  }
  return ({ graceMs = 20_000 } = {}) => (closed ??= close(graceMs));
}

function environmentOf(appRoot: string, { port }: Front, settings: Settings): Settings {
  return {
    AZURE_FUNCTIONS_ENVIRONMENT: "Development",
    AzureWebJobsScriptRoot: appRoot,
    FUNCTIONS_EXTENSION_VERSION: "~4",
    FUNCTIONS_WORKER_RUNTIME: "node",
    ...settings,
    // Without it the durable client rewrites every management URL to port 7071.
    WEBSITE_HOSTNAME: `127.0.0.1:${port}`,
  };
}

function setEnvironment(values: Settings): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
