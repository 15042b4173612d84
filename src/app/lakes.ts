import type { TokenCredential } from "@azure/identity";
import { LakeError } from "../core/error.ts";
import type { MigrationRequest } from "../core/request.ts";
import type { Valves } from "../ferry/ferry.ts";
import type { Sink, Source } from "../lake/lake.ts";
import { openGen1, openGen2, type Wiring } from "../lake/open.ts";
import { bearer, type Credential, sas } from "../wire/auth.ts";
import type { Meter } from "../wire/meter.ts";
import { sharedKey } from "../wire/sharedKey.ts";
import { type Connection, isLoopback } from "./connections.ts";
import { managedIdentity, noToken, servicePrincipal } from "./identity.ts";

/** Token audiences are constants of the kind of store: a setting can't send a token for one service to another. */
const scopes: Readonly<Record<Connection["kind"], string>> = {
  "adls-gen1": "https://datalake.azure.net//.default",
  "adls-gen2": "https://storage.azure.com/.default",
};

/** The lakes of an app: each connection is opened once per process, on first use. */
export type Lakes = {
  readonly open: (
    request: MigrationRequest,
    meter: Meter,
    valves: Valves,
  ) => { readonly source: Source; readonly sink: Sink };
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
      sink: sink(request.sink.connection).sink(request.sink.fileSystem, meter, valves.sink),
    }),
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

function credentialOf(connection: Connection, wiring: Wiring): Credential {
  switch (connection.credential) {
    case "managedidentity":
      return entra(managedIdentity(connection.clientId), connection, wiring);
    case "serviceprincipal":
      return entra(principalOf(connection), connection, wiring);
    case "accountkey":
      return sharedKey(accountOf(connection), connection.accountKey ?? "", wiring.clock.nowMs);
    case "sas":
      return sas(connection.sas ?? "");
    case "emulator":
      return bearer(async () => ({ token: "emulator", expiresMs: Number.POSITIVE_INFINITY }), wiring.clock.nowMs);
  }
}

function principalOf({ tenantId = "", clientId = "", clientSecret = "", ...rest }: Connection): TokenCredential {
  const certificatePath = rest.clientCertificatePath;
  const proof = certificatePath === undefined ? { secret: clientSecret } : { certificatePath };
  return servicePrincipal({ tenantId, clientId, proof });
}

function entra(credential: TokenCredential, { kind, endpoint }: Connection, wiring: Wiring): Credential {
  return bearer(async (abortSignal) => {
    try {
      const got = await credential.getToken(scopes[kind], { abortSignal });
      if (got !== null) return { token: got.token, expiresMs: got.expiresOnTimestamp };
      throw new Error("the identity gave no token");
    } catch (error) {
      throw noToken(error, kind, endpoint);
    }
  }, wiring.clock.nowMs);
}

function accountOf({ endpoint }: Connection): string {
  const url = new URL(endpoint);
  // Emulators have the account in the path, Azure in the host.
  return (isLoopback(url) ? url.pathname.split("/")[1] : url.hostname.split(".")[0]) ?? "";
}
