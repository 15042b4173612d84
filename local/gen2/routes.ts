import type { WireRequest } from "../kit/wire.ts";
import { copyBlob } from "./blob-copy.ts";
import { listBlobs } from "./blob-list.ts";
import { setContentHeaders, setExpiry, setMetadata, setTier } from "./blob-properties.ts";
import { getBlockList, putBlob, putBlock, putBlockList } from "./blob-write.ts";
import type { Protocol, Run } from "./call.ts";
import { checkAccess, getAccessControl, setAccessControl, setAccessControlRecursive } from "./dfs-access.ts";
import { append, createPath, flush } from "./dfs-files.ts";
import { listPaths } from "./dfs-list.ts";
import { deleteBlob, deletePath, renamePath, setProperties } from "./dfs-paths.ts";
import {
  createFileSystem,
  deleteFileSystem,
  getAccount,
  getFileSystem,
  listContainers,
  listFileSystems,
  setFileSystemProperties,
} from "./filesystems.ts";
import { lease } from "./leases.ts";
import { head, read } from "./read.ts";

/** What a request turns out to be; `op` is a name of `operations`. */
export type Route = { readonly op: OperationName | "unknown"; readonly protocol: Protocol };

export type OperationName = keyof typeof operations;

/** Everything the emulator can do, by the name under which requests are counted and faults are matched. */
export const operations = {
  listFileSystems,
  listContainers,
  getAccount,
  createFileSystem,
  deleteFileSystem,
  getFileSystem,
  setFileSystemProperties,
  listPaths,
  listBlobs,
  createFile: createPath,
  createFolder: createPath,
  rename: renamePath,
  append,
  flush,
  setProperties,
  setAccessControl,
  setAccessControlRecursive,
  getAccessControl,
  checkAccess,
  deletePath,
  lease,
  putBlob,
  copyBlob,
  putBlock,
  putBlockList,
  getBlockList,
  setMetadata,
  setContentHeaders,
  setExpiry,
  setTier,
  deleteBlob,
  read,
  head,
} as const satisfies Readonly<Record<string, Run>>;

/**
 * Tells the two protocols apart, and their operations. In this order:
 *   x-ms-copy-source                                                      Blob
 *   comp=, restype=                                                       Blob
 *   resource=, action=, mode=, recursive=, paginated=, continuation=      DFS
 *   PATCH, X-HTTP-Method-Override, x-ms-rename-source                     DFS
 *   x-ms-blob-type                                                        Blob
 *   POST                                                                  DFS
 *   a version that only Blob is served in                                 Blob
 *   anything else                                                         Blob when it accepts XML, DFS otherwise
 */
export function routeOf(request: WireRequest, level: Level): Route {
  const { query, headers } = request;
  const method = methodOf(request);
  if (headers["x-ms-copy-source"] !== undefined)
    return {
      protocol: "blob",
      op: method === "PUT" && level === "path" && isWholeCopy(request) ? "copyBlob" : "unknown",
    };
  if (BLOB_PARAMETERS.some((name) => query.has(name)))
    return { protocol: "blob", op: blobOperation(method, request, level) };
  const isDfs =
    DFS_PARAMETERS.some((name) => query.has(name)) ||
    method === "PATCH" ||
    headers["x-ms-rename-source"] !== undefined ||
    method === "POST";
  if (isDfs) return { protocol: "dfs", op: dfsOperation(method, request, level) };
  if (headers["x-ms-blob-type"] !== undefined)
    return { protocol: "blob", op: method === "PUT" && level === "path" ? "putBlob" : plain(method, "blob") };
  const isTooOldForDfs = String(headers["x-ms-version"] ?? LEAST_VERSIONS.dfs) < LEAST_VERSIONS.dfs;
  const protocol = isTooOldForDfs || (headers.accept ?? "").includes("xml") ? "blob" : "dfs";
  return { protocol, op: plain(method, protocol) };
}

/** The oldest versions served. The service takes older ones too, in which some headers and limits mean something else. */
export const LEAST_VERSIONS: Readonly<Record<Protocol, string>> = { blob: "2019-12-12", dfs: "2021-10-04" };

/** What a URL names: the account, a file system, or something in one. */
export type Level = "account" | "filesystem" | "path";

const BLOB_PARAMETERS = ["comp", "restype"] as const;
const DFS_PARAMETERS = ["resource", "action", "mode", "recursive", "paginated", "continuation"] as const;

type Found = OperationName | "unknown";

function methodOf({ method, headers }: WireRequest): string {
  const override = headers["x-http-method-override"];
  return method === "PUT" && typeof override === "string" ? override.toUpperCase() : method;
}

// Put Blob From URL and Put Block From URL have a source, too. They are refused: without a body they would write nothing.
function isWholeCopy({ query, headers }: WireRequest): boolean {
  return !query.has("comp") && headers["x-ms-blob-type"] === undefined;
}

function plain(method: string, protocol: Protocol): Found {
  if (method === "GET") return "read";
  if (method === "HEAD") return "head";
  if (method === "DELETE") return protocol === "blob" ? "deleteBlob" : "deletePath";
  return "unknown";
}

function blobOperation(method: string, { query }: WireRequest, level: Level): Found {
  const comp = query.get("comp")?.toLowerCase() ?? "";
  const restype = query.get("restype")?.toLowerCase() ?? "";
  if (restype === "account") return "getAccount";
  if (level === "account") return method === "GET" && comp === "list" ? "listContainers" : "unknown";
  if (level === "filesystem" || restype === "container") return containerOperations[`${method} ${comp}`] ?? "unknown";
  return blobOperations[`${method} ${comp}`] ?? "unknown";
}

function dfsOperation(method: string, { query, headers }: WireRequest, level: Level): Found {
  const resource = query.get("resource")?.toLowerCase();
  const action = query.get("action")?.toLowerCase() ?? "";
  if (level === "account") return method === "GET" && resource === "account" ? "listFileSystems" : "unknown";
  if (resource === "filesystem") return fileSystemOperations[method] ?? "unknown";
  if (method === "PUT" && headers["x-ms-rename-source"] !== undefined) return "rename";
  if (method === "PUT" && resource === "file") return "createFile";
  if (method === "PUT" && resource === "directory") return "createFolder";
  if (method === "POST") return headers["x-ms-lease-action"] === undefined ? "unknown" : "lease";
  if (method === "PATCH" || method === "HEAD") return pathActions[`${method} ${action}`] ?? "unknown";
  return method === "PUT" ? "unknown" : plain(method, "dfs");
}

const containerOperations: Readonly<Record<string, OperationName>> = {
  "PUT ": "createFileSystem",
  "DELETE ": "deleteFileSystem",
  "GET ": "getFileSystem",
  "HEAD ": "getFileSystem",
  "GET metadata": "getFileSystem",
  "HEAD metadata": "getFileSystem",
  "PUT metadata": "setFileSystemProperties",
  "GET list": "listBlobs",
};

const blobOperations: Readonly<Record<string, OperationName>> = {
  "PUT block": "putBlock",
  "PUT blocklist": "putBlockList",
  "GET blocklist": "getBlockList",
  "PUT metadata": "setMetadata",
  "GET metadata": "head",
  "HEAD metadata": "head",
  "PUT properties": "setContentHeaders",
  "PUT expiry": "setExpiry",
  "PUT tier": "setTier",
  "PUT lease": "lease",
};

const fileSystemOperations: Readonly<Record<string, OperationName>> = {
  PUT: "createFileSystem",
  DELETE: "deleteFileSystem",
  HEAD: "getFileSystem",
  PATCH: "setFileSystemProperties",
  GET: "listPaths",
};

const pathActions: Readonly<Record<string, OperationName>> = {
  "PATCH append": "append",
  "PATCH flush": "flush",
  "PATCH setproperties": "setProperties",
  "PATCH setaccesscontrol": "setAccessControl",
  "PATCH setaccesscontrolrecursive": "setAccessControlRecursive",
  "HEAD ": "head",
  "HEAD getstatus": "head",
  "HEAD getaccesscontrol": "getAccessControl",
  "HEAD checkaccess": "checkAccess",
};
