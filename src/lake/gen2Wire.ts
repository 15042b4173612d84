import { LakeError } from "../core/error.ts";
import { encodePath, type LakePath } from "../core/path.ts";
import { nextRequestId } from "../wire/requestId.ts";
import type { Send, WireReply, WireRequest } from "../wire/send.ts";
import type { Receive } from "./lake.ts";

/** The endpoints of one storage account. They are the same for an emulator, without a trailing slash. */
export type Gen2Account = { readonly dfs: string; readonly blob: string };

/** A reply that is wanted chunk by chunk. Such a request isn't repeated by itself: its caller resumes it. */
export type Reading = { readonly receive: Receive; readonly expectedBytes: number };

/** One request about a path of a file system; `query` begins with "?". It is repeated as patience allows. */
export type Ask = (
  op: string,
  method: WireRequest["method"],
  path: LakePath,
  query: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | undefined,
  signal: AbortSignal | undefined,
  reading?: Reading,
) => Promise<WireReply>;

/** The body of a request that has none, so that its length is said. */
export const nothing = new Uint8Array(0);

/** The version of the service that lakeferry speaks. */
export const serviceVersion = "2023-11-03";

/** Asks one endpoint of an account about one of its file systems. */
export function askGen2(send: Send, endpoint: string, fileSystem: string): Ask {
  const { origin, pathname } = new URL(`${endpoint}/${fileSystem}`);
  return (op, method, path, query, headers, body, signal, reading) =>
    send({
      op,
      path,
      method,
      origin,
      target: `${pathname}${encodePath(path)}${query}`,
      headers: {
        "x-ms-version": serviceVersion,
        "x-ms-client-request-id": nextRequestId(),
        ...(body === undefined ? {} : { "content-length": String(body.byteLength) }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
      safe: reading === undefined,
      signal,
      ...reading,
    });
}

/**
 * Checks that the service took the bytes that were sent: it answers with the checksum of what arrived. Throws LakeError
 * "corrupt" for another checksum, "unexpected" for none.
 */
export function checkAnswer(
  reply: WireReply,
  header: "content-md5" | "x-ms-content-crc64",
  sent: string,
  at: { readonly op: string; readonly path: string },
): void {
  const answered = reply.headers[header];
  if (answered === sent) return;
  const requestId = reply.headers["x-ms-request-id"];
  if (answered === undefined) {
    throw new LakeError("unexpected", {
      ...at,
      detail: `the reply has no ${header}: nothing proves the bytes`,
      requestId,
    });
  }
  const detail = `the service took other bytes than were sent: ${header} is ${answered} instead of ${sent}`;
  throw new LakeError("corrupt", { ...at, detail, requestId });
}
