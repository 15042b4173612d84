import { createHmac, timingSafeEqual } from "node:crypto";
import type { WireRequest } from "../kit/wire.ts";
import { Refusal } from "./refusal.ts";

/** The key of Azurite's well-known development account; it guards nothing. */
export const WELL_KNOWN_KEY =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** Whose requests an emulator takes; without a key everyone's. */
export type Account = { readonly name: string; readonly key: string | undefined };

/** Refuses a request that isn't signed with the account's key; tokens and shared access signatures pass unless they say they mustn't. */
export function authenticate(request: WireRequest, account: Account, nowMs: number): void {
  if (account.key === undefined) return;
  const authorization = request.headers.authorization;
  if (authorization === undefined) {
    if (!request.query.has("sig"))
      throw new Refusal("NoAuthenticationInformation", undefined, { "WWW-Authenticate": CHALLENGE });
    checkSas(request, nowMs);
  } else if (authorization.startsWith("SharedKey ")) {
    checkSharedKey(request, account.name, account.key, authorization);
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

function checkSharedKey(request: WireRequest, name: string, key: string, authorization: string): void {
  const sent = authorization.slice("SharedKey ".length);
  // Clients differ in how they sort x-ms-… headers, and the service takes both ways.
  const isRight = [byCharacters, byLetters].some((order) =>
    isEqual(sent, `${name}:${signature(request, name, key, order)}`),
  );
  if (!isRight) throw new Refusal("AuthenticationFailed");
}

function signature(request: WireRequest, name: string, key: string, order: (header: string) => string): string {
  const values = SIGNED_HEADERS.map((header) => request.headers[header] ?? "");
  // The service signs an absent length and a length of 0 alike.
  if (values[2] === "0") values[2] = "";
  const own = Object.keys(request.headers).filter((header) => header.startsWith("x-ms-"));
  own.sort((a, b) => compare(order(a), order(b)));
  const text = [
    request.method,
    ...values,
    ...own.map((header) => `${header}:${String(request.headers[header]).trim()}`),
    [
      `/${name}${request.rawPath}`,
      ...[...request.query].sort(([a], [b]) => compare(a, b)).map(([query, value]) => `${query}:${value}`),
    ].join("\n"),
  ].join("\n");
  return createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64");
}

function byCharacters(header: string): string {
  return header;
}

// The .NET order of names, which the official clients imitate: no hyphens, and the underscore before digits.
function byLetters(header: string): string {
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
