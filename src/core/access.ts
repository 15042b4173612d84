import {
  type Acl,
  type AclScope,
  aclOfMode,
  countNamed,
  inheritedAcl,
  isObjectId,
  type Mode,
  modeBitsOf,
  parseMode,
  principalOf,
  printAcl,
} from "./acl.ts";
import type { Entry } from "./entry.ts";

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
  if (hasWanted(has, wanted)) return [];
  const { acl, isSticky } = wanted;
  const first: AccessChange = {
    ...(wanted.owner === undefined ? {} : { owner: wanted.owner }),
    ...(wanted.group === undefined ? {} : { group: wanted.group }),
    ...(acl === undefined ? {} : { rights: { by: "acl", acl } }),
  };
  const needsMode = isSticky !== undefined && (isSticky || has.isSticky);
  if (!needsMode) return [first];
  const mode: AccessChange = { rights: { by: "mode", mode: { bits: modeBitsOf(acl ?? has.acl), isSticky } } };
  return Object.keys(first).length === 0 ? [mode] : [first, mode];
}

/** Whether two listings agree on an item's access, as far as they tell: ids, mode, sticky bit, and that there is an ACL. */
export function isListedAlike(
  source: Pick<Entry, "owner" | "group" | "permission" | "hasAcl">,
  sink: { readonly owner: string; readonly group: string; readonly permissions: string },
  path: string,
): boolean {
  const here = parseMode(source.permission, path);
  const there = parseMode(sink.permissions, path);
  return (
    principalOf(source.owner) === principalOf(sink.owner) &&
    principalOf(source.group) === principalOf(sink.group) &&
    here.bits === there.bits &&
    here.isSticky === there.isSticky &&
    source.hasAcl === sink.permissions.endsWith("+")
  );
}

/** Something about a wanted access that a person should know; `isFatal` when the sink would refuse it. */
export type AccessFinding = {
  readonly because: "too many entries" | "names" | "nobody";
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
    return [{ because: "too many entries", isFatal: true, detail }];
  });
  const principals = [access.owner, access.group, ...acl.map(({ id }) => id)].filter(
    (id): id is string => id !== undefined && id !== "",
  );
  const unique = [...new Set(principals)];
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

/** The principals that the lake can't name, given an access in which it was asked for names: they are gone, or foreign. */
export function namelessIn(named: Access): readonly string[] {
  const ids = [named.owner, named.group, ...named.acl.map(({ id }) => id)].filter(isObjectId);
  return [...new Set(ids)].filter((id) => id !== nobodysId);
}

const nobodysId = "00000000-0000-0000-0000-000000000000";

/** What to do about the access of a file that was just written without any. */
export type Advice = "trust" | "readBack" | "set";

/** What is believed of inheritance during a run, and how far it was proven. */
export type Prediction = {
  /**
   * For a new file in a folder with this access at the sink.
   *   it would not inherit what is wanted, or one prediction was wrong   set
   *   it would; this pair of folder ACL and wanted ACL is proven         trust
   *   it would; nothing of this pair was read back yet                   readBack
   * Until a first read-back tells who the maker is, an owner is a reason to read back.
   */
  readonly advise: (folder: Access, wanted: WantedAccess) => Advice;
  /** Takes a file's access as it was read back; false when it isn't the predicted one, which ends all trust. */
  readonly learn: (folder: Access, wanted: WantedAccess, read: Access) => boolean;
};

/** Nothing believed yet. */
export function openPrediction(): Prediction {
  const proven = new Set<string>();
  let maker: string | undefined;
  let isOff = false;
  const pairOf = (folder: Access, { acl }: WantedAccess) =>
    `${printAcl(folder.acl)} ${acl === undefined ? "" : printAcl(acl)}`;
  return {
    advise: (folder, wanted) => {
      if (isOff) return "set";
      const inherited = inheritedAccess(folder, "file", maker ?? wanted.owner ?? "");
      if (!hasWanted(inherited, wanted)) return "set";
      const isProven = proven.has(pairOf(folder, wanted)) && (wanted.owner === undefined || maker !== undefined);
      return isProven ? "trust" : "readBack";
    },
    learn: (folder, wanted, read) => {
      maker ??= read.owner;
      const isAsPredicted = hasWanted(read, inheritedAccess(folder, "file", maker));
      if (isAsPredicted) proven.add(pairOf(folder, wanted));
      else isOff = true;
      return isAsPredicted;
    },
  };
}
