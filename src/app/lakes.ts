import { LakeError } from "../core/error.ts";
import type { MigrationRequest } from "../core/request.ts";
import type { Valves } from "../ferry/ferry.ts";
import type { Gen2Probe } from "../lake/gen2Probe.ts";
import type { Sink, Source } from "../lake/lake.ts";
import { openGen1, openGen2, type Wiring } from "../lake/open.ts";
import type { Meter } from "../wire/meter.ts";
import type { Valve } from "../wire/valve.ts";
import type { Connection } from "./connections.ts";
import { credentialOf } from "./credentials.ts";

/** The lakes of an app: each connection is opened once per process, on first use. */
export type Lakes = {
  readonly open: (
    request: MigrationRequest,
    meter: Meter,
    valves: Valves,
  ) => { readonly source: Source; readonly sink: Sink };
  /** The sink of a request alone. */
  readonly sink: (request: MigrationRequest, meter: Meter, valve: Valve) => Sink;
  /** What looks at a request's sink beyond what a migration needs. */
  readonly probe: (request: MigrationRequest, meter: Meter) => Gen2Probe;
  readonly close: () => Promise<void>;
};

/** Opens lakes by the names of their connections; LakeError "invalid" for a name or kind that isn't there. */
export function openLakes(connections: ReadonlyMap<string, Connection>, wiring: Wiring, maxConnections: number): Lakes {
  const gen1 = new Map<string, ReturnType<typeof openGen1>>();
  const gen2 = new Map<string, ReturnType<typeof openGen2>>();

  function source(name: string): ReturnType<typeof openGen1> {
    const open = gen1.get(name);
    if (open !== undefined) return open;
    const connection = connectionFor(connections, name, "adls-gen1");
    const opened = openGen1(wiring, {
      endpoint: connection.endpoint,
      credential: credentialOf(connection, wiring),
      connections: maxConnections,
    });
    gen1.set(name, opened);
    return opened;
  }

  function sink(name: string): ReturnType<typeof openGen2> {
    const open = gen2.get(name);
    if (open !== undefined) return open;
    const connection = connectionFor(connections, name, "adls-gen2");
    const { endpoint: dfs, blobEndpoint = dfs.replace(".dfs.", ".blob.") } = connection;
    const opened = openGen2(wiring, {
      dfs,
      blob: blobEndpoint,
      credential: credentialOf(connection, wiring),
      connections: maxConnections,
    });
    gen2.set(name, opened);
    return opened;
  }

  return {
    open: (request, meter, valves) => ({
      source: source(request.source.connection).source(meter, valves.source),
      // Not before it is wanted: a run of the source only needs no such connection.
      get sink() {
        return sink(request.sink.connection).sink(request.sink.fileSystem, meter, valves.sink);
      },
    }),
    sink: (request, meter, valve) => sink(request.sink.connection).sink(request.sink.fileSystem, meter, valve),
    probe: (request, meter) => sink(request.sink.connection).probe(request.sink.fileSystem, meter),
    close: async () => {
      await Promise.all([...gen1.values(), ...gen2.values()].map((open) => open.close()));
    },
  };
}

/** The connection of this name; LakeError "invalid" when there is none or it is of another kind. */
export function connectionFor(
  connections: ReadonlyMap<string, Connection>,
  name: string,
  kind: Connection["kind"],
): Connection {
  const connection = connections.get(name);
  if (connection?.kind === kind) return connection;
  const known = [...connections].filter(([, { kind: other }]) => other === kind).map(([known]) => known);
  throw new LakeError("invalid", {
    op: "connection",
    path: name,
    detail:
      connection === undefined
        ? `unknown connection "${name}"; the app settings have ${known.join(", ") || "none"} of kind ${kind}`
        : `connection "${name}" is ${connection.kind}; expected ${kind}`,
  });
}
