import Module from "node:module";
import { sep } from "node:path";
import type { Handler, Metadata, ProgrammingModel } from "./rpc.ts";

/** The hooks that the worker knows. */
const hookNames = ["preInvocation", "postInvocation", "appStart", "appTerminate", "log"] as const;
/** One of them. */
type HookName = (typeof hookNames)[number];
/** The app's code for a hook. */
export type Hook = (context: object) => unknown;

/** A function and its code. */
export type Registration = { readonly metadata: Metadata; readonly handler: Handler };

/** What an app told the host while it was loaded. */
export type Registry = {
  readonly registrations: Registration[];
  readonly hooks: Record<HookName, Hook[]>;
  model: ProgrammingModel | undefined;
  /** Set once loading is over; a later registration throws. */
  closed: boolean;
};

/** Takes what the library itself has to say. */
export type SystemLog = (level: string, category: string, message: string) => void;

/** Why `app.setup({ enableHttpStream: true })` is refused. */
export const noStreaming = "The local host has no HTTP streaming; leave enableHttpStream off.";

type Load = (request: string, parent: { readonly filename?: string } | undefined, isMain: boolean) => unknown;

const loader = Module as unknown as { _load: Load };
const cores = new Map<string, object>();

/** A registry that waits for an app. */
export function emptyRegistry(): Registry {
  const hooks = { preInvocation: [], postInvocation: [], appStart: [], appTerminate: [], log: [] };
  return { registrations: [], hooks, model: undefined, closed: false };
}

/** Answers `require("@azure/functions-core")` of code under `appRoot` with this registry, until undone. */
export function installCore(appRoot: string, registry: Registry, log: SystemLog): () => void {
  if (cores.size === 0) interceptLoad();
  cores.set(appRoot, coreModule(registry, log));
  return () => cores.delete(appRoot);
}

function coreModule(registry: Registry, log: SystemLog): object {
  return {
    version: "3.12.0",
    hostVersion: "4.1044.0",
    Disposable: Undo,
    getProgrammingModel: () => registry.model,
    setProgrammingModel(model: ProgrammingModel) {
      registry.model = model;
    },
    registerFunction(metadata: Metadata, handler: Handler) {
      refuseWhenClosed(registry, `A function can only be registered during app startup: "${metadata.name}".`);
      const id = metadata.functionId ?? metadata.name;
      if (registry.registrations.some(({ metadata: other }) => (other.functionId ?? other.name) === id)) {
        throw systemError(new Error(`A function with id "${id}" is already registered.`));
      }
      registry.registrations.push({ metadata, handler });
      return new Undo(() => refuseWhenClosed(registry, "Functions cannot be removed after app startup."));
    },
    registerHook(name: string, hook: Hook) {
      // The library tells an old host from a new one by this very error.
      if (!isHookName(name)) throw systemError(new RangeError(`Unrecognized hook "${name}".`));
      const hooks = registry.hooks[name];
      hooks.push(hook);
      return new Undo(() => hooks.splice(hooks.indexOf(hook), 1));
    },
    log(level: string, category: string, message: string) {
      // Streaming opens a server on all interfaces as soon as the app has started; this is the last moment before.
      if (message === "HTTP streaming enabled.") throw systemError(new Error(noStreaming));
      log(level, category, message);
    },
  };
}

class Undo {
  readonly dispose: () => void;
  constructor(dispose: () => void) {
    this.dispose = dispose;
  }
  static from(...all: readonly { dispose(): void }[]): Undo {
    return new Undo(() => all.forEach((one) => one.dispose()));
  }
}

function interceptLoad(): void {
  const next = loader._load;
  loader._load = function load(request, parent, isMain) {
    const core = request === "@azure/functions-core" ? coreFor(parent?.filename) : undefined;
    return core ?? next.call(this, request, parent, isMain);
  };
}

function coreFor(file: string | undefined): object | undefined {
  for (const [root, core] of cores) if (file?.startsWith(root + sep)) return core;
  return [...cores.values()].at(-1);
}

function isHookName(name: string): name is HookName {
  return (hookNames as readonly string[]).includes(name);
}

function refuseWhenClosed(registry: Registry, message: string): void {
  if (registry.closed) throw systemError(new Error(message));
}

function systemError<E extends Error>(error: E): E {
  return Object.assign(error, { isAzureFunctionsSystemError: true });
}
