import type { TokenCredential } from "@azure/identity";
import type { Wiring } from "../lake/open.ts";
import { bearer, type Credential, sas } from "../wire/auth.ts";
import { sharedKey } from "../wire/sharedKey.ts";
import { type Connection, isLoopback } from "./connections.ts";
import { managedIdentity, noToken, servicePrincipal } from "./identity.ts";

/** How requests of a connection are made acceptable to its store. */
export function credentialOf(connection: Connection, wiring: Wiring): Credential {
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
  const { clientCertificatePath: certificatePath, authorityHost = "" } = rest;
  const proof = certificatePath === undefined ? { secret: clientSecret } : { certificatePath };
  return servicePrincipal({ tenantId, clientId, authorityHost, proof });
}

function entra(credential: TokenCredential, { kind, endpoint, scope }: Connection, wiring: Wiring): Credential {
  return bearer(async (abortSignal) => {
    try {
      const got = await credential.getToken(scope, { abortSignal });
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
