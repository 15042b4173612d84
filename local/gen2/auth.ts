import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { type BearerRule, tokenFlaw } from "../kit/tokens.ts";
import type { WireRequest } from "../kit/wire.ts";
import { Refusal } from "./refusal.ts";

/** The key of Azurite's well-known development account; it guards nothing. */
export const WELL_KNOWN_KEY =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** Whose requests an emulator takes; without a key and a rule for tokens everyone's. */
export type Account = {
  readonly name: string;
  readonly key: KeyObject | undefined;
  readonly bearer?: BearerRule | undefined;
};

/** An account, its key in base64, and which tokens it takes: without a rule any. */
export function accountOf(name: string, key: string | undefined, bearer?: BearerRule): Account {
  return { name, key: key === undefined ? undefined : createSecretKey(key, "base64"), bearer };
}

/** Refuses a request without a proof that the account takes: its key, a signature that says it may, a token for it. */
export function authenticate(request: WireRequest, account: Account, nowMs: number): void {
  const { key, bearer } = account;
  if (key === undefined && bearer === undefined) return;
  const authorization = request.headers.authorization;
  if (bearer !== undefined && authorization?.startsWith("Bearer ") === true) {
    const flaw = tokenFlaw(authorization, bearer, nowMs);
    if (flaw === undefined) return;
    throw new Refusal("InvalidAuthenticationInfo", flaw, { "WWW-Authenticate": CHALLENGE });
  }
  if (key === undefined) {
    const isKeyed = authorization?.startsWith("SharedKey ") === true || request.query.has("sig");
    if (isKeyed) throw new Refusal("KeyBasedAuthenticationNotPermitted");
    throw new Refusal("NoAuthenticationInformation", undefined, { "WWW-Authenticate": CHALLENGE });
  }
  if (authorization === undefined) {
    if (!request.query.has("sig"))
      throw new Refusal("NoAuthenticationInformation", undefined, { "WWW-Authenticate": CHALLENGE });
    checkSas(request, nowMs);
  } else if (authorization.startsWith("SharedKey ")) {
    checkSharedKey(request, account.name, key, authorization);
  } else if (!/^Bearer \S/.test(authorization)) {
    throw new Refusal("AuthenticationFailed");
  }
}

const CHALLENGE =
  "Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize resource_id=https://storage.azure.com";
const SIGNED_HEADERS = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-md5",
  "content-type",
  "date",
  "if-modified-since",
  "if-match",
  "if-none-match",
  "if-unmodified-since",
  "range",
] as const;

function checkSharedKey(request: WireRequest, name: string, key: KeyObject, authorization: string): void {
  const sent = authorization.slice("SharedKey ".length);
  const own = Object.keys(request.headers).filter((header) => header.startsWith("x-ms-"));
  const isSignedIn = (order: readonly string[]) => isEqual(sent, `${name}:${signature(request, name, key, order)}`);
  // Clients differ in how they sort x-ms-… headers, and the service takes both ways.
  if (!isSignedIn(own.sort()) && !isSignedIn(own.sort(byLetters))) throw new Refusal("AuthenticationFailed");
}

function signature(request: WireRequest, name: string, key: KeyObject, own: readonly string[]): string {
  const { method, headers, rawPath, query } = request;
  let text = method;
  // The service signs an absent length and a length of 0 alike.
  for (const header of SIGNED_HEADERS) {
    const value = String(headers[header] ?? "");
    text += header === "content-length" && value === "0" ? "\n" : `\n${value}`;
  }
  for (const header of own) text += `\n${header}:${String(headers[header]).trim()}`;
  text += `\n/${name}${rawPath}`;
  for (const parameter of [...query.keys()].sort()) text += `\n${parameter}:${query.get(parameter)}`;
  return createHmac("sha256", key).update(text).digest("base64");
}

// The .NET order of names, which the official clients imitate: no hyphens, and the underscore before digits.
function byLetters(a: string, b: string): number {
  return compare(lettersOf(a), lettersOf(b));
}

function lettersOf(header: string): string {
  return header.replaceAll("-", "").replaceAll("_", "!");
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function checkSas({ method, query }: WireRequest, nowMs: number): void {
  const expiry = query.get("se");
  if (expiry !== undefined && !(Date.parse(expiry) > nowMs))
    throw new Refusal("AuthenticationFailed", "The signature has expired.");
  const permissions = query.get("sp");
  if (permissions !== undefined && !(METHOD_PERMISSIONS[method] ?? /./).test(permissions))
    throw new Refusal("AuthorizationPermissionMismatch");
}

const METHOD_PERMISSIONS: Readonly<Record<string, RegExp>> = {
  GET: /[rle]/,
  HEAD: /[rle]/,
  PUT: /[acwmop]/,
  PATCH: /[acwmop]/,
  POST: /[acwmop]/,
  DELETE: /d/,
};
