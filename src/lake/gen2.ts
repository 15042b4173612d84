import { hash } from "node:crypto";
import { AnonymousCredential, DataLakeServiceClient, newPipeline } from "@azure/storage-file-datalake";
import { addToCrc64, crc64Bytes, emptyCrc64 } from "../core/crc64.ts";
import type { SinkItem } from "../core/entry.ts";
import { isKind, isRefused, LakeError } from "../core/error.ts";
import { type LakePath, rootPath } from "../core/path.ts";
import type { Send } from "../wire/send.ts";
import { gen2Access, newFolderHeaders } from "./gen2Access.ts";
import { itemOfHeaders, metadataHeaders, metadataOf, originOf, propertiesOf } from "./gen2Item.ts";
import { gen2List } from "./gen2List.ts";
import { askGen2, checkAnswer, type Gen2Account, nothing } from "./gen2Wire.ts";
import type { FileLabel, Guard, Sink } from "./lake.ts";
import { type Patience, readResuming } from "./resume.ts";
import { sdkTransport } from "./sdkTransport.ts";

/**
 * One file system of an Azure Data Lake Storage Gen2 account. The file system itself goes through the SDK's client over `send`,
 * what there are many of straight through `send`: a file's content is one Put Blob on the Blob endpoint, which is atomic, makes parents
 * and is checked by MD5.
 */
export function gen2Sink(send: Send, account: Gen2Account, fileSystem: string, patience: Patience): Sink {
  const client = openClient(send, account.dfs).getFileSystemClient(fileSystem);
  const ask = askGen2(send, account.blob, fileSystem);
  const dfs = askGen2(send, account.dfs, fileSystem);

  async function stat(path: LakePath, signal?: AbortSignal): Promise<SinkItem | undefined> {
    if (path === rootPath) return rootItem(signal);
    try {
      const reply = await ask("Get Blob Properties", "HEAD", path, "", {}, undefined, signal);
      return itemOfHeaders(reply.headers);
    } catch (error) {
      if (isKind(error, "not-found")) return undefined;
      throw error;
    }
  }

  function status(signal: AbortSignal | undefined) {
    return dfs("Get Status", "HEAD", rootPath, "?action=getStatus", {}, undefined, signal);
  }

  // A file system keeps where its root is from; not everybody who may write into it sees that.
  async function rootItem(signal: AbortSignal | undefined): Promise<SinkItem> {
    try {
      const { metadata = {} } = await client.getProperties(signal === undefined ? {} : { abortSignal: signal });
      const origin = originOf((key) => metadata[key]);
      return origin === undefined ? root : { ...root, origin };
    } catch (error) {
      if (!isRefused(error) && !isKind(error, "not-found")) throw error;
      // A signature for what is in it may not count for the file system; one that has ended counts nowhere.
      if (error.kind === "unauthenticated") await status(signal);
      return root;
    }
  }

  // Who may write into a file system may not always make one: a role on the container alone, a SAS, rights by ACL. The last
  // two don't show its properties either, but its root is a path like any other.
  async function isThere(signal: AbortSignal | undefined): Promise<boolean> {
    const looks = [
      () => client.getProperties(signal === undefined ? {} : { abortSignal: signal }),
      () => status(signal),
    ];
    for (const look of looks) {
      try {
        await look();
        return true;
      } catch (error) {
        if (isKind(error, "not-found")) return false;
        if (!isRefused(error)) throw error;
      }
    }
    return false;
  }

  return {
    ...gen2Access(send, account, fileSystem),

    list: gen2List(send, account, fileSystem, patience),

    stat,

    read: (path, offset, length, receive, signal) =>
      readResuming(
        { op: "Get Blob", path },
        offset,
        length,
        (from, bytes, take) => {
          const headers = { "x-ms-range": `bytes=${from}-${from + bytes - 1}` };
          const reading = { receive: take, expectedBytes: bytes };
          return ask("Get Blob", "GET", path, "", headers, undefined, signal, reading);
        },
        (error) => error.status === 416,
        receive,
        patience,
        signal,
      ),

    makeFileSystem: async (label, signal) => {
      try {
        const metadata = metadataOf(label);
        await client.create({ metadata, ...(signal === undefined ? {} : { abortSignal: signal }) });
        return "made";
      } catch (error) {
        if (isKind(error, "conflict") || (isRefused(error) && (await isThere(signal)))) return "found";
        throw error;
      }
    },

    makeFolder: async (path, label, signal) => {
      if (path === rootPath) return root;
      try {
        const headers = {
          "if-none-match": "*",
          "x-ms-properties": propertiesOf(label),
          ...newFolderHeaders(label.access, path),
        };
        await dfs("Create Directory", "PUT", path, "?resource=directory", headers, nothing, signal);
        return "made";
      } catch (error) {
        if (!isKind(error, "conflict")) throw error;
        const there = await stat(path, signal);
        if (there?.kind === "folder") return there;
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

    remove: async (path, etag, signal) => {
      const headers: Record<string, string> = etag === undefined ? {} : { "if-match": etag };
      try {
        await dfs("Delete Path", "DELETE", path, "?recursive=false", headers, undefined, signal);
      } catch (error) {
        if (!isKind(error, "not-found")) throw error;
      }
    },

    putFile: async (path, content, label, guard, signal) => {
      const md5 = hash("md5", content, "base64");
      const headers = {
        "x-ms-blob-type": "BlockBlob",
        "content-md5": md5,
        "x-ms-blob-content-type": "application/octet-stream",
        ...labelHeaders(label),
        ...guardHeaders(guard),
      };
      const reply = await ask("Put Blob", "PUT", path, "", headers, content, signal);
      checkAnswer(reply, "content-md5", md5, { op: "Put Blob", path });
      return { md5: Buffer.from(md5, "base64").toString("hex"), etag: reply.headers["etag"] ?? "" };
    },

    stageBlock: async (path, blockId, content, signal, crc64 = addToCrc64(emptyCrc64, content)) => {
      const sent = Buffer.from(crc64Bytes(crc64)).toString("base64");
      const query = `?comp=block&blockid=${encodeURIComponent(blockId)}`;
      const reply = await ask("Put Block", "PUT", path, query, { "x-ms-content-crc64": sent }, content, signal);
      checkAnswer(reply, "x-ms-content-crc64", sent, { op: "Put Block", path });
      return crc64;
    },

    commitBlocks: async (path, blockIds, label, guard, signal) => {
      const list = blockIds.map((id) => `<Latest>${id}</Latest>`).join("");
      const body = Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`, "utf8");
      const sent = hash("md5", body, "base64");
      const headers = {
        "content-type": "application/xml",
        "content-md5": sent,
        "x-ms-blob-content-type": "application/octet-stream",
        ...labelHeaders(label),
        ...guardHeaders(guard),
      };
      const reply = await ask("Put Block List", "PUT", path, "?comp=blocklist", headers, body, signal);
      checkAnswer(reply, "content-md5", sent, { op: "Put Block List", path });
      return { etag: reply.headers["etag"] ?? "" };
    },
  };
}

// What a file system's own properties say of ETag and time is nothing that a folder could be told by.
const root: SinkItem = { kind: "folder", bytes: 0, etag: "" };

function openClient(send: Send, url: string): DataLakeServiceClient {
  const pipeline = newPipeline(new AnonymousCredential(), {
    httpClient: sdkTransport(send),
    // Our stack retries; two loops would multiply.
    retryOptions: { maxTries: 1 },
  });
  return new DataLakeServiceClient(url, pipeline);
}

function labelHeaders(label: FileLabel): Record<string, string> {
  return {
    ...metadataHeaders(label),
    ...(label.accessTier === undefined ? {} : { "x-ms-access-tier": label.accessTier }),
  };
}

function guardHeaders(guard: Guard): Record<string, string> {
  return guard.replaces === "nothing" ? { "if-none-match": "*" } : { "if-match": guard.etag };
}
