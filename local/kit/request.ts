import type { IncomingMessage } from "node:http";
import { corrupted, paced } from "./bytes.ts";
import type { Effect } from "./faults.ts";
import { parseQuery, splitTarget } from "./query.ts";
import { BodyTooLarge, ConnectionLost, type RequestBody, type WireRequest } from "./wire.ts";

/** Wraps an incoming message; the effects are those that change its body. */
export function wireRequest(message: IncomingMessage): WireRequest {
  const target = message.url ?? "/";
  const { rawPath, rawQuery } = splitTarget(target);
  const method = message.method ?? "GET";
  return {
    method,
    target,
    rawPath,
    rawQuery,
    query: parseQuery(rawQuery),
    headers: message.headers,
    body: bodyOf(message),
  };
}

/** The same request whose body is flipped or slowed down as the effects say. */
export function underEffects(request: WireRequest, effects: readonly Effect[]): WireRequest {
  if (request.body.length === 0) return request;
  const chunks = () => {
    let bytes = request.body.chunks();
    for (const effect of effects) {
      if ("flip" in effect) bytes = corrupted(bytes, effect.flip);
      if ("drip" in effect) bytes = paced(bytes, effect.drip);
    }
    return bytes;
  };
  return {
    ...request,
    body: { length: request.body.length, chunks, read: (limitBytes) => gather(chunks(), limitBytes) },
  };
}

/** Takes about half of the body, as a connection that breaks on the way would. */
export async function readHalf(body: RequestBody): Promise<void> {
  const half = (body.length ?? 0) / 2;
  let received = 0;
  for await (const chunk of body.chunks()) {
    received += chunk.length;
    if (received >= half) return;
  }
}

function bodyOf(message: IncomingMessage): RequestBody {
  const length = declaredLength(message);
  if (length === 0) return emptyBody;
  return {
    length,
    read: (limitBytes) => readWhole(message, limitBytes),
    chunks: () => chunksOf(message),
  };
}

// The emulator may stop before the end and still answer: the rest is drained, the connection lives on.
async function* chunksOf(message: IncomingMessage): AsyncIterable<Buffer> {
  try {
    yield* message.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw new ConnectionLost("the client went away in its body", { cause });
  } finally {
    message.resume();
  }
}

// An old official client sends Transfer-Encoding and Content-Length together; the former is what frames the body then.
function declaredLength({ headers }: IncomingMessage): number | undefined {
  if (headers["transfer-encoding"] !== undefined) return undefined;
  return Number(headers["content-length"] ?? 0);
}

const nothing = Buffer.alloc(0);
const emptyBody: RequestBody = {
  length: 0,
  read: () => Promise.resolve(nothing),
  chunks: async function* () {},
};

// Events cost a third of what an async iterator does, and small bodies are the hot path.
function readWhole(message: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    message.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received > limitBytes) reject(new BodyTooLarge(`the body is longer than ${limitBytes} bytes`));
      else chunks.push(chunk);
    });
    message.on("end", () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    message.on("error", (cause) => reject(new ConnectionLost("the client went away in its body", { cause })));
  });
}

async function gather(chunks: AsyncIterable<Buffer>, limitBytes: number): Promise<Buffer> {
  const whole: Buffer[] = [];
  let received = 0;
  for await (const chunk of chunks) {
    received += chunk.length;
    if (received > limitBytes) throw new BodyTooLarge(`the body is longer than ${limitBytes} bytes`);
    whole.push(chunk);
  }
  return Buffer.concat(whole);
}
