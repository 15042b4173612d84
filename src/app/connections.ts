import { z } from "zod";
import { firstWrong, settingsUnder, wrongSetting } from "./wrong.ts";

const text = z.string().min(1);

// One setting per property, named <connection>__<property>, as Azure Functions names identity-based connections.
const connection = z.strictObject({
  kind: z.enum(["adls-gen1", "adls-gen2"], "expected adls-gen1 or adls-gen2"),
  /** "adl://account…" is what Hadoop calls a Gen1 account. */
  endpoint: text.transform((address) => address.replace(/^adl:/u, "https:")),
  /** Gen2 only: where the Blob endpoint isn't the DFS endpoint with "blob" for "dfs". */
  blobEndpoint: text.optional(),
  credential: z
    .enum(["managedidentity", "serviceprincipal", "accountkey", "sas", "emulator"])
    .default("managedidentity"),
  clientId: text.optional(),
  tenantId: text.optional(),
  clientSecret: text.optional(),
  /** A PEM file with certificate and private key. */
  clientCertificatePath: text.optional(),
  accountKey: text.optional(),
  sas: text.optional(),
});

/**
 * One store and how to get in, from app settings; requests only ever name it. Endpoints are spelled in one way: lower
 * case, no default port, no slash at the end, the DFS one for Gen2.
 */
export type Connection = z.infer<typeof connection>;

/** Reads every connection of the app settings. Throws LakeError "invalid" naming the setting and what it should be. */
export function connectionsIn(settings: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, Connection> {
  const found = new Map<string, Connection>();
  for (const key of Object.keys(settings)) {
    const name = /^([A-Za-z][A-Za-z0-9_]*)__kind$/u.exec(key)?.[1];
    // Other libraries' settings may end alike.
    if (name === undefined || settings[key]?.startsWith("adls-") !== true) continue;
    found.set(name, connectionNamed(name, settings));
  }
  return found;
}

function connectionNamed(name: string, settings: Readonly<Record<string, string | undefined>>): Connection {
  const prefix = `${name}__`;
  const parsed = connection.safeParse(settingsUnder(prefix, settings));
  if (!parsed.success) throw firstWrong(prefix, parsed.error);
  check(prefix, parsed.data);
  const { kind, endpoint, blobEndpoint, ...rest } = parsed.data;
  return {
    ...rest,
    kind,
    endpoint: kind === "adls-gen2" ? dfsOf(tidy(endpoint)) : tidy(endpoint),
    ...(blobEndpoint === undefined ? {} : { blobEndpoint: tidy(blobEndpoint) }),
  };
}

// One spelling for each account: runs are kept apart by it.
function tidy(address: string): string {
  const url = new URL(address);
  url.hostname = url.hostname.replace(/\.$/u, "");
  return `${url.origin}${url.pathname.replace(/\/+$/u, "")}`;
}

// Both endpoints of an account lead to one lake; the Blob endpoint is found from this one.
function dfsOf(address: string): string {
  return address.replace(/^(https:\/\/[^/]+)\.blob\./u, "$1.dfs.");
}

function check(prefix: string, parsed: Connection): void {
  const isGen1 = parsed.kind === "adls-gen1";
  const example = isGen1 ? "https://contoso.azuredatalakestore.net" : "https://contoso.dfs.core.windows.net";
  for (const property of ["endpoint", "blobEndpoint"] as const) {
    const value = parsed[property];
    if (value === undefined) continue;
    if (!URL.canParse(value)) throw wrongSetting(`${prefix}${property}`, `expected an address such as ${example}`);
    const url = new URL(value);
    if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url))) {
      throw wrongSetting(`${prefix}${property}`, `expected https, as in ${example}; http goes to loopback only`);
    }
    if (url.username !== "" || url.search !== "" || url.hash !== "") {
      throw wrongSetting(`${prefix}${property}`, "expected an address without user, query or fragment");
    }
  }
  if (isGen1 && parsed.blobEndpoint !== undefined) {
    throw wrongSetting(`${prefix}blobEndpoint`, "Gen1 has no Blob endpoint; remove it");
  }
  const need = (property: keyof Connection) => {
    if (parsed[property] === undefined) {
      throw wrongSetting(`${prefix}${property}`, `missing; credential ${parsed.credential} needs it`);
    }
  };
  switch (parsed.credential) {
    case "managedidentity":
      break;
    case "serviceprincipal":
      need("tenantId");
      need("clientId");
      if (parsed.clientCertificatePath === undefined) need("clientSecret");
      break;
    case "accountkey":
    case "sas":
      if (isGen1)
        throw wrongSetting(`${prefix}credential`, "Gen1 knows no keys; expected managedidentity or serviceprincipal");
      need(parsed.credential === "sas" ? "sas" : "accountKey");
      break;
    case "emulator":
      if (!isLoopback(new URL(parsed.endpoint)))
        throw wrongSetting(`${prefix}credential`, "emulator is for loopback only");
      break;
  }
  refuseUnused(prefix, parsed);
}

const usedBy = {
  managedidentity: ["clientId"],
  serviceprincipal: ["tenantId", "clientId", "clientSecret", "clientCertificatePath"],
  accountkey: ["accountKey"],
  sas: ["sas"],
  emulator: [],
} as const satisfies Readonly<Record<Connection["credential"], readonly (keyof Connection)[]>>;

// A key that lies about unused is a secret too many, and its owner believes that it is in use.
function refuseUnused(prefix: string, parsed: Connection): void {
  const users = new Map<keyof Connection, string[]>();
  for (const [credential, properties] of Object.entries(usedBy)) {
    for (const property of properties) users.set(property, [...(users.get(property) ?? []), credential]);
  }
  for (const [property, credentials] of users) {
    if (parsed[property] === undefined || credentials.includes(parsed.credential)) continue;
    const others = `set ${prefix}credential to ${credentials.join(" or ")}`;
    throw wrongSetting(
      `${prefix}${property}`,
      `credential ${parsed.credential} doesn't use it; remove it, or ${others}`,
    );
  }
  if (parsed.clientSecret !== undefined && parsed.clientCertificatePath !== undefined) {
    throw wrongSetting(`${prefix}clientSecret`, `${prefix}clientCertificatePath is there, too; give one of the two`);
  }
}

/** True for addresses of this machine. */
export function isLoopback(url: URL): boolean {
  return url.hostname === "localhost" || url.hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/u.test(url.hostname);
}
