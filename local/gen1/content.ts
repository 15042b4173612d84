import { type Acl, aclOfMode, inheritedAcl } from "../kit/acl.ts";
import type { Mode } from "../kit/mode.ts";
import type { RequestBody } from "../kit/wire.ts";
import { type Access, defaultOwner } from "./access.ts";
import { checkRights, hasExpired, type Lake, look, mayPass, mayRead, mayWrite, mustSee, mustSeeFile } from "./lake.ts";
import { listPage } from "./listing.ts";
import { childOf, foldersAbove, isWithin, nameOf, parentOf } from "./names.ts";
import { Refusal } from "./refusal.ts";
import type { Content } from "./store.ts";
import type { SyncFlag } from "./writers.ts";

/** How a write is flagged, and the lease it is made under. */
export type WriteOptions = { readonly syncFlag: SyncFlag; readonly leaseId: string | undefined };

/** What CREATE may be told. */
export type CreateOptions = WriteOptions & {
  readonly overwrite: boolean;
  readonly createParent: boolean;
  readonly mode: Mode | undefined;
};

/** What APPEND may be told. */
export type AppendOptions = WriteOptions & { readonly offset: number | undefined };

/** Makes a file with this content, and the folders above it. */
export function createFile(lake: Lake, path: string, body: RequestBody, options: CreateOptions): Promise<void> {
  return lake.writers.inTurn(path, async () => createNow(lake, path, await contentOf(body), options));
}

/** Adds to a file's end; `offset`, when given, must be its length. An empty body only checks that. */
export function appendToFile(lake: Lake, path: string, body: RequestBody, options: AppendOptions): Promise<void> {
  return lake.writers.inTurn(path, async () => appendNow(lake, path, await contentOf(body), options));
}

/** Adds to a file's end, whoever else does so, and makes the file when there is none. */
export function createOrAppend(lake: Lake, path: string, body: RequestBody, options: WriteOptions): Promise<void> {
  return lake.writers.inTurn(path, async () => {
    const content = await contentOf(body);
    return look(lake, path) === undefined
      ? createNow(lake, path, content, { ...newWholeFile, ...options })
      : appendNow(lake, path, content, { ...options, offset: undefined });
  });
}

/** Makes a folder and those above it, as far as they aren't there. */
export async function makeFolder(lake: Lake, path: string, mode: Mode | undefined): Promise<void> {
  for (const folder of [...foldersAbove(path), path]) {
    if (isExpiredFile(lake, folder)) await discard(lake, folder);
    // From here on nothing is awaited: many writers may want the same new folder at once.
    const old = look(lake, folder);
    if (old?.node.kind === "folder") continue;
    if (old !== undefined) throw new Refusal("exists", folder);
    checkRights(lake, parentOf(folder), mayWrite | mayPass);
    lake.store.makeFolder(folder);
    lake.table.set(folder, newAccess(lake, folder, "folder", folder === path ? mode : undefined));
  }
}

/** Moves a name; false when the source is missing or the destination can't take it. */
export async function rename(lake: Lake, from: string, destination: string, overwrite: boolean): Promise<boolean> {
  checkRights(lake, parentOf(from), mayWrite | mayPass);
  const source = look(lake, from);
  if (source === undefined || from === "/") return false;
  if (from === destination) return source.node.kind === "file";
  const to = look(lake, destination)?.node.kind === "folder" ? childOf(destination, nameOf(from)) : destination;
  checkRights(lake, parentOf(to), mayWrite | mayPass);
  if (isWithin(to, from) || look(lake, parentOf(to))?.node.kind !== "folder") return false;
  const old = look(lake, to);
  const isReplacing = old?.node.kind === "file" && source.node.kind === "file" && overwrite;
  if (old !== undefined && !isReplacing) return false;
  if (isReplacing || isExpiredFile(lake, to)) await discard(lake, to);
  lake.store.rename(from, to);
  lake.table.rename(from, to);
  lake.writers.forget(from);
  return true;
}

/** Removes a name; false when there is nothing. A folder that isn't empty goes only when `recursive`. */
export async function remove(lake: Lake, path: string, recursive: boolean): Promise<boolean> {
  if (path === "/") throw new Refusal("denied", "Forbidden. The root directory cannot be deleted.");
  checkRights(lake, parentOf(path), mayWrite | mayPass);
  const seen = look(lake, path);
  if (seen === undefined) return false;
  if (seen.node.kind === "folder" && !recursive) {
    const [first] = await listPage(lake, path, { after: undefined, before: undefined, size: 1 });
    if (first !== undefined) throw new Refusal("io", `${path} is a non-empty directory`);
  }
  await discard(lake, path);
  return true;
}

/** Makes a file of other files' contents, in order, and removes them, with their folder when told so. */
export function concatenate(lake: Lake, path: string, sources: readonly string[], withFolder: boolean): Promise<void> {
  return lake.writers.inTurn(path, async () => {
    if (sources.length === 0) throw new Refusal("bad-argument", "no sources are given");
    for (const source of sources) {
      checkRights(lake, source, mayRead);
      mustSeeFile(lake, source);
    }
    await createNow(lake, path, Buffer.alloc(0), newWholeFile);
    for (const source of sources) {
      await lake.store.append(path, lake.store.read(source, 0, mustSeeFile(lake, source).node.bytes));
    }
    for (const source of new Set(sources)) await discard(lake, source);
    const folder = parentOf(sources[0] ?? "/");
    if (withFolder && folder !== "/" && !isWithin(path, folder)) await discard(lake, folder);
  });
}

async function createNow(lake: Lake, path: string, content: Content, options: CreateOptions): Promise<void> {
  if (options.createParent) await makeFolder(lake, parentOf(path), undefined);
  makeEmptyFile(lake, path, options);
  await lake.store.append(path, content);
  lake.writers.wrote(path, options.syncFlag, options.leaseId, 0);
}

function makeEmptyFile(lake: Lake, path: string, { overwrite, leaseId, mode }: CreateOptions): void {
  const old = look(lake, path);
  if (old?.node.kind === "folder" || (old !== undefined && !overwrite)) throw new Refusal("exists", path);
  lake.writers.admit(path, leaseId);
  mustSee(lake, parentOf(path));
  if (old === undefined) checkRights(lake, parentOf(path), mayWrite | mayPass);
  else checkRights(lake, path, mayWrite);
  lake.store.makeFile(path);
  lake.table.set(path, newAccess(lake, path, "file", mode));
}

async function appendNow(lake: Lake, path: string, content: Content, options: AppendOptions): Promise<void> {
  checkRights(lake, path, mayWrite);
  const { bytes } = mustSeeFile(lake, path).node;
  lake.writers.admit(path, options.leaseId);
  if (options.offset !== undefined && options.offset !== bytes) throw new Refusal("bad-offset", "Invalid offset.");
  const isCheckOnly = Buffer.isBuffer(content) && content.length === 0;
  if (!isCheckOnly) await lake.store.append(path, content);
  lake.writers.wrote(path, options.syncFlag, options.leaseId, bytes);
}

const newWholeFile: CreateOptions = {
  overwrite: false,
  createParent: true,
  mode: undefined,
  syncFlag: "CLOSE",
  leaseId: undefined,
};

const wholeBodyBytes = 256 * 1024;

// A small body is taken whole before anything is checked, so that between check and write no other request comes in.
function contentOf(body: RequestBody): Content | Promise<Buffer> {
  return body.length !== undefined && body.length <= wholeBodyBytes ? body.read(wholeBodyBytes) : body.chunks();
}

function newAccess(lake: Lake, path: string, kind: "file" | "folder", mode: Mode | undefined): Access {
  const parent = lake.table.get(parentOf(path));
  const acl: Acl = inheritedAcl(parent.acl, kind, mode?.bits ?? 0o777) ?? aclOfMode(mode?.bits ?? 0o770);
  const owner = lake.caller?.id ?? defaultOwner;
  return { owner, group: parent.group, acl, isSticky: mode?.isSticky ?? false, expiresMs: 0 };
}

async function discard(lake: Lake, path: string): Promise<void> {
  await lake.store.remove(path);
  lake.table.remove(path);
  lake.writers.forget(path);
}

function isExpiredFile(lake: Lake, path: string): boolean {
  return hasExpired(lake, lake.table.get(path)) && lake.store.stat(path) !== undefined;
}
