import type { Registration } from "./core-api.ts";
import type { Binding, Handler, Metadata } from "./rpc.ts";

/** What sets a function off. */
type Kind = "http" | "timer" | "orchestration" | "activity";

/** One function of the app, ready to be invoked. */
export type AppFunction = {
  readonly name: string;
  readonly kind: Kind;
  readonly trigger: Binding;
  /** The name of the binding that wants a durable client, if any. */
  readonly clientBindings: readonly string[];
  readonly metadata: Metadata;
  readonly handler: Handler;
};

/** The app's functions, names checked. */
export type Catalogue = {
  readonly all: readonly AppFunction[];
  /** Finds by kind and name; case does not count. */
  find(kind: Kind, name: string): AppFunction | undefined;
  names(kind: Kind): readonly string[];
};

const kinds: Readonly<Record<string, Kind>> = {
  httptrigger: "http",
  timertrigger: "timer",
  orchestrationtrigger: "orchestration",
  activitytrigger: "activity",
};

/** Checks what the app registered and sorts it by trigger. */
export function catalogue(registrations: readonly Registration[]): Catalogue {
  const seen = new Map<string, AppFunction>();
  for (const registration of registrations) {
    const found = appFunction(registration);
    const key = found.name.toLowerCase();
    const other = seen.get(key);
    if (other) throw new Error(`Two functions are called "${other.name}" and "${found.name}"; case does not count.`);
    seen.set(key, found);
  }
  const all = [...seen.values()];
  return {
    all,
    find(kind, name) {
      const found = seen.get(name.toLowerCase());
      return found?.kind === kind ? found : undefined;
    },
    names: (kind) => all.filter((one) => one.kind === kind).map(({ name }) => name),
  };
}

function appFunction({ metadata, handler }: Registration): AppFunction {
  const { name } = metadata;
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,126}$/.test(name)) {
    throw new Error(`"${name}" is no name for a function: a letter, then letters, digits, "_" or "-".`);
  }
  const bindings = Object.values(metadata.bindings);
  const trigger = bindings.find(({ direction, type }) => direction === "in" && type.toLowerCase().endsWith("trigger"));
  if (trigger === undefined) throw new Error(`Function "${name}" has no trigger.`);
  const kind = kinds[trigger.type.toLowerCase()];
  if (kind === undefined) throw new Error(`Function "${name}": ${trigger.type} is not built in the local host.`);
  refuseRetries(kind, metadata);
  const clients = bindings.filter(({ type }) => ["durableclient", "orchestrationclient"].includes(type.toLowerCase()));
  for (const binding of bindings) {
    if (binding === trigger || clients.includes(binding) || binding.type.toLowerCase() === "http") continue;
    throw new Error(`Function "${name}": the binding type ${binding.type} is not built in the local host.`);
  }
  return { name, kind, trigger, clientBindings: clients.map((client) => client.name), metadata, handler };
}

function refuseRetries(kind: Kind, { name, retryOptions }: Metadata): void {
  if (retryOptions === undefined) return;
  const reason = kind === "timer" ? "is not built in the local host" : `has no effect on the trigger of kind ${kind}`;
  throw new Error(`Function "${name}": a retry policy ${reason}.`);
}
