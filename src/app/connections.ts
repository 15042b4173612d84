import * as z from "zod";
import { type CloudName, clouds } from "./clouds.ts";
import { firstWrong, settingsUnder, wrongSetting } from "./wrong.ts";

const text = z.string().min(1);

// One setting per property, named <connection>__<property>, as Azure Functions names identity-based connections.
const connection = z.strictObject({
  kind: z.enum(["adls-gen1", "adls-gen2"], "expected adls-gen1 or adls-gen2"),
  /** "adl://account…" is what Hadoop calls a Gen1 account. */
  endpoint: z
    .string("missing; expected an address such as https://contoso.dfs.core.windows.net")
    .min(1)
    .transform((address) => address.replace(/^adl:/u, "https:")),
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
  /** Where a service principal proves who it is, where that isn't the cloud's own place: a cloud of one's own. */
  authorityHost: text.optional(),
  accountKey: text.optional(),
  sas: text.optional(),
  /** "private": its names have to lead to private addresses, which preflight looks at. */
  network: z.enum(["public", "private"], "expected public or private").default("public"),
});

type Properties = z.infer<typeof connection>;

/**
 * One store and how to get in, from app settings; requests only ever name it. Endpoints are spelled in one way: lower
 * case, no default port, no slash at the end, the DFS one for Gen2.
 */
export type Connection = Properties & {
  /** What tokens are asked for; no setting has a say in it. */
  readonly scope: string;
};

/** Reads every connection of the app settings. Throws LakeError "invalid" naming the setting and what it should be. */
export function connectionsIn(
  settings: Readonly<Record<string, string | undefined>>,
  cloud: CloudName = "AzureCloud",
): ReadonlyMap<string, Connection> {
  const found = new Map<string, Connection>();
  for (const key of Object.keys(settings)) {
    const name = /^([A-Za-z][A-Za-z0-9_]*)__kind$/u.exec(key)?.[1];
    // Other libraries' settings may end alike.
    if (name === undefined || settings[key]?.startsWith("adls-") !== true) continue;
    found.set(name, connectionNamed(name, settings, cloud));
  }
  return found;
}

function connectionNamed(
  name: string,
  settings: Readonly<Record<string, string | undefined>>,
  cloud: CloudName,
): Connection {
  const prefix = `${name}__`;
  const parsed = connection.safeParse(settingsUnder(prefix, settings));
  if (!parsed.success) throw firstWrong(prefix, parsed.error);
  check(prefix, parsed.data);
  const { kind, endpoint, blobEndpoint, authorityHost, ...rest } = parsed.data;
  const scope = clouds[cloud].scopes[kind];
  if (scope === undefined) {
    throw wrongSetting(`${prefix}kind`, `${cloud} never had ${kind}; see the setting Lakeferry__cloud, as AzureCloud`);
  }
  const isPrincipal = rest.credential === "serviceprincipal";
  return {
    ...rest,
    kind,
    scope,
    ...(isPrincipal ? { authorityHost: authorityHost ?? clouds[cloud].authorityHost } : {}),
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

function check(prefix: string, parsed: Properties): void {
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
  const { authorityHost } = parsed;
  // A secret is sent there: not even to this machine without TLS.
  if (authorityHost !== undefined && URL.parse(authorityHost)?.protocol !== "https:") {
    throw wrongSetting(`${prefix}authorityHost`, "expected https, as in https://login.microsoftonline.com");
  }
  if (isGen1 && parsed.blobEndpoint !== undefined) {
    throw wrongSetting(`${prefix}blobEndpoint`, "Gen1 has no Blob endpoint; remove it");
  }
  const need = (property: keyof typeof parsed) => {
    if (parsed[property] === undefined) {
      throw wrongSetting(
        `${prefix}${property}`,
        `missing; credential ${parsed.credential} needs it, as ${prefix}${property}=${exampleOf[property] ?? "…"}`,
      );
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

const exampleOf: Readonly<Record<string, string>> = {
  tenantId: "72f988bf-86f1-41af-91ab-2d7cd011db47",
  clientId: "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
  clientSecret: "@Microsoft.KeyVault(SecretUri=https://contoso.vault.azure.net/secrets/lakeferry)",
  accountKey: "@Microsoft.KeyVault(SecretUri=https://contoso.vault.azure.net/secrets/lake-key)",
  sas: "sv=2023-11-03&ss=b&srt=sco&sp=racwdl&se=2027-01-01&sig=…",
};

const usedBy = {
  managedidentity: ["clientId"],
  serviceprincipal: ["tenantId", "clientId", "clientSecret", "clientCertificatePath", "authorityHost"],
  accountkey: ["accountKey"],
  sas: ["sas"],
  emulator: [],
} as const satisfies Readonly<Record<Properties["credential"], readonly (keyof Properties)[]>>;

// A key that lies about unused is a secret too many, and its owner believes that it is in use.
function refuseUnused(prefix: string, parsed: Properties): void {
  const users = new Map<keyof Properties, string[]>();
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
