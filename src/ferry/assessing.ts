import { type Access, findingsOf, hasWanted, inheritedAccess, listedAccess, wantedAccess } from "../core/access.ts";
import { principalOf } from "../core/acl.ts";
import { assessedFile, assessedFolder, assessedPage, refusedAt } from "../core/assessment.ts";
import type { BlockSizes } from "../core/blocks.ts";
import type { Entry } from "../core/entry.ts";
import { isKind } from "../core/error.ts";
import { preservedAccess } from "../core/fidelity.ts";
import { whyGen2Refuses } from "../core/names.ts";
import type { Carried } from "../core/outcome.ts";
import { type LakePath, splitPath } from "../core/path.ts";
import { pairOf } from "../core/prediction.ts";
import type { MigrationRequest } from "../core/request.ts";
import { requestsFor } from "../core/requestCosts.ts";
import type { Source } from "../lake/lake.ts";
import type { Principals } from "./accessMemory.ts";
import { listedAs } from "./hash.ts";
import type { Ledger } from "./ledger.ts";
import { seeing } from "./seeing.ts";
import type { Visitor } from "./visitor.ts";

/** Folders whose access is remembered for the files in them, and whatever else a migration remembers as many of. */
const maxKnown = 2000;

/** The same source, which notes the pages and the questions that a migration would have as well. */
export function assessedSource(source: Source, ledger: Ledger): Source {
  return {
    ...source,
    list: async (...given) => {
      const page = await source.list(...given);
      const first = page.entries.findIndex(isFile);
      const last = page.entries.findLastIndex(isFile);
      ledger.assessed(assessedPage(first === -1 ? 0 : last - first + 1));
      return page;
    },
    getAccess: (path, principals, signal) => {
      if (principals === "names") ledger.assessed({ requests: requestsFor.principals });
      return source.getAccess(path, principals, signal);
    },
  };
}

/** What an assessment knows of the migration that it is about. */
export type AssessMeans = {
  readonly request: MigrationRequest;
  readonly source: Source;
  readonly ledger: Ledger;
  readonly principals: Principals;
  readonly sizes: BlockSizes;
  readonly namedEntries: number;
  readonly moved: (path: LakePath) => LakePath;
  /** Who will write, where that is known. */
  readonly writer: string | undefined;
};

/** The visitor of an assessment, on top of another one that deals with what goes wrong: the sink is never asked. */
export function assessing(visitor: Visitor, means: AssessMeans): Visitor {
  const { request, source, ledger, sizes, moved, namedEntries } = means;
  const { recursive } = request.source;
  const parts = preservedAccess(request.preserve);
  const keepsExpiry = request.preserve.includes("Expiry");
  const asksAcls = parts.has("ACL");
  const folders = new Map<LakePath, Promise<Access>>();
  /** Folders that a migration has looked at, and kinds of files that it has read back. */
  const looked = new Set<string>();
  const proven = new Set<string>();

  function remember(folder: LakePath, access: Promise<Access>): Promise<Access> {
    folders.set(folder, access);
    for (const first of folders.keys()) if (folders.size > maxKnown) folders.delete(first);
    access.catch(() => folders.delete(folder));
    return access;
  }

  // The access that an item is to have, asked for as a migration does, and what there is to know about it.
  async function look(path: LakePath, entry: Entry, signal: AbortSignal) {
    const asks = asksAcls && (entry.kind === "folder" || entry.hasAcl);
    const has = asks
      ? await source.getAccess(path, "ids", signal)
      : asksAcls
        ? listedAccess(entry, path)
        : { owner: entry.owner, group: entry.group, acl: [], isSticky: false };
    const wanted = wantedAccess(has, parts);
    const findings = [
      ...findingsOf(wanted, namedEntries),
      ...(await means.principals.findingsOf(path, wanted, source, signal)),
    ];
    const carried: { readonly carried?: Carried } = findings.length === 0 ? {} : { carried: { findings } };
    return { has, asks, wanted, carried, isFatal: findings.some(({ isFatal }) => isFatal) };
  }

  // What a new file has by itself costs nothing, where its owner is the one who writes or isn't kept; but that is looked at
  // once for each folder of which not all is known, and once for each kind of file.
  async function givingCost(path: LakePath, { wanted }: Awaited<ReturnType<typeof look>>, signal: AbortSignal) {
    if (Object.keys(wanted).length === 0) return { setsAccess: false, looksBack: 0 };
    const writer = means.writer ?? "";
    if (wanted.owner !== undefined && principalOf(wanted.owner) !== principalOf(writer)) {
      return { setsAccess: true, looksBack: 0 };
    }
    const { folder } = splitPath(path);
    const above = await (folders.get(folder) ?? remember(folder, source.getAccess(folder, "ids", signal)));
    const looksAbove = parts.size < 3 && isNew(looked, folder) ? 1 : 0;
    const setsAccess = !hasWanted(inheritedAccess(above, "file", writer), wanted);
    return { setsAccess, looksBack: looksAbove + (!setsAccess && isNew(proven, pairOf(above, wanted)) ? 1 : 0) };
  }

  async function costOf(path: LakePath, entry: Entry, signal: AbortSignal) {
    const seen = await look(path, entry, signal);
    // Asked for before anything is written: it would fail.
    if (seen.isFatal) return { ...seen, requests: seen.asks ? { "source GETACLSTATUS": 1 } : {} };
    const requests = requestsFor.file({
      bytes: entry.bytes,
      blockBytes: blockBytesOf(path, entry),
      isShared: entry.bytes > sizes.largeFileBytes,
      asksAcl: seen.asks,
      setsExpiry: keepsExpiry && entry.expiresMs !== undefined,
      ...(await givingCost(path, seen, signal)),
    });
    return { ...seen, requests };
  }

  // Where the block size that was asked for can't hold the file, the report recommends another one.
  function blockBytesOf(path: LakePath, { bytes }: Entry): number {
    try {
      return sizes.bytesFor(path, bytes, request.sink.blockSizeInMB);
    } catch (error) {
      if (!isKind(error, "invalid")) throw error;
      return sizes.bytesFor(path, bytes, undefined);
    }
  }

  const isRefused = (path: LakePath) => whyGen2Refuses(moved(path)) !== undefined;

  return seeing(
    visitor,
    { source, ledger, recursive },
    {
      file: async (path, entry, signal) => {
        const refused = isRefused(path);
        const { requests, carried } = refused ? { requests: {}, carried: {} } : await costOf(path, entry, signal);
        const { bytes, modifiedMs, hasAcl, expiresMs } = entry;
        const about = { bytes, modifiedMs, hasAcl, expires: expiresMs !== undefined };
        const own = assessedFile(path, splitPath(path).folder, about, requests);
        const assessed = refused ? { ...own, ...refusedAt(path) } : own;
        return { do: "skipped", because: "same", ...listedAs(path, entry), ...carried, assessed };
      },
      folder: async (path, entry, signal) => {
        const above = splitPath(path).folder;
        if (isRefused(path)) {
          return { do: "found", assessed: { ...assessedFolder(path, above, entry.hasAcl, {}), ...refusedAt(path) } };
        }
        const { has, asks, carried, wanted, isFatal } = await look(path, entry, signal);
        if (asks) void remember(path, Promise.resolve(has));
        const isSticky = wanted.isSticky === true;
        const requests = isFatal ? { "source GETACLSTATUS": 1 } : requestsFor.folder({ asksAcl: asks, isSticky });
        return { do: "found", ...carried, assessed: assessedFolder(path, above, entry.hasAcl, requests) };
      },
    },
  );
}

function isFile({ kind }: Entry): boolean {
  return kind === "file";
}

function isNew(known: Set<string>, one: string): boolean {
  if (known.has(one)) return false;
  known.add(one);
  for (const first of known) if (known.size > maxKnown) known.delete(first);
  return true;
}
