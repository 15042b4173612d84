import {
  type Access,
  type AccessChange,
  type AccessFinding,
  changesSaying,
  changesTo,
  findingsOf,
  isListedAlike,
  listedAccess,
  seenWhole,
  type WantedAccess,
  wantedAccess,
} from "../core/access.ts";
import type { Entry, SinkItem } from "../core/entry.ts";
import { folderNow, isKind, LakeError } from "../core/error.ts";
import { preservedAccess } from "../core/fidelity.ts";
import type { Carried } from "../core/outcome.ts";
import { type LakePath, splitPath } from "../core/path.ts";
import { pairOf } from "../core/prediction.ts";
import type { MigrationRequest } from "../core/request.ts";
import type { Sink, Source } from "../lake/lake.ts";
import type { AccessMemory } from "./accessMemory.ts";

/** What an item is to have at the sink beside its data. */
export type Wanted = {
  readonly access: WantedAccess;
  readonly expiresMs: number | undefined;
  readonly findings: readonly AccessFinding[];
};

/** How closely an item that stands at the sink is looked at: as far as listings tell, or in full. Folders always are. */
export type Closeness = "listing" | "full";

/** Gives items of one run the access and the expiry that they are to have. */
export type Granting = {
  /** How closely the request wants items looked at that stand at the sink already. */
  readonly closeness: Closeness;
  /**
   * What an item is to have; asked for before anything of it is written. The source is asked for ACLs only: of folders, and
   * of files whose listing says that there is one. "invalid" for an ACL that can't be read, or that the sink can't hold.
   */
  readonly wanted: (path: LakePath, entry: Entry, signal?: AbortSignal) => Wanted | Promise<Wanted>;
  /** Gives a file that was just written what it doesn't inherit; "conflict" when it is another by now. */
  readonly grant: (to: LakePath, wanted: Wanted, file: Written, signal: AbortSignal) => Carried | Promise<Carried>;
  /** Makes a folder with its access; says what stood there, which is given the access that it lacks. */
  readonly makeFolder: (
    to: LakePath,
    wanted: Wanted,
    make: (access: AccessChange | undefined) => Promise<"made" | SinkItem>,
    signal?: AbortSignal,
  ) => Promise<{ readonly found: SinkItem | undefined; readonly carried: Carried }>;
  /** Gives a file or folder that stands at the sink what it lacks; undefined when that is nothing. */
  readonly mend: (
    path: LakePath,
    to: LakePath,
    entry: Entry,
    there: SinkItem,
    closeness: Closeness,
    signal?: AbortSignal,
  ) => Promise<Mended>;
};

/** A file as it was just written: in the place of nothing, or of a file, which may have had an expiry. */
export type Written = { readonly etag: string; readonly isNew: boolean; readonly hadExpiry: boolean };

/** What was wrong with an item that stood there, if anything; and what came over with it. */
export type Mended = { readonly because?: "access" | "expiry"; readonly carried: Carried };

/** As many folders' access is remembered; beyond, it is asked for again. */
const maxFolders = 2000;
/** Looks at an item that others change at the same time. */
const maxLooks = 3;

/** Opens the granting of one walk, or of a run's preparation. */
export function openGranting(means: {
  readonly request: MigrationRequest;
  readonly source: Source;
  readonly sink: Sink;
  /** Named entries that an ACL of the sink holds in each scope. */
  readonly namedEntries: number;
  readonly memory: AccessMemory;
}): Granting {
  const { request, source, sink, namedEntries, memory } = means;
  const { prediction, principals } = memory;
  const parts = preservedAccess(request.preserve);
  const keepsExpiry = request.preserve.includes("Expiry");
  /** Of folders at the sink. */
  const folders = new Map<LakePath, Promise<Access>>();

  function remember(to: LakePath, access: Promise<Access>): Promise<Access> {
    folders.set(to, access);
    for (const first of folders.keys()) if (folders.size > maxFolders) folders.delete(first);
    access.catch(() => folders.delete(to));
    return access;
  }

  function accessOf(folder: LakePath, signal: AbortSignal): Promise<Access> {
    return folders.get(folder) ?? remember(folder, sink.getAccess(folder, signal));
  }

  async function wantedOf(path: LakePath, entry: Entry, signal?: AbortSignal): Promise<WantedAccess> {
    if (!parts.has("ACL")) {
      const { owner, group } = entry;
      return wantedAccess({ owner, group, acl: [], isSticky: false }, parts);
    }
    if (entry.kind === "file" && !entry.hasAcl) return wantedAccess(listedAccess(entry, path), parts);
    const told = await source.getAccess(path, "ids", signal);
    if (entry.kind === "file" && told.acl.some(({ scope }) => scope === "default"))
      throw folderNow("GETACLSTATUS", path);
    return wantedAccess(told, parts);
  }

  function wanted(path: LakePath, entry: Entry, signal?: AbortSignal): Wanted | Promise<Wanted> {
    const expiresMs = keepsExpiry && entry.kind === "file" ? entry.expiresMs : undefined;
    return parts.size === 0 ? { access: {}, expiresMs, findings: [] } : wantedWith(expiresMs, path, entry, signal);
  }

  async function wantedWith(
    expiresMs: number | undefined,
    path: LakePath,
    entry: Entry,
    signal: AbortSignal | undefined,
  ): Promise<Wanted> {
    const access = await wantedOf(path, entry, signal);
    const findings = [
      ...findingsOf(access, namedEntries),
      ...(await principals.findingsOf(path, access, source, signal)),
    ];
    const fatal = findings.find(({ isFatal }) => isFatal);
    if (fatal !== undefined) {
      throw new LakeError("invalid", { op: "acl", path, detail: fatal.detail, code: "TooManyAclEntries" });
    }
    return { access, expiresMs, findings };
  }

  async function change(to: LakePath, changes: readonly AccessChange[], etag?: string, signal?: AbortSignal) {
    for (const one of changes) await sink.setAccess(to, one, etag, signal);
  }

  // An access that is inherited costs nothing, once the first file of its kind was read back; others wait for that. What a
  // file that is written over keeps of its own is nobody's promise.
  async function give(
    to: LakePath,
    access: WantedAccess,
    { etag, isNew }: Written,
    signal: AbortSignal,
  ): Promise<Carried> {
    if (Object.keys(access).length === 0) return {};
    while (isNew && !prediction.isHopeless(access)) {
      const folder = await accessOf(splitPath(to).folder, signal);
      const advice = prediction.advise(folder, access);
      if (advice === "trust") return { access: "predicted" };
      if (advice === "set") break;
      const pair = pairOf(folder, access);
      const endTurn = await memory.proving(pair, signal);
      if (endTurn === undefined) continue;
      try {
        return await readBack(to, folder, access, etag, signal);
      } finally {
        endTurn();
      }
    }
    await change(to, changesSaying(access, { isSticky: false }), etag, signal);
    return { access: "set" };
  }

  async function readBack(
    to: LakePath,
    folder: Access,
    access: WantedAccess,
    etag: string,
    signal: AbortSignal,
  ): Promise<Carried> {
    const read = await sink.getAccess(to, signal);
    const isAsPredicted = prediction.learn(folder, access, read);
    if (!isAsPredicted) await memory.mispredicted(to);
    const changes = changesTo(access, read);
    await change(to, changes, etag, signal);
    if (!isAsPredicted) return { access: "mispredicted" };
    return { access: changes.length === 0 ? "readBack" : "set" };
  }

  async function grant(
    to: LakePath,
    { access, expiresMs, findings }: Wanted,
    file: Written,
    needsExpiry: boolean,
    signal: AbortSignal,
  ): Promise<Carried> {
    const given = await give(to, access, file, signal);
    if (needsExpiry) await sink.setExpiry(to, expiresMs, file.etag, signal);
    return {
      ...given,
      ...(needsExpiry ? { expiry: true } : {}),
      ...(findings.length === 0 ? {} : { findings }),
    };
  }

  function isSuspect(path: LakePath, entry: Entry, there: SinkItem, closeness: Closeness): boolean {
    if (isExpiryWrong(entry, there)) return true;
    if (parts.size === 0) return false;
    if (there.access === undefined || !isListedAlike(entry, there.access, parts, path)) return true;
    return parts.has("ACL") && (entry.kind === "folder" || (closeness === "full" && entry.hasAcl));
  }

  function isExpiryWrong(entry: Pick<Entry, "kind" | "expiresMs">, there: SinkItem): boolean {
    return keepsExpiry && entry.kind === "file" && wholeSecond(entry.expiresMs) !== wholeSecond(there.expiresMs);
  }

  async function mend(
    path: LakePath,
    to: LakePath,
    entry: Entry,
    seen: SinkItem,
    closeness: Closeness,
    signal?: AbortSignal,
  ): Promise<Mended> {
    if (!isSuspect(path, entry, seen, closeness)) return { carried: {} };
    const { access, expiresMs, findings } = await wanted(path, entry, signal);
    const found = findings.length === 0 ? {} : { findings };
    // A folder's ETag says nothing of its access, and no folder is replaced by another unseen.
    const guardOf = ({ kind, etag }: SinkItem) => (kind === "file" ? etag : undefined);
    // A listing may keep silent about an expiry: that one is there isn't told by its absence.
    let there = isExpiryWrong(entry, seen) ? ((await sink.stat(to, signal)) ?? seen) : seen;
    for (let looks = 1; ; looks++) {
      try {
        const changes = parts.size === 0 ? [] : changesTo(access, await hasOf(to, there, signal));
        await change(to, changes, guardOf(there), signal);
        const isExpiryChanged = isExpiryWrong(
          { kind: entry.kind, ...(expiresMs === undefined ? {} : { expiresMs }) },
          there,
        );
        if (isExpiryChanged) await sink.setExpiry(to, expiresMs, there.etag, signal);
        const because = changes.length > 0 ? "access" : isExpiryChanged ? "expiry" : undefined;
        return {
          ...(because === undefined ? {} : { because }),
          carried: {
            ...(changes.length > 0 ? { access: "set" } : {}),
            ...(isExpiryChanged ? { expiry: true } : {}),
            ...found,
          },
        };
      } catch (error) {
        if (!isKind(error, "conflict") || looks >= maxLooks) throw error;
        const now = await sink.stat(to, signal);
        if (now === undefined || !isSameVersion(now, seen)) throw error;
        there = now;
      }
    }
  }

  async function hasOf(to: LakePath, there: SinkItem, signal?: AbortSignal): Promise<Access> {
    return seenWhole(there.access, to) ?? (await sink.getAccess(to, signal));
  }

  return {
    closeness: request.compareAccess,
    wanted,
    mend,

    grant: (to, wanted, file, signal) => {
      const needsExpiry = wanted.expiresMs !== undefined || (keepsExpiry && file.hadExpiry);
      return parts.size === 0 && !needsExpiry ? {} : grant(to, wanted, file, needsExpiry, signal);
    },

    makeFolder: async (to, { access, findings }, make, signal) => {
      const found = findings.length === 0 ? {} : { findings };
      const [first, ...more] = changesSaying(access, { isSticky: false });
      const made = await make(first);
      if (made !== "made") {
        const has = parts.size === 0 ? undefined : await hasOf(to, made, signal);
        const changes = has === undefined ? [] : changesTo(access, has);
        await change(to, changes, undefined, signal);
        if (has !== undefined) void remember(to, Promise.resolve({ ...has, ...access }));
        return { found: made, carried: { ...(changes.length > 0 ? { access: "set" } : {}), ...found } };
      }
      await change(to, more, undefined, signal);
      const { owner, group, acl, isSticky = false } = access;
      if (owner !== undefined && group !== undefined && acl !== undefined) {
        void remember(to, Promise.resolve({ owner, group, acl, isSticky }));
      }
      return { found: undefined, carried: { ...(first === undefined ? {} : { access: "created" }), ...found } };
    },
  };
}

// The sink counts in seconds, and rounds up.
function wholeSecond(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.ceil(ms / 1000);
}

function isSameVersion(a: SinkItem, b: SinkItem): boolean {
  return (
    a.kind === b.kind &&
    a.bytes === b.bytes &&
    a.md5 === b.md5 &&
    a.origin?.run === b.origin?.run &&
    a.origin?.modifiedMs === b.origin?.modifiedMs
  );
}
