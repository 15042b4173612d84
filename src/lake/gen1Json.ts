import * as z from "zod";
import type { Access } from "../core/access.ts";
import { parseAcl, parseMode, principalOf } from "../core/acl.ts";
import type { Entry, Page } from "../core/entry.ts";
import { type Kind, LakeError } from "../core/error.ts";
import type { LakePath } from "../core/path.ts";
import type { Dialect } from "../wire/classify.ts";
import type { WireReply } from "../wire/send.ts";

const maxErrorBytes = 64 * 1024;

/** How Gen1 words its errors: RemoteException as JSON, sometimes HTML from the front end. */
export const gen1Dialect: Dialect = {
  complaint: (reply) => {
    const exception = remoteExceptionOf(reply);
    return { code: exception?.exception, message: exception?.message ?? firstWords(reply) };
  },
  // A busy account says so by its status, whatever exception it names.
  kindOf: (status, code) => {
    if (status === 429 || status === 503) return "throttled";
    return kindsByException[code ?? ""] ?? (status === 416 ? "invalid" : undefined);
  },
};

const kindsByException: Readonly<Record<string, Kind>> = {
  FileNotFoundException: "not-found",
  AccessControlException: "denied",
  SecurityException: "denied",
  ThrottledException: "throttled",
  FileAlreadyExistsException: "conflict",
  RuntimeException: "unavailable",
};

function remoteExceptionOf(reply: WireReply): { exception?: string; message?: string } | undefined {
  const isJson = reply.headers["content-type"]?.includes("json") === true;
  if (!isJson || reply.body.byteLength > maxErrorBytes) return undefined;
  const parsed = z
    .object({ RemoteException: z.object({ exception: z.string(), message: z.string() }).partial() })
    .safeParse(tryJson(reply.body));
  const exception = parsed.data?.RemoteException;
  if (exception === undefined) return undefined;
  return {
    ...(exception.exception === undefined ? {} : { exception: exception.exception }),
    ...(exception.message === undefined ? {} : { message: exception.message }),
  };
}

function firstWords(reply: WireReply): string | undefined {
  const words = Buffer.from(reply.body).toString("utf8", 0, 200).replaceAll(/\s+/gu, " ").trim();
  return words === "" ? undefined : `HTTP ${reply.status}: ${words}`;
}

function tryJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}

// A reply may end early and still look whole to HTTP: it is asked for again.
function jsonOf(body: Uint8Array, op: string, path: LakePath): unknown {
  const json = tryJson(body);
  if (json !== undefined) return json;
  const detail = `the reply is not whole JSON (${body.byteLength} bytes)`;
  throw new LakeError("unavailable", { op, path, detail, retry: "later" });
}

/** Reads a GETFILESTATUS reply. */
export function parseFileStatus(body: Uint8Array, path: LakePath): Entry {
  const status = (jsonOf(body, "GETFILESTATUS", path) as { FileStatus?: unknown } | undefined)?.FileStatus;
  return entryOf(status, "GETFILESTATUS", path);
}

/**
 * Reads a LISTSTATUS reply. With a token (api-version 2018-09-01 on) the token says whether there is more; without one
 * a full page may be followed by another.
 */
export function parseFileStatuses(body: Uint8Array, folder: LakePath, pageSize: number): Page {
  const statuses = (
    jsonOf(body, "LISTSTATUS", folder) as { FileStatuses?: { FileStatus?: unknown; continuationToken?: unknown } }
  )?.FileStatuses;
  if (!Array.isArray(statuses?.FileStatus)) throw malformed("LISTSTATUS", folder, "no FileStatuses.FileStatus array");
  // Thousands of entries share a few principals: each text is kept once, not once for every file that waits.
  const known = new Map<string, string>();
  const once = (text: string) => known.get(text) ?? known.set(text, text).get(text) ?? text;
  const entries = statuses.FileStatus.map((status) => entryOf(status, "LISTSTATUS", folder, once));
  if (entries.some(({ name }) => name === "")) {
    throw new LakeError("changed", { op: "LISTSTATUS", path: folder, detail: "it is a file now" });
  }
  const { continuationToken } = statuses;
  const next =
    typeof continuationToken === "string"
      ? continuationToken
      : entries.length >= pageSize
        ? entries.at(-1)?.name
        : undefined;
  // An empty page has no name to go on from: whatever its token says, it is the end.
  return next === undefined || next === "" || entries.length === 0 ? { entries } : { entries, next };
}

/** Reads a GETCONTENTSUMMARY reply. */
export function parseContentSummary(body: Uint8Array, folder: LakePath): { files: number; bytes: number } {
  const parsed = z
    .object({ ContentSummary: z.object({ fileCount: z.number(), length: z.number() }) })
    .safeParse(jsonOf(body, "GETCONTENTSUMMARY", folder));
  if (!parsed.success) throw malformed("GETCONTENTSUMMARY", folder, "no fileCount and length");
  return { files: parsed.data.ContentSummary.fileCount, bytes: parsed.data.ContentSummary.length };
}

/** Reads a GETACLSTATUS reply. Throws LakeError "invalid" for an ACL that isn't whole. */
export function parseAclStatus(body: Uint8Array, path: LakePath): Access {
  const parsed = z.object({ AclStatus: aclStatus }).safeParse(jsonOf(body, "GETACLSTATUS", path));
  if (!parsed.success) throw malformed("GETACLSTATUS", path, "no entries, owner, group and permission");
  const { entries, owner, group, permission, stickyBit } = parsed.data.AclStatus;
  return {
    owner: principalOf(owner),
    group: principalOf(group),
    acl: parseAcl(entries, path),
    isSticky: stickyBit || parseMode(permission, path).isSticky,
  };
}

const aclStatus = z.object({
  entries: z.array(z.string()),
  owner: z.string(),
  group: z.string(),
  permission: z.string(),
  stickyBit: z.boolean().default(false),
});

// Written by hand rather than by schema: it runs once for every file of the lake.
function entryOf(value: unknown, op: string, path: LakePath, once = (text: string) => text): Entry {
  const status = value as Readonly<Record<string, unknown>> | undefined | null;
  const name = status?.["pathSuffix"];
  const type = status?.["type"];
  const length = status?.["length"];
  const modified = status?.["modificationTime"];
  if (typeof name !== "string" || (type !== "FILE" && type !== "DIRECTORY")) {
    throw malformed(op, path, "an entry without pathSuffix or type");
  }
  if (typeof length !== "number" || !Number.isSafeInteger(length) || length < 0 || typeof modified !== "number") {
    throw malformed(op, path, `"${name}" without a usable length or modificationTime`);
  }
  const expires = status?.["msExpirationTime"];
  return {
    name,
    kind: type === "FILE" ? "file" : "folder",
    bytes: type === "FILE" ? length : 0,
    modifiedMs: modified,
    owner: once(textOf(status?.["owner"])),
    group: once(textOf(status?.["group"])),
    permission: textOf(status?.["permission"]),
    hasAcl: status?.["aclBit"] === true,
    ...(typeof expires === "number" && expires > 0 ? { expiresMs: expires } : {}),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function malformed(op: string, path: LakePath, what: string): LakeError {
  return new LakeError("unexpected", { op, path, detail: `the reply is not Gen1's: ${what}` });
}
