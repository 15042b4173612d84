import { createHash, hash } from "node:crypto";
import { type Call, header } from "./call.ts";
import { crc64Start, crc64Text, crc64Update } from "./crc64.ts";
import { Refusal } from "./refusal.ts";
import { type Content, SMALL_BYTES } from "./store.ts";

/** A request's body in the store's hands, and its checksums in base64; the CRC-64 only where it is asked for. */
export type Received = Checksums & { readonly content: Content };
type Checksums = { readonly md5: string; readonly crc64: string | undefined };

/** Takes a request's body; refuses one that is too long or doesn't match the checksums sent with it. */
export async function receive(call: Call, maxBytes: number): Promise<Received> {
  const { length } = call.request.body;
  if (length !== undefined && length > maxBytes) throw new Refusal("RequestBodyTooLarge");
  const received =
    length !== undefined && length <= SMALL_BYTES
      ? receivedWhole(await call.request.body.read(SMALL_BYTES), wantsCrc64(call))
      : await receiveLarge(call, maxBytes, wantsCrc64(call));
  const flaw = checksumFlaw(call, received);
  if (flaw === undefined) return received;
  call.lake.store.discard(received.content);
  throw flaw;
}

/** Takes a request's body as text, checked like any other. */
export async function receiveText(
  call: Call,
  maxBytes: number,
): Promise<{ readonly text: string; readonly received: Checksums }> {
  const body = await call.request.body.read(maxBytes);
  const received = { md5: hash("md5", body, "base64"), crc64: wantsCrc64(call) ? crc64Of(body) : undefined };
  const flaw = checksumFlaw(call, received);
  if (flaw !== undefined) throw flaw;
  return { text: body.toString("utf8"), received };
}

/** The reply headers that tell a client what arrived. */
export function checksumHeaders({ md5, crc64 }: Checksums): Record<string, string> {
  return crc64 === undefined ? { "Content-MD5": md5 } : { "Content-MD5": md5, "x-ms-content-crc64": crc64 };
}

/** Commits content by `commit`; when that refuses, the content is let go. */
export function orDiscard<T>(call: Call, content: Content, commit: () => T): T {
  try {
    return commit();
  } catch (error) {
    call.lake.store.discard(content);
    throw error;
  }
}

// A client that checks by MD5 has no use for the other sum, which costs as much again.
function wantsCrc64(call: Call): boolean {
  return header(call, "content-md5") === undefined || header(call, "x-ms-content-crc64") !== undefined;
}

function receivedWhole(bytes: Buffer, withCrc64: boolean): Received {
  const content: Content = { kind: "memory", bytes: bytes.length, chunks: [bytes] };
  return { content, md5: hash("md5", bytes, "base64"), crc64: withCrc64 ? crc64Of(bytes) : undefined };
}

function crc64Of(bytes: Buffer): string {
  const crc = crc64Start();
  crc64Update(crc, bytes);
  return crc64Text(crc);
}

async function receiveLarge(call: Call, maxBytes: number, withCrc64: boolean): Promise<Received> {
  const intake = call.lake.store.intake();
  const md5 = createHash("md5");
  const crc = crc64Start();
  let bytes = 0;
  try {
    for await (const chunk of call.request.body.chunks()) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new Refusal("RequestBodyTooLarge");
      md5.update(chunk);
      if (withCrc64) crc64Update(crc, chunk);
      intake.write(chunk);
    }
  } catch (error) {
    intake.abort();
    throw error;
  }
  return { content: intake.finish(), md5: md5.digest("base64"), crc64: withCrc64 ? crc64Text(crc) : undefined };
}

function checksumFlaw(call: Call, { md5, crc64 }: Checksums): Refusal | undefined {
  const sentMd5 = header(call, "content-md5");
  if (sentMd5 !== undefined && sentMd5 !== md5) return new Refusal("Md5Mismatch");
  const sentCrc64 = header(call, "x-ms-content-crc64");
  if (sentMd5 !== undefined && sentCrc64 !== undefined)
    return new Refusal("InvalidHeaderValue", "Content-MD5 and x-ms-content-crc64 exclude each other.");
  if (sentCrc64 !== undefined && sentCrc64 !== crc64) return new Refusal("Crc64Mismatch");
  return undefined;
}
