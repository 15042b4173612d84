import { createPrivateKey, createPublicKey, createSign, createVerify } from "node:crypto";
import type { Certificate } from "./certificate.ts";

/** What an access token says, as Entra ID's first version has it. */
export type Claims = {
  readonly aud: string;
  readonly iss: string;
  readonly oid: string;
  readonly appid: string;
  readonly tid: string;
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
};

/** Which tokens a service takes: those for itself, signed by whom it knows. */
export type BearerRule = { readonly audience: string; readonly issuer: Pick<Certificate, "cert"> };

/** Signs claims, RS256. */
export function signedToken(claims: Claims, { key }: Pick<Certificate, "key">): string {
  const text = [{ alg: "RS256", typ: "JWT" }, claims].map(encoded).join(".");
  return `${text}.${createSign("sha256").update(text).sign(createPrivateKey(key), "base64url")}`;
}

/** What is wrong with an Authorization header; undefined when nothing is. */
export function tokenFlaw(authorization: string | undefined, rule: BearerRule, nowMs: number): string | undefined {
  const [, head, body, signature] = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/u.exec(authorization ?? "") ?? [];
  if (head === undefined || body === undefined || signature === undefined) return "Issuer validation failed.";
  const key = createPublicKey(rule.issuer.cert);
  if (!createVerify("sha256").update(`${head}.${body}`).verify(key, signature, "base64url")) {
    return "Signature validation failed.";
  }
  const { aud, nbf, exp } = decoded(body) as Claims;
  // A slash at the end makes no other audience.
  if (aud.replace(/\/$/u, "") !== rule.audience.replace(/\/$/u, "")) return "Audience validation failed.";
  if (nowMs >= exp * 1000) return "Lifetime validation failed. The token is expired.";
  return nowMs < nbf * 1000 ? "Lifetime validation failed. The token is not yet valid." : undefined;
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

/** A part of a token. */
export function decoded(part: string): unknown {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
}
