import type { ServerResponse } from "node:http";
import { corrupted, paced, shortened } from "./bytes.ts";
import type { Effect } from "./faults.ts";
import { ConnectionLost, type WireReply } from "./wire.ts";

/** Sends a reply as it is; done at once when its body is whole. */
export function send(response: ServerResponse, reply: WireReply): Promise<void> | undefined {
  const { body } = reply;
  writeHead(response, reply);
  if (!isWhole(body)) return pour(response, body);
  response.end(body);
  return undefined;
}

/** Sends a reply whose body the effects cut, flip, slow down or break off in the middle. */
export async function sendUnder(response: ServerResponse, reply: WireReply, effects: readonly Effect[]): Promise<void> {
  let length = lengthOf(reply);
  let bytes = asChunks(reply.body);
  let isBroken = false;
  for (const effect of effects) {
    if ("flip" in effect) bytes = corrupted(bytes, effect.flip);
    if ("drip" in effect) bytes = paced(bytes, effect.drip);
    if ("short" in effect) {
      bytes = shortened(bytes, effect.short);
      length = length === undefined ? undefined : Math.min(length, effect.short);
    }
    if ("reset" in effect && effect.reset === "mid") isBroken = true;
  }
  const framed = { ...reply.headers, ...(length === undefined ? {} : { "Content-Length": length }) };
  writeHead(response, { ...reply, headers: framed, body: bytes });
  if (!isBroken) return pour(response, bytes);
  await pourHalf(response, bytes, length);
  cut(response);
}

/** Breaks the connection so that the client sees a reset. */
export function cut(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

// Names and values in one flat list, which costs half of what a merged object does.
function writeHead(response: ServerResponse, reply: WireReply): void {
  const { status, reason, headers } = reply;
  const lines: (string | number)[] = [];
  for (const name in headers) lines.push(name, headers[name] ?? "");
  const length = framingOf(reply);
  if (length !== undefined) lines.push("Content-Length", length);
  if (reason === undefined) response.writeHead(status, lines);
  else response.writeHead(status, reason, lines);
}

/** The length that the head must give and the reply's own headers don't. */
function framingOf({ status, headers, body, isChunked }: WireReply): number | undefined {
  if (isChunked || status === 204 || status === 304 || headers["Content-Length"] !== undefined) return undefined;
  if (body === undefined) return 0;
  return isWhole(body) ? Buffer.byteLength(body) : undefined;
}

function lengthOf({ headers, body, isChunked }: WireReply): number | undefined {
  if (isChunked) return undefined;
  if (body !== undefined && isWhole(body)) return Buffer.byteLength(body);
  const declared = headers["Content-Length"];
  return declared === undefined ? undefined : Number(declared);
}

function isWhole(body: WireReply["body"]): body is Buffer | string | undefined {
  return body === undefined || typeof body === "string" || Buffer.isBuffer(body);
}

async function* asChunks(body: WireReply["body"]): AsyncIterable<Buffer> {
  if (!isWhole(body)) yield* body;
  else if (body !== undefined) yield typeof body === "string" ? Buffer.from(body) : body;
}

async function pour(response: ServerResponse, chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) await write(response, chunk);
  response.end();
}

// Of a chunked body nobody knows the half: its first piece, without that piece's last byte, is as much as goes out.
async function pourHalf(response: ServerResponse, chunks: AsyncIterable<Buffer>, length?: number): Promise<void> {
  let left = length === undefined ? undefined : Math.floor(length / 2);
  for await (const chunk of chunks) {
    const part = chunk.subarray(0, left ?? chunk.length - 1);
    // Cutting before the kernel has these bytes would turn this into a reset before the reply.
    await new Promise((resolve) => response.write(part, resolve));
    if (left === undefined) return;
    left -= part.length;
    if (left <= 0) return;
  }
}

async function write(response: ServerResponse, chunk: Buffer): Promise<void> {
  if (response.destroyed) throw new ConnectionLost("the client went away in the reply");
  if (chunk.length === 0 || response.write(chunk)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once("drain", resolve).once("close", resolve);
  await promise;
  response.off("drain", resolve).off("close", resolve);
}
