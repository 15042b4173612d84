import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Cookie, HttpData, Nullable, Response } from "../rpc.ts";

/** The decoded parts of a path below a prefix; undefined when it is elsewhere. */
export function partsBelow(prefix: string, { url }: Exchange): string[] | undefined {
  if (!url.pathname.startsWith(`${prefix}/`)) return undefined;
  try {
    return url.pathname
      .slice(prefix.length + 1)
      .split("/")
      .map(decodeURIComponent);
  } catch (error) {
    throw new Refusal(400, `${url.pathname} is not encoded properly: ${(error as Error).message}`);
  }
}

/** One request, read whole. */
export type Exchange = {
  readonly method: string;
  readonly url: URL;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** What goes back for one request. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Uint8Array | string;
};

/** Azure's own bound for the body of a request. */
const mostBodyBytes = 100 * 1024 * 1024;

/** Thrown when a request cannot be served; becomes the answer. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** An answer in JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(body),
  };
}

/** An answer that says what is wrong. */
export function problem(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return json(status, { Message: message }, headers);
}

/** Reads a request; one that is too long is refused before it is read to its end. */
export async function readExchange(request: IncomingMessage, origin: string): Promise<Exchange> {
  const url = URL.parse(request.url ?? "/", origin);
  if (url?.origin !== origin) throw new Refusal(400, "The request's target cannot be read.");
  const chunks: Buffer[] = [];
  let bytes = 0;
  if (Number(request.headers["content-length"] ?? 0) > mostBodyBytes) throw new Refusal(413, tooLong);
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBodyBytes) throw new Refusal(413, tooLong);
    chunks.push(chunk);
  }
  const method = request.method ?? "GET";
  return { method, url, query: url.searchParams, headers: request.headers, body: Buffer.concat(chunks) };
}

const tooLong = `The body is longer than ${mostBodyBytes} bytes.`;

/** Sends an answer. */
export function sendAnswer(response: ServerResponse, { status, headers, body }: Answer): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.writeHead(status);
  response.end(isBodiless(status) ? undefined : body);
}

/** A request as the worker wants it. */
export function httpInput(
  { method, url, query, headers, body }: Exchange,
  params: Readonly<Record<string, string>>,
): HttpData {
  const flat = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]);
  return {
    method,
    url: url.href,
    nullableHeaders: nullable(Object.fromEntries(flat)),
    nullableParams: nullable(params),
    nullableQuery: nullable(Object.fromEntries(query)),
    ...(body.length > 0 ? { body: { bytes: body } } : {}),
  };
}

/** What a function answered; nothing at all is 204. */
export function answerFrom({ returnValue }: Response): Answer {
  const http = returnValue?.http;
  if (http === undefined) return { status: 204, headers: {} };
  const status = Number(http.statusCode ?? 200);
  const cookies = (http.cookies ?? []).map(cookieText);
  const headers = { ...http.headers, ...(cookies.length > 0 ? { "set-cookie": cookies } : {}) };
  const body = http.body?.bytes;
  return { status, headers, ...(body ? { body } : {}) };
}

function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function nullable(values: Readonly<Record<string, string | undefined>>): Record<string, Nullable> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value: value ?? "" }]));
}

const sameSites: Readonly<Record<string, string>> = { lax: "Lax", strict: "Strict", explicitNone: "None" };

function cookieText(cookie: Cookie): string {
  const parts = [`${cookie.name}=${cookie.value}`];
  if (cookie.domain) parts.push(`Domain=${cookie.domain.value}`);
  if (cookie.path) parts.push(`Path=${cookie.path.value}`);
  if (cookie.expires) parts.push(`Expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`);
  if (cookie.maxAge) parts.push(`Max-Age=${cookie.maxAge.value}`);
  if (cookie.secure?.value) parts.push("Secure");
  if (cookie.httpOnly?.value) parts.push("HttpOnly");
  const sameSite = sameSites[cookie.sameSite ?? ""];
  if (sameSite) parts.push(`SameSite=${sameSite}`);
  return parts.join("; ");
}
