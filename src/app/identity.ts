import type * as Library from "@azure/identity";
import type { TokenCredential } from "@azure/identity";

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
  readonly proof: { readonly secret: string } | { readonly certificatePath: string };
}): TokenCredential {
  const { tenantId, clientId, proof } = principal;
  return lazily(({ ClientSecretCredential, ClientCertificateCredential }) =>
    "secret" in proof
      ? new ClientSecretCredential(tenantId, clientId, proof.secret)
      : new ClientCertificateCredential(tenantId, clientId, { certificatePath: proof.certificatePath }),
  );
}
