import {
  type Acl,
  type AclScope,
  aclOfMode,
  countNamed,
  inheritedAcl,
  isObjectId,
  type Mode,
  modeBitsOf,
  parseAcl,
  parseMode,
  principalOf,
  printAcl,
} from "./acl.ts";
import type { Entry, SeenAccess } from "./entry.ts";

/** Who owns an item, and who may do what with it. */
export type Access = { readonly owner: string; readonly group: string; readonly acl: Acl; readonly isSticky: boolean };

/** The parts of an access that a run carries over. */
export type WantedAccess = Partial<Access>;

/** What one request to the sink changes; an ACL and a mode exclude each other there. */
export type AccessChange = {
  readonly owner?: string;
  readonly group?: string;
  readonly rights?: { readonly by: "acl"; readonly acl: Acl } | { readonly by: "mode"; readonly mode: Mode };
};

/**
 * How an item came to the access that it is to have.
 *   created       with the request that made the folder
 *   set           by requests of their own
 *   predicted     inherited, as files of its kind were seen to
 *   readBack      inherited, and read back
 *   mispredicted  set, as what it had inherited wasn't what had been predicted
 */
export type AccessWay = "created" | "set" | "predicted" | "readBack" | "mispredicted";

/** What a request may ask to carry over; ADF's words. */
export type PreservedAccess = "ACL" | "Owner" | "Group";

/** The access that a listing tells in full: that of an item without ACL. LakeError "invalid" for an unreadable mode. */
export function listedAccess(entry: Pick<Entry, "owner" | "group" | "permission">, path: string): Access {
  const { bits, isSticky } = parseMode(entry.permission, path);
  return { owner: principalOf(entry.owner), group: principalOf(entry.group), acl: aclOfMode(bits), isSticky };
}

/** The parts of a source item's access that the sink is to have. */
export function wantedAccess(access: Access, preserve: ReadonlySet<PreservedAccess>): WantedAccess {
  return {
    ...(preserve.has("ACL") ? { acl: access.acl, isSticky: access.isSticky } : {}),
    ...(preserve.has("Owner") ? { owner: access.owner } : {}),
    ...(preserve.has("Group") ? { group: access.group } : {}),
  };
}

/** The access of a child that was made without any, by `maker`, in a folder with this access at the sink. */
export function inheritedAccess(folder: Access, child: "file" | "folder", maker: string): Access {
  return { owner: maker, group: folder.group, acl: inheritedAcl(folder.acl, child), isSticky: false };
}

/** Whether an item has all that is wanted. */
export function hasWanted(has: Access, wanted: WantedAccess): boolean {
  return (
    (wanted.owner === undefined || principalOf(wanted.owner) === principalOf(has.owner)) &&
    (wanted.group === undefined || principalOf(wanted.group) === principalOf(has.group)) &&
    (wanted.acl === undefined || printAcl(wanted.acl) === printAcl(has.acl)) &&
    (wanted.isSticky === undefined || wanted.isSticky === has.isSticky)
  );
}

/**
 * The requests that give an item what is wanted, in order.
 *   it has all of it                         none
 *   sticky bit as wanted, or not wanted      one: owner, group and ACL
 *   sticky bit wanted, or to be taken off    two: that, then the mode, as no ACL says the sticky bit
 * A request that is sent says all that is wanted, so that none depends on what the item was believed to have.
 */
export function changesTo(wanted: WantedAccess, has: Access): readonly AccessChange[] {
  return hasWanted(has, wanted) ? [] : changesSaying(wanted, has);
}

/** The same requests whatever the item is believed to have; none where nothing is wanted. */
export function changesSaying(
  wanted: WantedAccess,
  has: Pick<Access, "isSticky"> & Partial<Pick<Access, "acl">>,
): readonly AccessChange[] {
  const { acl, isSticky } = wanted;
  const first: AccessChange = {
    ...(wanted.owner === undefined ? {} : { owner: wanted.owner }),
    ...(wanted.group === undefined ? {} : { group: wanted.group }),
    ...(acl === undefined ? {} : { rights: { by: "acl", acl } }),
  };
  const shown = acl ?? has.acl;
  const modes: readonly AccessChange[] =
    isSticky !== undefined && (isSticky || has.isSticky) && shown !== undefined
      ? [{ rights: { by: "mode", mode: { bits: modeBitsOf(shown), isSticky } } }]
      : [];
  return Object.keys(first).length === 0 ? modes : [first, ...modes];
}

/**
 * Whether two listings agree on the preserved parts of an item's access, as far as they tell: ids; mode, sticky bit, and
 * that there is an ACL.
 */
export function isListedAlike(
  source: Pick<Entry, "owner" | "group" | "permission" | "hasAcl">,
  sink: Pick<SeenAccess, "owner" | "group" | "permissions">,
  preserve: ReadonlySet<PreservedAccess>,
  path: string,
): boolean {
  if (preserve.has("Owner") && principalOf(source.owner) !== principalOf(sink.owner)) return false;
  if (preserve.has("Group") && principalOf(source.group) !== principalOf(sink.group)) return false;
  if (!preserve.has("ACL")) return true;
  const here = parseMode(source.permission, path);
  const there = parseMode(sink.permissions, path);
  const isModeAlike = here.bits === there.bits && here.isSticky === there.isSticky;
  return isModeAlike && source.hasAcl === sink.permissions.endsWith("+");
}

/** The whole access of an item of the sink, where what was seen tells it: with its ACL, or when there is none. */
export function seenWhole(seen: SeenAccess | undefined, path: string): Access | undefined {
  if (seen === undefined || (seen.acl === undefined && seen.permissions.endsWith("+"))) return undefined;
  const { bits, isSticky } = parseMode(seen.permissions, path);
  const acl = seen.acl === undefined ? aclOfMode(bits) : parseAcl(seen.acl, path);
  return { owner: principalOf(seen.owner), group: principalOf(seen.group), acl, isSticky };
}

/**
 * Kinds of findings: more entries than the sink holds; principals by name where an object id is needed; the all-zero id;
 * ids that the source can't name.
 */
export type FindingKind = "tooManyEntries" | "names" | "nobody" | "nameless";

/** Something about a wanted access that a person should know; `isFatal` when the sink would refuse it. */
export type AccessFinding = {
  readonly because: FindingKind;
  readonly isFatal: boolean;
  readonly detail: string;
};

/**
 * What stands in the way of an access at the sink. `limit` is of named entries in each scope; Gen2 holds 32 entries,
 * four of which are owner, group, mask and other.
 */
export function findingsOf(access: WantedAccess, limit: number): readonly AccessFinding[] {
  const acl = access.acl ?? [];
  const crowded = (["access", "default"] as const).flatMap((scope: AclScope): AccessFinding[] => {
    const named = countNamed(acl, scope);
    if (named <= limit) return [];
    const detail = `${named} named ${scope} entries; Gen2 holds ${limit} beside owner, group, mask and other`;
    return [{ because: "tooManyEntries", isFatal: true, detail }];
  });
  const unique = principalsIn(access);
  const named = unique.filter((id) => !isObjectId(id) && !id.startsWith("$"));
  const nobody = unique.filter((id) => id === nobodysId);
  return [
    ...crowded,
    ...(named.length === 0
      ? []
      : [{ because: "names" as const, isFatal: false, detail: `no object ids: ${named.join(", ")}` }]),
    ...(nobody.length === 0
      ? []
      : [{ because: "nobody" as const, isFatal: false, detail: "the all-zero id, which is no principal" }]),
  ];
}

/** Everybody whom an access names, once each. */
export function principalsIn({ owner, group, acl = [] }: WantedAccess): readonly string[] {
  const all = [owner, group, ...acl.map(({ id }) => id)];
  return [...new Set(all.filter((id): id is string => id !== undefined && id !== ""))];
}

/** The principals that the lake can't name, given an access in which it was asked for names: they are gone, or foreign. */
export function namelessIn(named: Access): readonly string[] {
  return principalsIn(named).filter((id) => isObjectId(id) && id !== nobodysId);
}

const nobodysId = "00000000-0000-0000-0000-000000000000";
