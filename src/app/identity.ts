import type * as Library from "@azure/identity";
import type { TokenCredential } from "@azure/identity";
import { LakeError, messageOf } from "../core/error.ts";
import { clouds } from "./clouds.ts";

// The library is large and many runs need none of it: it is loaded with the first token.
function lazily(open: (library: typeof Library) => TokenCredential): TokenCredential {
  let opened: Promise<TokenCredential> | undefined;
  return {
    getToken: async (scopes, options) => {
      opened ??= import("@azure/identity").then(open);
      return (await opened).getToken(scopes, options);
    },
  };
}

/** The app's managed identity: the user-assigned one with this client id, or else the system-assigned one. */
export function managedIdentity(clientId: string | undefined): TokenCredential {
  return lazily(
    ({ ManagedIdentityCredential }) => new ManagedIdentityCredential(clientId === undefined ? {} : { clientId }),
  );
}

/** A service principal with a secret, or with a PEM file that holds its certificate and private key. */
export function servicePrincipal(principal: {
  readonly tenantId: string;
  readonly clientId: string;
  readonly authorityHost: string;
  readonly proof: { readonly secret: string } | { readonly certificatePath: string };
}): TokenCredential {
  const { tenantId, clientId, authorityHost, proof } = principal;
  // The library asks the public cloud whether it knows a place; it can't know one of somebody's own.
  const isKnown = Object.values(clouds).some((cloud) => cloud.authorityHost === authorityHost);
  const options = { authorityHost, disableInstanceDiscovery: !isKnown };
  return lazily(({ ClientSecretCredential, ClientCertificateCredential }) =>
    "secret" in proof
      ? new ClientSecretCredential(tenantId, clientId, proof.secret, options)
      : new ClientCertificateCredential(tenantId, clientId, { certificatePath: proof.certificatePath }, options),
  );
}

/**
 * Why there is no token: "unauthenticated" where the identity refuses, which no other try changes; "unavailable, later" for all
 * else: the network, too many questions, an identity service that is out of order.
 */
export function noToken(error: unknown, kind: string, endpoint: string): LakeError {
  const at = { op: "token", path: endpoint, detail: `no token for ${kind}: ${messageOf(error)}`, cause: error };
  return hasRefused(error)
    ? new LakeError("unauthenticated", at)
    : new LakeError("unavailable", { ...at, retry: "later" });
}

// The library wraps what the identity service said; its own words for a refusal and for a broken line are the same.
// 404 and 410 aren't among these: a machine's identity endpoint answers so while it is updated.
const refusals = new Set<unknown>([400, 401, 403]);
// A wrong setting, which the library finds out by itself, or a certificate file that can't be read.
const ownRefusals = new Set<unknown>(["ClientConfigurationError", "ENOENT", "EACCES", "EISDIR"]);

function hasRefused(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { name, code, status, statusCode } = at as Error & Readonly<Record<string, unknown>>;
    if (refusals.has(status ?? statusCode) || ownRefusals.has(name) || ownRefusals.has(code)) return true;
  }
  return false;
}
