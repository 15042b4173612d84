import { type Answer, problem } from "./problem.ts";

/** A request as far as its admission needs it. */
export type Knock = {
  readonly method: string;
  readonly url: string;
  readonly headers: { readonly get: (name: string) => string | null };
};

/** Who calls, as far as anybody knows. */
export type Caller = { readonly by: string };

/** The app roles of the Entra application, as its manifest names them. */
export const appRoles = { read: "Lakeferry.Read", operate: "Lakeferry.Operate" } as const;

/**
 * Whether a request is let in, beyond its function key. A call that changes something says that it is JSON, which a form of
 * another site can't, and comes from no page of another origin. With Easy Auth a principal with the right role calls;
 * without, its header is anybody's word and nobody looks at it.
 */
export function admitted(knock: Knock, easyAuth: "on" | "off"): Caller | { readonly refusal: Answer } {
  const isChange = knock.method !== "GET" && knock.method !== "HEAD";
  const refusal = isChange ? strange(knock) : undefined;
  if (refusal !== undefined) return { refusal };
  if (easyAuth === "off") return { by: "key" };
  const principal = principalIn(knock.headers.get("x-ms-client-principal"));
  if (principal === undefined)
    return { refusal: problem("not-signed-in", "sign in with Entra ID; this app takes no other callers") };
  const { roles, id } = principal;
  const isPermitted = roles.includes(appRoles.operate) || (!isChange && roles.includes(appRoles.read));
  if (isPermitted) return { by: id };
  const needed = isChange ? appRoles.operate : `${appRoles.read} or ${appRoles.operate}`;
  return { refusal: problem("not-permitted", `the caller needs the app role ${needed}`) };
}

function strange({ url, headers }: Knock): Answer | undefined {
  const origin = headers.get("origin");
  // What stands before the app may end TLS: the name tells, the protocol doesn't.
  const isForeign = origin !== null && URL.parse(origin)?.host !== new URL(url).host;
  const site = headers.get("sec-fetch-site");
  if (isForeign || (site !== null && site !== "same-origin" && site !== "none")) {
    return problem(
      "origin-refused",
      `the call comes from ${origin ?? "another site"}; only pages of the app itself may change anything`,
    );
  }
  if (/^application\/(.+\+)?json\b/iu.test(headers.get("content-type") ?? "")) return undefined;
  return problem("not-json", 'expected the header "Content-Type: application/json", with or without a body');
}

type Principal = { readonly id: string; readonly roles: readonly string[] };

// Base64 of {"auth_typ","role_typ","claims":[{"typ","val"}]}, which App Service sets and takes away from callers' own requests.
function principalIn(header: string | null): Principal | undefined {
  if (header === null) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(header, "base64").toString("utf8"));
    const { claims, role_typ: roleType } = parsed as { readonly claims?: unknown; readonly role_typ?: unknown };
    if (!Array.isArray(claims)) return undefined;
    const all = claims.flatMap((claim: { readonly typ?: unknown; readonly val?: unknown }) =>
      typeof claim?.typ === "string" && typeof claim.val === "string" ? [{ typ: claim.typ, val: claim.val }] : [],
    );
    const valuesOf = (...types: readonly unknown[]) =>
      all.filter(({ typ }) => types.includes(typ)).map(({ val }) => val);
    const [id] = valuesOf("http://schemas.microsoft.com/identity/claims/objectidentifier", "oid");
    return id === undefined ? undefined : { id, roles: valuesOf("roles", roleType) };
  } catch {
    return undefined;
  }
}
