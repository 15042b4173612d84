import { isLakeError, LakeError } from "../core/error.ts";
import { encodePath, type LakePath } from "../core/path.ts";
import { patiently } from "../wire/retry.ts";
import { nextRequestId } from "../wire/requestId.ts";
import type { Send, WireReply } from "../wire/send.ts";
import { parseAclStatus, parseContentSummary, parseFileStatus, parseFileStatuses } from "./gen1Json.ts";
import type { Receive, Source } from "./lake.ts";
import { type Patience, readResuming } from "./resume.ts";

const apiVersion = "2018-09-01";
const pageSize = 4000;

/**
 * Azure Data Lake Storage Gen1 over its REST protocol, a dialect of WebHDFS.
 * `base` is the origin and the path before the lake's own paths, as "/webhdfs/v1".
 */
export function gen1Source(
  send: Send,
  base: { readonly origin: string; readonly prefix: string },
  patience: Patience,
): Source {
  async function get(
    op: string,
    path: LakePath,
    query: Readonly<Record<string, string>>,
    rest: Partial<{
      receive: Receive;
      expectedBytes: number;
      signal: AbortSignal | undefined;
    }>,
  ): Promise<WireReply> {
    let parameters = "";
    for (const name in query) parameters += `&${name}=${encoded(op, path, query[name] ?? "")}`;
    return send({
      op,
      path,
      method: "GET",
      origin: base.origin,
      target: `${base.prefix}${encodePath(path)}?op=${op}&api-version=${apiVersion}${parameters}`,
      headers: { "x-ms-client-request-id": nextRequestId() },
      safe: rest.receive === undefined,
      ...rest,
    });
  }

  // A reply that ends early is seen when it is read: asked for again, as patiently as one that doesn't come.
  function whole<T>(signal: AbortSignal | undefined, ask: () => Promise<T>): Promise<T> {
    return patiently(ask, patience.backoff, patience.clock, signal);
  }

  return {
    stat: async (path, signal) => {
      return whole(signal, async () => {
        const reply = await get("GETFILESTATUS", path, { tooid: "true" }, { signal });
        return parseFileStatus(reply.body, path);
      });
    },

    list: async (folder, after, signal, most = pageSize) => {
      const size = Math.min(most, pageSize);
      const query = { tooid: "true", listSize: String(size), ...(after === undefined ? {} : { listAfter: after }) };
      return whole(signal, async () => {
        const reply = await get("LISTSTATUS", folder, query, { signal });
        return { ...parseFileStatuses(reply.body, folder, size), ...timeOf(reply) };
      });
    },

    nameAfter: async (folder, after, signal) => {
      const query = { tooid: "true", listSize: "1", listAfter: after };
      const reply = await get("LISTSTATUS", folder, query, { signal });
      return parseFileStatuses(reply.body, folder, 1).entries[0]?.name;
    },

    read: (path, offset, length, receive, signal) =>
      readResuming(
        { op: "OPEN", path },
        offset,
        length,
        (from, bytes, take) => {
          const query = { read: "true", offset: String(from), length: String(bytes) };
          return get("OPEN", path, query, { expectedBytes: bytes, receive: take, signal }).catch(noFile);
        },
        (error) => error.status === 416 || error.code === "BadOffsetException",
        receive,
        patience,
        signal,
      ),

    getAccess: async (path, principals, signal) => {
      return whole(signal, async () => {
        const reply = await get("GETACLSTATUS", path, { tooid: String(principals === "ids") }, { signal });
        return parseAclStatus(reply.body, path);
      });
    },

    summary: async (folder, signal) => {
      const reply = await get("GETCONTENTSUMMARY", folder, {}, { signal });
      return parseContentSummary(reply.body, folder);
    },
  };
}

// What Gen1 says of a name that is no file any more: 403, as if a right were missing.
function noFile(error: unknown): never {
  if (!isLakeError(error) || error.status !== 403 || error.code !== "IOException") throw error;
  const { op, path, detail, status, code, requestId } = error;
  throw new LakeError("changed", { op, path, detail, status, code, requestId, cause: error });
}

// Watermarks are of this clock: it is the one that dates the files.
function timeOf({ headers }: WireReply): { readonly atMs?: number } {
  const atMs = Date.parse(headers["date"] ?? "");
  return Number.isNaN(atMs) ? {} : { atMs };
}

function encoded(op: string, path: LakePath, value: string): string {
  if (value.isWellFormed()) return encodeURIComponent(value);
  throw new LakeError("invalid", { op, path, detail: "a name holds half a surrogate pair, which no URL can carry" });
}
