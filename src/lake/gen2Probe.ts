import { randomUUID } from "node:crypto";
import { isKind, isRefused, LakeError } from "../core/error.ts";
import { encodePath, type LakePath } from "../core/path.ts";
import type { Send, WireReply, WireRequest } from "../wire/send.ts";
import { type Gen2Account, serviceVersion } from "./gen2Wire.ts";

/** What holds a file system as it is, beside rights. */
export type Holds = {
  readonly isLeased: boolean;
  readonly hasImmutabilityPolicy: boolean;
  readonly hasLegalHold: boolean;
};

/** Looks at a Gen2 account that no migration needs, and what clears up after a try. */
export type Gen2Probe = {
  /** Whether the account has a hierarchical namespace; undefined where the identity may not ask. */
  readonly isHierarchical: () => Promise<boolean | undefined>;
  /** What holds the file system; undefined when there is none. */
  readonly holds: () => Promise<Holds | undefined>;
  /** When the service answers, by its own clock; undefined when it doesn't say. */
  readonly nowMs: () => Promise<number | undefined>;
  /** Whether the service refuses content that isn't what its MD5 says; a file that it takes stands at the path. */
  readonly refusesWrongMd5: (path: LakePath) => Promise<boolean>;
  /** Removes a folder with all that is in it; nothing where there is none. Only for folders that the caller has made. */
  readonly removeFolder: (folder: LakePath) => Promise<void>;
};

/** Opens the probe of one file system. */
export function gen2Probe(send: Send, account: Gen2Account, fileSystem: string): Gen2Probe {
  const ask = (
    op: string,
    method: WireRequest["method"],
    endpoint: string,
    path: string,
    query: string,
    more: { readonly headers?: Readonly<Record<string, string>>; readonly body?: Uint8Array } = {},
  ): Promise<WireReply> => {
    const { origin, pathname } = new URL(`${endpoint}/${fileSystem}`);
    return send({
      op,
      path: path === "" ? "/" : path,
      method,
      origin,
      target: `${pathname}${path}${query}`,
      headers: { "x-ms-version": serviceVersion, "x-ms-client-request-id": randomUUID(), ...more.headers },
      ...(more.body === undefined ? {} : { body: more.body }),
      safe: true,
    });
  };
  const properties = () => ask("Get Container Properties", "HEAD", account.blob, "", "?restype=container");

  return {
    isHierarchical: async () => {
      try {
        const { headers } = await ask(
          "Get Account Information",
          "HEAD",
          account.blob,
          "",
          "?restype=account&comp=properties",
        );
        const said = headers["x-ms-is-hns-enabled"];
        return said === undefined ? undefined : said === "true";
      } catch (error) {
        if (isRefused(error) || isKind(error, "not-found") || isKind(error, "invalid")) return undefined;
        throw error;
      }
    },

    holds: async () => {
      try {
        const { headers } = await properties();
        return {
          isLeased: headers["x-ms-lease-status"] === "locked",
          hasImmutabilityPolicy: headers["x-ms-has-immutability-policy"] === "true",
          hasLegalHold: headers["x-ms-has-legal-hold"] === "true",
        };
      } catch (error) {
        if (isKind(error, "not-found")) return undefined;
        throw error;
      }
    },

    nowMs: async () => {
      const { headers } = await properties();
      const atMs = Date.parse(headers["date"] ?? "");
      return Number.isNaN(atMs) ? undefined : atMs;
    },

    refusesWrongMd5: async (path) => {
      const headers = {
        "x-ms-blob-type": "BlockBlob",
        "content-md5": Buffer.alloc(16).toString("base64"),
        "content-length": "1",
      };
      try {
        await ask("Put Blob", "PUT", account.blob, encodePath(path), "", { headers, body: new Uint8Array([1]) });
        return false;
      } catch (error) {
        if (error instanceof LakeError && error.status === 400) return true;
        throw error;
      }
    },

    removeFolder: async (folder) => {
      try {
        await ask("Delete Directory", "DELETE", account.dfs, encodePath(folder), "?recursive=true");
      } catch (error) {
        if (!isKind(error, "not-found")) throw error;
      }
    },
  };
}
