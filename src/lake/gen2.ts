import { hash, randomUUID } from "node:crypto";
import { AnonymousCredential, DataLakeServiceClient, newPipeline } from "@azure/storage-file-datalake";
import type { Origin, SinkItem } from "../core/entry.ts";
import { isKind, LakeError } from "../core/error.ts";
import { encodePath, type LakePath, rootPath } from "../core/path.ts";
import type { Send, WireReply } from "../wire/send.ts";
import type { Guard, Sink } from "./lake.ts";
import { sdkTransport } from "./sdkTransport.ts";

const serviceVersion = "2023-11-03";

/** The endpoints of one storage account. They are the same for an emulator, without a trailing slash. */
export type Gen2Account = { readonly dfs: string; readonly blob: string };

/**
 * One file system of an Azure Data Lake Storage Gen2 account. Folders and file systems go through the SDK's client over
 * `send`; a file's content is one Put Blob on the Blob endpoint, which is atomic, makes parents and is checked by MD5.
 */
export function gen2Sink(send: Send, account: Gen2Account, fileSystem: string): Sink {
  const client = openClient(send, account.dfs).getFileSystemClient(fileSystem);
  const blob = splitUrl(`${account.blob}/${fileSystem}`);

  function put(
    op: string,
    path: LakePath,
    query: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<WireReply> {
    return send({
      op,
      path,
      method: "PUT",
      origin: blob.origin,
      target: `${blob.path}${encodePath(path)}${query}`,
      headers: {
        "x-ms-version": serviceVersion,
        "x-ms-client-request-id": randomUUID(),
        "content-length": String(body.byteLength),
        ...headers,
      },
      body,
      safe: true,
      signal,
    });
  }

  async function stat(path: LakePath, signal?: AbortSignal): Promise<SinkItem | undefined> {
    if (path === rootPath) {
      return { kind: "folder", bytes: 0, etag: "" };
    }
    try {
      const reply = await send({
        op: "Get Blob Properties",
        path,
        method: "HEAD",
        origin: blob.origin,
        target: `${blob.path}${encodePath(path)}`,
        headers: { "x-ms-version": serviceVersion, "x-ms-client-request-id": randomUUID() },
        safe: true,
        signal,
      });
      return itemOf(reply.headers);
    } catch (error) {
      if (isKind(error, "not-found")) return undefined;
      throw error;
    }
  }

  return {
    stat,

    makeFileSystem: async (signal) => {
      try {
        await client.create(signal === undefined ? {} : { abortSignal: signal });
        return "made";
      } catch (error) {
        if (!isKind(error, "conflict")) throw error;
        return "found";
      }
    },

    makeFolder: async (path, origin, signal) => {
      if (path === rootPath) return "found";
      try {
        await client.getDirectoryClient(path.slice(1)).create({
          conditions: { ifNoneMatch: "*" },
          metadata: originMetadata(origin),
          ...(signal === undefined ? {} : { abortSignal: signal }),
        });
        return "made";
      } catch (error) {
        if (!isKind(error, "conflict")) throw error;
        const there = await stat(path, signal);
        if (there?.kind === "folder") return "found";
        throw new LakeError("conflict", {
          op: "Create Directory",
          path,
          detail: there === undefined ? error.detail : "a file stands there; remove it or choose another sink folder",
          status: error.status,
          code: error.code,
          requestId: error.requestId,
          cause: error,
        });
      }
    },

    putFile: async (path, content, origin, guard, signal) => {
      const md5 = hash("md5", content, "base64");
      const headers = {
        "x-ms-blob-type": "BlockBlob",
        "content-md5": md5,
        "x-ms-blob-content-type": "application/octet-stream",
        ...originHeaders(origin),
        ...guardHeaders(guard),
      };
      await put("Put Blob", path, "", headers, content, signal);
      return Buffer.from(md5, "base64").toString("hex");
    },

    stageBlock: async (path, blockId, content, signal) => {
      const query = `?comp=block&blockid=${encodeURIComponent(blockId)}`;
      await put("Put Block", path, query, { "content-md5": hash("md5", content, "base64") }, content, signal);
    },

    commitBlocks: async (path, blockIds, md5, origin, guard, signal) => {
      const list = blockIds.map((id) => `<Latest>${id}</Latest>`).join("");
      const body = Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`, "utf8");
      const headers = {
        "content-type": "application/xml",
        "content-md5": hash("md5", body, "base64"),
        "x-ms-blob-content-type": "application/octet-stream",
        "x-ms-blob-content-md5": Buffer.from(md5, "hex").toString("base64"),
        ...originHeaders(origin),
        ...guardHeaders(guard),
      };
      await put("Put Block List", path, "?comp=blocklist", headers, body, signal);
    },
  };
}

function openClient(send: Send, url: string): DataLakeServiceClient {
  const pipeline = newPipeline(new AnonymousCredential(), {
    httpClient: sdkTransport(send),
    // Our stack retries; two loops would multiply.
    retryOptions: { maxTries: 1 },
  });
  return new DataLakeServiceClient(url, pipeline);
}

function splitUrl(url: string): { readonly origin: string; readonly path: string } {
  const { origin, pathname } = new URL(url);
  return { origin, path: pathname.replace(/\/$/u, "") };
}

// ISO-8859-1 headers can't carry every character, so numbers and ids only.
function originMetadata(origin: Origin): Record<string, string> {
  return {
    lakeferry_run: origin.run,
    lakeferry_length: String(origin.bytes),
    lakeferry_modified: String(origin.modifiedMs),
  };
}

function originHeaders(origin: Origin): Record<string, string> {
  return Object.fromEntries(Object.entries(originMetadata(origin)).map(([key, value]) => [`x-ms-meta-${key}`, value]));
}

function guardHeaders(guard: Guard): Record<string, string> {
  return guard.replaces === "nothing" ? { "if-none-match": "*" } : { "if-match": guard.etag };
}

function itemOf(headers: Readonly<Record<string, string>>): SinkItem {
  const isFolder =
    headers["x-ms-resource-type"] === "directory" || headers["x-ms-meta-hdi_isfolder"]?.toLowerCase() === "true";
  const run = headers["x-ms-meta-lakeferry_run"];
  const bytes = Number(headers["x-ms-meta-lakeferry_length"]);
  const modifiedMs = Number(headers["x-ms-meta-lakeferry_modified"]);
  const md5 = headers["content-md5"];
  return {
    kind: isFolder ? "folder" : "file",
    bytes: isFolder ? 0 : Number(headers["content-length"] ?? 0),
    etag: headers["etag"] ?? "",
    ...(run === undefined || Number.isNaN(bytes) || Number.isNaN(modifiedMs)
      ? {}
      : { origin: { run, bytes, modifiedMs } }),
    ...(md5 === undefined ? {} : { md5: Buffer.from(md5, "base64").toString("hex") }),
  };
}
