import { hash } from "node:crypto";
import type { AccessChange } from "../core/access.ts";
import { parseAcl, parseMode, principalOf, printAcl, printMode } from "../core/acl.ts";
import { LakeError } from "../core/error.ts";
import type { LakePath } from "../core/path.ts";
import type { Send } from "../wire/send.ts";
import { askGen2, type Gen2Account, nothing } from "./gen2Wire.ts";
import type { Sink } from "./lake.ts";

/** The shortest that the service gives. */
const leaseSeconds = "15";

/**
 * What a Gen2 file system keeps beside content. On our own requests: the SDK's client can't change an owner alone, and
 * turns each ACL from text into objects and back.
 */
export function gen2Access(
  send: Send,
  account: Gen2Account,
  fileSystem: string,
): Pick<Sink, "getAccess" | "setAccess" | "setExpiry"> {
  const dfs = askGen2(send, account.dfs, fileSystem);
  const blob = askGen2(send, account.blob, fileSystem);
  return {
    getAccess: async (path, signal) => {
      const op = "Get Access Control";
      const { headers } = await dfs(op, "HEAD", path, "?action=getAccessControl&upn=false", {}, undefined, signal);
      const told = (name: string): string => {
        const value = headers[name];
        if (value !== undefined) return value;
        throw new LakeError("unexpected", { op, path, detail: `the reply is not Gen2's: no ${name}` });
      };
      return {
        owner: principalOf(told("x-ms-owner")),
        group: principalOf(told("x-ms-group")),
        acl: parseAcl(told("x-ms-acl"), path),
        isSticky: parseMode(told("x-ms-permissions"), path).isSticky,
      };
    },

    setAccess: async (path, change, etag, signal) => {
      const op = "Set Access Control";
      const headers = { ...changeHeaders(op, change, path), ...(etag === undefined ? {} : { "if-match": etag }) };
      await dfs(op, "PATCH", path, "?action=setAccessControl", headers, nothing, signal);
    },

    // The service takes no condition with an expiry, but the id of a lease: a request that comes after its end is refused.
    setExpiry: async (path, expiresMs, etag, signal) => {
      const id = leaseIdOf(etag, expiresMs);
      const lease = (action: string, headers: Readonly<Record<string, string>>) =>
        blob("Lease Blob", "PUT", path, "?comp=lease", { "x-ms-lease-action": action, ...headers }, nothing, signal);
      await lease("acquire", {
        "x-ms-proposed-lease-id": id,
        "x-ms-lease-duration": leaseSeconds,
        "if-match": etag,
      });
      try {
        const headers = { ...expiryHeaders(expiresMs), "x-ms-lease-id": id };
        await blob("Set Blob Expiry", "PUT", path, "?comp=expiry", headers, nothing, signal);
      } finally {
        // One that isn't given back ends by itself.
        await lease("release", { "x-ms-lease-id": id }).catch(() => undefined);
      }
    },
  };
}

// The same for the same change: the lease of a worker that was stopped doesn't keep out the one that takes its work up, which
// may come long before that lease ends; and a request of the first that comes within the lease of the second asks for the same.
function leaseIdOf(etag: string, expiresMs: number | undefined): string {
  return hash("sha256", `${etag} ${expiresMs}`).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/u, "$1-$2-$3-$4-$5");
}

/** The headers of Create Directory for a folder that is to have this access from its first moment on. */
export function newFolderHeaders(change: AccessChange | undefined, path: LakePath): Record<string, string> {
  if (change === undefined) return {};
  const headers = changeHeaders("Create Directory", change, path);
  // The service would take the bits of its own umask away.
  return change.rights?.by === "mode" ? { ...headers, "x-ms-umask": "0000" } : headers;
}

function changeHeaders(op: string, { owner, group, rights }: AccessChange, path: LakePath): Record<string, string> {
  const headers = {
    ...(owner === undefined ? {} : { "x-ms-owner": owner }),
    ...(group === undefined ? {} : { "x-ms-group": group }),
    ...(rights?.by === "acl" ? { "x-ms-acl": printAcl(rights.acl) } : {}),
    ...(rights?.by === "mode" ? { "x-ms-permissions": printMode(rights.mode) } : {}),
  };
  for (const [name, value] of Object.entries(headers)) {
    if (/^[\x20-\x7e]*$/u.test(value)) continue;
    const detail = `${name} holds a principal that no header can carry, "${value}": object ids are needed`;
    throw new LakeError("invalid", { op, path, detail });
  }
  return headers;
}

// The service counts in seconds; a file doesn't vanish before its source would have.
function expiryHeaders(expiresMs: number | undefined): Record<string, string> {
  if (expiresMs === undefined) return { "x-ms-expiry-option": "NeverExpire" };
  const time = new Date(Math.ceil(expiresMs / 1000) * 1000).toUTCString();
  return { "x-ms-expiry-option": "Absolute", "x-ms-expiry-time": time };
}
