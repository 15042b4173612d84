import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { crc32 } from "node:zlib";
import { crc64Start, crc64Text, crc64Update } from "../../local/gen2/crc64.ts";

/** What came with a request: its length and checksum, and its first bytes or its whole text where those are wanted. */
export type Body = {
  readonly bytes: number;
  readonly crc: number;
  readonly start: Buffer;
  readonly text: string;
  /** Checksums as headers, when they were to be computed. */
  readonly sums: Readonly<Record<string, string>>;
};

/** How a body is read. */
export type Reading = {
  /** The text is wanted: a block list. */
  readonly isText: boolean;
  /** One of its bytes is another than was sent. */
  readonly isFlipped: boolean;
  /** Checksums are computed as the service does. */
  readonly isSummed: boolean;
};

/** Small enough to be given back when somebody reads a file. */
export const keptBytes = 16;
const empty = Buffer.alloc(0);

/** Reads a body to its end. */
export async function readBody(message: IncomingMessage, reading: Reading): Promise<Body> {
  const { isText, isFlipped, isSummed } = reading;
  let [bytes, crc, text] = [0, 0, ""];
  let start: Buffer = empty;
  const md5 = isSummed ? createHash("md5") : undefined;
  const crc64 = isSummed ? crc64Start() : undefined;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    if (isFlipped && bytes === 0 && chunk.length > 0) chunk[chunk.length >> 1]! ^= 1;
    if (bytes === 0 && chunk.length <= keptBytes) start = chunk;
    bytes += chunk.length;
    crc = crc32(chunk, crc);
    md5?.update(chunk);
    if (crc64 !== undefined) crc64Update(crc64, chunk);
    if (isText) text += chunk.toString("utf8");
  }
  const sums: Record<string, string> =
    md5 === undefined || crc64 === undefined
      ? {}
      : { "content-md5": md5.digest("base64"), "x-ms-content-crc64": crc64Text(crc64) };
  return { bytes, crc, start: bytes > keptBytes ? empty : start, text, sums };
}
