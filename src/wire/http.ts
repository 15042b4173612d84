import { Pool } from "undici";
import { LakeError, messageOf } from "../core/error.ts";
import type { Send, WireReply, WireRequest } from "./send.ts";

const maxReplyBytes = 64 * 1024 * 1024;
const empty = new Uint8Array(0);

/** The bottom of every stack: one connection pool for one origin. */
export type Http = { readonly send: Send; readonly close: () => Promise<void> };

/** Opens a pool of at most `connections` kept-alive connections. A connection that fails says "unavailable, later". */
export function openHttp(origin: string, connections: number): Http {
  // Time-outs are a layer's business, where they are per attempt and known to grow with the bytes expected.
  const pool = new Pool(origin, { connections, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 30_000 });
  return { send: (request) => exchange(pool, request), close: () => pool.destroy() };
}

async function exchange(pool: Pool, request: WireRequest): Promise<WireReply> {
  try {
    const reply = await pool.request({
      path: request.target,
      method: request.method,
      headers: request.headers as Record<string, string>,
      body: request.body ?? null,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      // Without this undici closes the connection after every HEAD.
      reset: false,
    });
    const headers = flatten(reply.headers);
    if (request.receive === undefined || reply.statusCode >= 300) {
      return { status: reply.statusCode, headers, body: await whole(reply.body, headers, request) };
    }
    for await (const chunk of reply.body) {
      const pause = request.receive(chunk as Uint8Array);
      if (pause !== undefined) await pause;
    }
    return { status: reply.statusCode, headers, body: empty };
  } catch (cause) {
    if (cause instanceof LakeError) throw cause;
    if (request.signal?.aborted === true) throw request.signal.reason;
    throw new LakeError("unavailable", {
      op: request.op,
      path: request.path,
      detail: `no reply from ${request.origin}: ${messageOf(cause)}`,
      retry: "later",
      cause,
    });
  }
}

type Body = { readonly bytes: () => Promise<Uint8Array> } & AsyncIterable<unknown>;

async function whole(body: Body, headers: Readonly<Record<string, string>>, request: WireRequest): Promise<Uint8Array> {
  // A HEAD declares the length of a body that doesn't come.
  if (request.method === "HEAD" || Number(headers["content-length"] ?? Infinity) <= maxReplyBytes) return body.bytes();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxReplyBytes) {
      const { op, path } = request;
      throw new LakeError("unexpected", { op, path, detail: `the reply is longer than ${maxReplyBytes} bytes` });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}
