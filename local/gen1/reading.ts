import { type AclEntry, formatEntry, isExtended, modeOfAcl } from "../kit/acl.ts";
import { formatOctal } from "../kit/mode.ts";
import type { WireReply } from "../kit/wire.ts";
import { type Call, type CallRule, integer, required, text, truth } from "./call.ts";
import { checkRights, type Lake, mayPass, mayRead, mustSee, mustSeeFile, type Seen } from "./lake.ts";
import { listPage, walk } from "./listing.ts";
import { Refusal } from "./refusal.ts";
import { empty, json, octets } from "./replies.ts";

const status: CallRule = { method: "GET", run: fileStatus };
const list: CallRule = { method: "GET", run: listStatus };
const acl: CallRule = { method: "GET", run: aclStatus };

/** The operations that change nothing. */
export const readingOps: Readonly<Record<string, CallRule>> = {
  GETFILESTATUS: status,
  MSGETFILESTATUS: status,
  LISTSTATUS: list,
  MSLISTSTATUS: list,
  GETACLSTATUS: acl,
  MSGETACLSTATUS: acl,
  OPEN: { method: "GET", flag: "read", run: openFile },
  GETCONTENTSUMMARY: { method: "GET", run: contentSummary },
  CHECKACCESS: { method: "GET", run: checkAccess },
};

function fileStatus(call: Call): WireReply {
  const { lake, path } = call;
  checkRights(lake, path, 0);
  const seen = mustSee(lake, path);
  const isReal = truth(call, "getconsistentlength", false);
  return json({ FileStatus: statusOf(call, seen, "", isReal ? seen.node.bytes : visibleBytes(call, path, seen)) });
}

async function listStatus(call: Call): Promise<WireReply> {
  const { lake, path } = call;
  checkRights(lake, path, 0);
  const seen = mustSee(lake, path);
  if (seen.node.kind === "file") {
    return json({ FileStatuses: { FileStatus: [statusOf(call, seen, "", visibleBytes(call, path, seen))] } });
  }
  checkRights(lake, path, mayRead | mayPass);
  const size = Math.min(integer(call, "listsize", 1) ?? Infinity, lake.pageCap);
  const page = await listPage(lake, path, { after: text(call, "listafter"), before: text(call, "listbefore"), size });
  const entries = page.map((child) =>
    statusOf(call, child, child.name, visibleBytes(call, `${path === "/" ? "" : path}/${child.name}`, child)),
  );
  if ((text(call, "api-version") ?? "") < tokenVersion) return json({ FileStatuses: { FileStatus: entries } });
  // A full page has a token even when nothing follows, as recorded.
  const continuationToken = page.length === size ? (page.at(-1)?.name ?? "") : "";
  return json({ FileStatuses: { continuationToken, FileStatus: entries } });
}

const tokenVersion = "2018-09-01";

function aclStatus(call: Call): WireReply {
  const { lake, path } = call;
  checkRights(lake, path, 0);
  const { access } = mustSee(lake, path);
  const entries = access.acl.map((entry): AclEntry => ({ ...entry, id: shownId(call, entry.id) }));
  return json({
    AclStatus: {
      entries: entries.map(formatEntry),
      owner: shownId(call, access.owner),
      group: shownId(call, access.group),
      permission: permissionOf({ access }),
      stickyBit: access.isSticky,
    },
  });
}

function openFile(call: Call): WireReply {
  const { lake, path } = call;
  checkRights(lake, path, mayRead);
  const seen = mustSeeFile(lake, path);
  const bytes = visibleBytes(call, path, seen);
  const offset = integer(call, "offset") ?? 0;
  if (offset > bytes) throw new Refusal("bad-offset", "Invalid offset.");
  const length = Math.min(integer(call, "length") ?? Infinity, bytes - offset);
  return octets(length === 0 ? Buffer.alloc(0) : lake.store.read(path, offset, length));
}

async function contentSummary({ lake, path }: Call): Promise<WireReply> {
  checkRights(lake, path, 0);
  const seen = mustSee(lake, path);
  const { folders, files, bytes } = lake.store.summary?.(path) ?? (await counted(lake, path, seen));
  const summary = { directoryCount: folders, fileCount: files, length: bytes, quota: -1, spaceConsumed: bytes };
  return json({ ContentSummary: { ...summary, spaceQuota: -1 } });
}

async function counted(lake: Lake, path: string, seen: Seen) {
  const sum = { folders: 0, files: 0, bytes: 0 };
  for await (const { node } of walk(lake, path, seen)) {
    if (node.kind === "folder") sum.folders++;
    else sum.files++;
    sum.bytes += node.bytes;
  }
  return sum;
}

function checkAccess(call: Call): WireReply {
  const wanted = required(call, "fsaction");
  if (!/^[r-][w-][x-]$/.test(wanted)) throw new Refusal("bad-argument", `Invalid value for fsaction: ${wanted}`);
  const bits = Array.from(wanted).reduce((sum, letter) => sum * 2 + (letter === "-" ? 0 : 1), 0);
  checkRights(call.lake, call.path, 0);
  mustSee(call.lake, call.path);
  checkRights(call.lake, call.path, bits);
  return empty(200);
}

// The keys stand in the order of the recordings.
function statusOf(call: Call, { node, access }: Seen, pathSuffix: string, length: number): object {
  const isFile = node.kind === "file";
  return {
    length,
    pathSuffix,
    type: isFile ? "FILE" : "DIRECTORY",
    blockSize: isFile ? 268_435_456 : 0,
    accessTime: node.accessedMs,
    modificationTime: node.modifiedMs,
    replication: isFile ? 1 : 0,
    permission: permissionOf({ access }),
    owner: shownId(call, access.owner),
    group: shownId(call, access.group),
    ...(isFile ? { msExpirationTime: access.expiresMs } : {}),
    aclBit: isExtended(access.acl),
  };
}

function permissionOf({ access }: Pick<Seen, "access">): string {
  return formatOctal({ bits: modeOfAcl(access.acl), isSticky: access.isSticky });
}

function shownId(call: Call, id: string): string {
  return truth(call, "tooid", true) ? id : (call.lake.principals.get(id) ?? id);
}

function visibleBytes({ lake }: Call, path: string, { node }: Seen): number {
  return lake.writers.visibleBytes(path, node.bytes);
}
