import { allows, type Caller } from "../kit/acl.ts";
import type { VirtualClock } from "../kit/clock.ts";
import type { Access, Principals } from "./access.ts";
import type { AccessTable } from "./access-log.ts";
import { foldersAbove } from "./names.ts";
import type { CompareNames } from "./order.ts";
import { Refusal } from "./refusal.ts";
import type { Node, Store } from "./store.ts";
import type { Writers } from "./writers.ts";

/** The lake that the operations work on. */
export type Lake = {
  readonly store: Store;
  readonly table: AccessTable;
  readonly writers: Writers;
  readonly clock: VirtualClock;
  readonly compare: CompareNames;
  readonly principals: Principals;
  /** Whose rights are checked; undefined: a super-user's, that is none. */
  readonly caller: Caller | undefined;
  /** The most entries in one page, whatever the client asks for. */
  readonly pageCap: number;
};

/** A name that exists, with its access. */
export type Seen = { readonly node: Node; readonly access: Access };

/** Permission bits to ask for. */
export const mayRead = 4;
export const mayWrite = 2;
export const mayPass = 1;

/** What is at a path; undefined when there is nothing, or a file that has expired. */
export function look(lake: Lake, path: string): Seen | undefined {
  return withAccess(lake, path, lake.store.stat(path));
}

/** A node with its access; undefined when there is none, or it is a file that has expired. */
export function withAccess(lake: Lake, path: string, node: Node | undefined): Seen | undefined {
  if (node === undefined) return undefined;
  const access = lake.table.get(path);
  return hasExpired(lake, access) ? undefined : { node, access };
}

/** What is at a path; refuses when there is nothing. */
export function mustSee(lake: Lake, path: string): Seen {
  const seen = look(lake, path);
  if (seen === undefined) throw new Refusal("missing", path);
  return seen;
}

/** A file at a path; refuses when there is nothing or a folder. */
export function mustSeeFile(lake: Lake, path: string): Seen {
  const seen = mustSee(lake, path);
  if (seen.node.kind !== "file") throw new Refusal("io", `${path} is a directory`);
  return seen;
}

/** Whether a file's time has come; it stays on disk, since a reader's clock is no order to delete. */
export function hasExpired(lake: Lake, access: Access): boolean {
  return access.expiresMs !== 0 && access.expiresMs <= lake.clock.nowMs();
}

/** Refuses unless the caller may pass every folder above the path, and has the wanted rights on what is there. */
export function checkRights(lake: Lake, path: string, wanted: number): void {
  if (lake.caller === undefined) return;
  for (const folder of foldersAbove(path)) checkItem(lake, lake.caller, folder, mayPass);
  if (wanted > 0) checkItem(lake, lake.caller, path, wanted);
}

/** Refuses unless the caller owns what is at the path. */
export function checkOwner(lake: Lake, path: string): void {
  checkRights(lake, path, 0);
  if (lake.caller !== undefined && mustSee(lake, path).access.owner !== lake.caller.id) throw denied();
}

/** The refusal of a caller without the right; it doesn't tell whether the name exists. */
export function denied(): Refusal {
  return new Refusal(
    "denied",
    "Forbidden. ACL verification failed. Either the resource does not exist or the user is not authorized to perform the requested operation.",
  );
}

function checkItem(lake: Lake, caller: Caller, path: string, wanted: number): void {
  const seen = look(lake, path);
  if (seen === undefined) return;
  const { acl, owner, group } = seen.access;
  if (!allows(acl, owner, group, caller, wanted)) throw denied();
}
