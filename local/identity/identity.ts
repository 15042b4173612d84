import { createHash, createPublicKey, createVerify, constants, X509Certificate } from "node:crypto";
import type { Certificate } from "../kit/certificate.ts";
import { type Served, serve } from "../kit/http.ts";
import { decoded, signedToken } from "../kit/tokens.ts";
import type { Operation, WireReply, WireRequest } from "../kit/wire.ts";

/** A service principal that the directory knows. */
export type Principal = {
  readonly tenantId: string;
  readonly clientId: string;
  /** How it proves who it is. */
  readonly proof: { readonly secret: string } | { readonly cert: string };
};

/** Who is known, and what is given out. */
export type IdentityOptions = {
  /** Signs the tokens; with `isTls` also serves them. */
  readonly certificate: Certificate;
  /** Entra ID is asked over TLS, the endpoint of App Service isn't. */
  readonly isTls: boolean;
  /** The client ids of the app's user-assigned identities. */
  readonly identities?: readonly string[];
  /** What App Service expects in X-IDENTITY-HEADER. */
  readonly header?: string;
  readonly principals?: readonly Principal[];
  /** How long tokens hold; an hour when absent. */
  readonly lifetimeSeconds?: number;
  /** What tokens are for instead of what was asked: a mistake that services have to notice. */
  readonly audience?: string;
};

/** An identity service on loopback. */
export type Identity = Pick<Served, "url" | "port" | "requests" | "close"> & {
  /** Tokens given out, by audience. */
  readonly given: () => Readonly<Record<string, number>>;
};

type Question = Operation & {
  readonly kind: "managed" | "configuration" | "token" | "unknown";
  readonly tenant: string;
};

/**
 * Gives out tokens as App Service does for an app's managed identity (`/msi/token`, api-version 2019-08-01), and as Entra ID
 * does for service principals (`/<tenant>/oauth2/v2.0/token`).
 */
export async function startIdentity(options: IdentityOptions): Promise<Identity> {
  const given: Record<string, number> = {};
  const served = await serve<Question>({
    ...(options.isTls ? { tls: options.certificate } : {}),
    identify: questionOf,
    handle: async (request, question) => {
      const origin = `${options.isTls ? "https" : "http"}://${request.headers.host}`;
      switch (question.kind) {
        case "managed":
          return managed(options, given, request);
        case "configuration":
          return json(200, configurationOf(origin, question.tenant));
        case "token":
          return principalToken(options, given, question, await formOf(request), origin);
        case "unknown":
          return json(404, { error: "not_found", error_description: `there is no ${request.target}` });
      }
    },
    refuse: ({ status }) =>
      json(status, { error: "temporarily_unavailable", error_description: "a fault that was asked for" }),
  });
  return {
    url: served.url,
    port: served.port,
    requests: () => served.requests(),
    close: () => served.close(),
    given: () => ({ ...given }),
  };
}

function questionOf({ rawPath }: WireRequest): Question {
  const [, tenant = "", rest] = /^\/([^/]+)(\/.*)$/u.exec(rawPath) ?? [];
  const kind =
    rawPath === "/msi/token"
      ? "managed"
      : rest === "/v2.0/.well-known/openid-configuration"
        ? "configuration"
        : rest === "/oauth2/v2.0/token"
          ? "token"
          : "unknown";
  return { op: kind, path: rawPath, kind, tenant };
}

function managed(options: IdentityOptions, given: Record<string, number>, { headers, query }: WireRequest): WireReply {
  const refuse = (status: number, message: string) => json(status, { statusCode: status, message });
  if (options.header === undefined || headers["x-identity-header"] !== options.header) {
    return refuse(403, "The header X-IDENTITY-HEADER is missing or wrong.");
  }
  if (query.get("api-version") !== "2019-08-01") return refuse(400, "The api-version is not supported.");
  const resource = query.get("resource");
  if (!resource) return refuse(400, "The parameter resource is missing.");
  const clientId = query.get("client_id");
  if (clientId === null || clientId === undefined || !(options.identities ?? []).includes(clientId)) {
    return refuse(400, "No managed identity of this app has this client id.");
  }
  const { token, expiresOn } = newToken(options, given, resource, clientId, homeTenant);
  return json(200, {
    access_token: token,
    expires_on: String(expiresOn),
    resource,
    token_type: "Bearer",
    client_id: clientId,
  });
}

function configurationOf(origin: string, tenant: string) {
  return {
    token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
    authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
    issuer: `${origin}/${tenant}/v2.0`,
    jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
    token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt"],
    response_types_supported: ["code"],
    subject_types_supported: ["pairwise"],
  };
}

function principalToken(
  options: IdentityOptions,
  given: Record<string, number>,
  { tenant }: Question,
  form: URLSearchParams,
  origin: string,
): WireReply {
  const refuse = (status: number, error: string, description: string) =>
    json(status, { error, error_description: description, error_codes: [], correlation_id: "0", trace_id: "0" });
  const clientId = form.get("client_id") ?? "";
  const principal = (options.principals ?? []).find(
    (known) => known.clientId === clientId && known.tenantId === tenant,
  );
  if (principal === undefined) {
    return refuse(
      400,
      "unauthorized_client",
      `AADSTS700016: Application '${clientId}' was not found in the directory.`,
    );
  }
  if (form.get("grant_type") !== "client_credentials") return refuse(400, "unsupported_grant_type", "AADSTS70003");
  const { proof } = principal;
  const isProven =
    "secret" in proof
      ? form.get("client_secret") === proof.secret
      : isAsserted(form, clientId, proof.cert, `${origin}/${tenant}/oauth2/v2.0/token`);
  if (!isProven) return refuse(401, "invalid_client", "AADSTS7000215: Invalid client secret or assertion provided.");
  const [, audience] = /^(\S+)\/\.default$/u.exec((form.get("scope") ?? "").split(" ")[0] ?? "") ?? [];
  if (audience === undefined)
    return refuse(400, "invalid_scope", "AADSTS1002012: The provided value for scope is not valid.");
  const { token } = newToken(options, given, audience, clientId, tenant);
  return json(200, {
    token_type: "Bearer",
    expires_in: lifetimeOf(options),
    ext_expires_in: lifetimeOf(options),
    access_token: token,
  });
}

// A JWT that only the holder of the certificate's key can have made, for this endpoint and for now.
function isAsserted(form: URLSearchParams, clientId: string, cert: string, endpoint: string): boolean {
  const [head, body, signature] = (form.get("client_assertion") ?? "").split(".");
  if (head === undefined || body === undefined || signature === undefined) return false;
  const { alg, ...thumbs } = decoded(head) as { alg: string; x5t?: string; "x5t#S256"?: string };
  const { raw } = new X509Certificate(cert);
  const isThis =
    thumbs["x5t#S256"] === createHash("sha256").update(raw).digest("base64url") ||
    thumbs.x5t === createHash("sha1").update(raw).digest("base64url");
  const padding = alg === "PS256" ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const key = { key: createPublicKey(cert), padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const { aud, iss, sub, exp } = decoded(body) as { aud: string; iss: string; sub: string; exp: number };
  const isFor = aud === endpoint && iss === clientId && sub === clientId && exp * 1000 > Date.now();
  return isThis && isFor && createVerify("sha256").update(`${head}.${body}`).verify(key, signature, "base64url");
}

const homeTenant = "00000000-0000-4000-8000-6c616b656665";

function lifetimeOf({ lifetimeSeconds = 3600 }: IdentityOptions): number {
  return lifetimeSeconds;
}

function newToken(
  options: IdentityOptions,
  given: Record<string, number>,
  asked: string,
  clientId: string,
  tid: string,
): { readonly token: string; readonly expiresOn: number } {
  const aud = options.audience ?? asked;
  given[aud] = (given[aud] ?? 0) + 1;
  const iat = Math.floor(Date.now() / 1000);
  const exp = iat + lifetimeOf(options);
  const claims = {
    aud,
    iss: `https://sts.windows.net/${tid}/`,
    oid: clientId,
    appid: clientId,
    tid,
    iat,
    nbf: iat,
    exp,
  };
  return { token: signedToken(claims, options.certificate), expiresOn: exp };
}

async function formOf({ body }: WireRequest): Promise<URLSearchParams> {
  return new URLSearchParams((await body.read(64 * 1024)).toString("utf8"));
}

function json(status: number, body: object): WireReply {
  return { status, headers: { "Content-Type": "application/json; charset=utf-8" }, body: JSON.stringify(body) };
}
