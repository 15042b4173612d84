/** Whom an entry is about. */
export type AclType = "user" | "group" | "mask" | "other";

/** Which half of an ACL: what holds for the item itself, or what a folder's new children get. */
export type AclScope = "access" | "default";

/** One entry; `id` is empty for the base entries, `bits` is 0 to 7 (r = 4, w = 2, x = 1). */
export type AclEntry = {
  readonly scope: AclScope;
  readonly type: AclType;
  readonly id: string;
  readonly bits: number;
};

/** Entries in canonical order: access before default; user::, named users, group::, named groups, mask::, other::. */
export type Acl = readonly AclEntry[];

/** An entry to remove: its name without permissions. */
export type AclName = Omit<AclEntry, "bits">;

/** Thrown by the parsers here; the message says what is wrong with the text. */
export class AclError extends Error {
  override readonly name = "AclError";
}

/** Azure's limit for each scope, base entries included. */
export const maxEntriesPerScope = 32;

/** Reads `[default:](user|group|mask|other):[id]:rwx,…`; throws AclError on bad grammar or a name given twice. */
export function parseAcl(spec: string): Acl {
  const entries = spec.split(",").map((text) => {
    const { parts, scope } = scopeOf(text);
    if (parts.length !== 3) throw new AclError(`"${text}" is not [default:]type:id:rwx`);
    return { ...nameOf(text, scope, parts), bits: parseBits(parts[2] ?? "") };
  });
  return canonical(entries);
}

/** Reads entries to remove: like parseAcl without permissions, with or without the last colon. */
export function parseAclNames(spec: string): readonly AclName[] {
  return spec.split(",").map((text) => {
    const { parts, scope } = scopeOf(text);
    if (parts.length > 3 || (parts.length === 3 && parts[2] !== "")) {
      throw new AclError(`"${text}" is not [default:]type:id`);
    }
    return nameOf(text, scope, parts);
  });
}

/** The text form that parseAcl reads. */
export function formatAcl(acl: Acl): string {
  return acl.map(formatEntry).join(",");
}

/** The text form of one entry. */
export function formatEntry(entry: AclEntry): string {
  const prefix = entry.scope === "default" ? "default:" : "";
  return `${prefix}${entry.type}:${entry.id}:${formatBits(entry.bits)}`;
}

/** Why these entries can't be a whole ACL, or undefined when they can. */
export function aclFlaw(acl: Acl): string | undefined {
  for (const scope of scopes) {
    const entries = inScope(acl, scope);
    if (entries.length === 0 && scope === "default") continue;
    if (entries.length > maxEntriesPerScope) return `more than ${maxEntriesPerScope} ${scope} entries`;
    for (const type of ["user", "group", "other"] as const) {
      if (find(entries, scope, type) === undefined) return `no ${scope} entry ${type}::`;
    }
    if (hasNamed(entries) && find(entries, scope, "mask") === undefined) return `named ${scope} entries without a mask`;
  }
  return undefined;
}

/** Adds the mask that named entries need, per scope, where none is given. */
export function withMissingMasks(acl: Acl): Acl {
  return scopes.reduce<Acl>((whole, scope) => {
    const entries = inScope(whole, scope);
    return hasNamed(entries) && find(entries, scope, "mask") === undefined ? withComputedMask(whole, scope) : whole;
  }, acl);
}

/** Sets the mask of one scope to the union of group:: and the named entries; without named entries and mask it stays so. */
export function withComputedMask(acl: Acl, scope: AclScope): Acl {
  const entries = inScope(acl, scope);
  if (!hasNamed(entries) && find(entries, scope, "mask") === undefined) return acl;
  const bits = entries.filter(isMasked).reduce((union, entry) => union | entry.bits, 0);
  return mergeAcl(acl, [{ scope, type: "mask", id: "", bits }]);
}

/** Replaces the entries of the same name and adds the others. Masks are left as they are. */
export function mergeAcl(acl: Acl, changes: readonly AclEntry[]): Acl {
  return canonical([...removeFromAcl(acl, changes), ...changes]);
}

/** Takes out the entries with these names; a name that isn't there is ignored. */
export function removeFromAcl(acl: Acl, names: readonly AclName[]): Acl {
  const gone = new Set(names.map(keyOf));
  return acl.filter((entry) => !gone.has(keyOf(entry)));
}

/** The entries of one scope. */
export function inScope(acl: Acl, scope: AclScope): Acl {
  return acl.filter((entry) => entry.scope === scope);
}

/** Whether there is more than the three base entries. */
export function isExtended(acl: Acl): boolean {
  return acl.length > 3;
}

/** The three base entries of a nine-bit mode. */
export function aclOfMode(mode: number): Acl {
  return [
    { scope: "access", type: "user", id: "", bits: (mode >> 6) & 7 },
    { scope: "access", type: "group", id: "", bits: (mode >> 3) & 7 },
    { scope: "access", type: "other", id: "", bits: mode & 7 },
  ];
}

/** The nine-bit mode that a status shows; the mask, where there is one, stands in for the group. */
export function modeOfAcl(acl: Acl): number {
  const bits = (type: AclType) => find(acl, "access", type)?.bits;
  return ((bits("user") ?? 0) << 6) | ((bits("mask") ?? bits("group") ?? 0) << 3) | (bits("other") ?? 0);
}

/** Gives an ACL another nine-bit mode; the middle digit goes to the mask where there is one. */
export function withMode(acl: Acl, mode: number): Acl {
  const middle: AclType = find(acl, "access", "mask") === undefined ? "group" : "mask";
  return mergeAcl(acl, [
    { scope: "access", type: "user", id: "", bits: (mode >> 6) & 7 },
    { scope: "access", type: middle, id: "", bits: (mode >> 3) & 7 },
    { scope: "access", type: "other", id: "", bits: mode & 7 },
  ]);
}

/**
 * What a new child gets from its folder's default entries, cut by the mode it is created with; undefined when there are none.
 *   file    access = default entries
 *   folder  access = default entries, and the default entries themselves
 */
export function inheritedAcl(folder: Acl, child: "file" | "folder", mode: number): Acl | undefined {
  const defaults = inScope(folder, "default");
  if (defaults.length === 0) return undefined;
  const asAccess = defaults.map((entry): AclEntry => ({ ...entry, scope: "access" }));
  const access = withMode(asAccess, mode & modeOfAcl(asAccess));
  return child === "folder" ? [...access, ...defaults] : access;
}

/** Who asks: an object id and the ids of its groups. */
export type Caller = { readonly id: string; readonly groups: readonly string[] };

/** Whether POSIX lets the caller do all of `wanted` (a sum of r = 4, w = 2, x = 1) to an item. */
export function allows(acl: Acl, owner: string, group: string, caller: Caller, wanted: number): boolean {
  const access = inScope(acl, "access");
  const granted = (bits: number) => (bits & wanted) === wanted;
  const mask = find(access, "access", "mask")?.bits ?? 7;
  if (caller.id === owner) return granted(find(access, "access", "user")?.bits ?? 0);
  const named = access.find((entry) => entry.type === "user" && entry.id !== "" && entry.id === caller.id);
  if (named !== undefined) return granted(named.bits & mask);
  const groups = new Set([caller.id, ...caller.groups]);
  const fitting = access.filter((entry) => entry.type === "group" && groups.has(entry.id === "" ? group : entry.id));
  if (fitting.length > 0) return fitting.some((entry) => granted(entry.bits & mask));
  return granted(find(access, "access", "other")?.bits ?? 0);
}

const scopes = ["access", "default"] as const;
const typeOrder: Readonly<Record<AclType, number>> = { user: 0, group: 1, mask: 2, other: 3 };

function scopeOf(text: string): { readonly parts: readonly string[]; readonly scope: AclScope } {
  const parts = text.trim().split(":");
  return parts[0] === "default" ? { parts: parts.slice(1), scope: "default" } : { parts, scope: "access" };
}

function nameOf(text: string, scope: AclScope, [type, id = ""]: readonly string[]): AclName {
  if (type !== "user" && type !== "group" && type !== "mask" && type !== "other") {
    throw new AclError(`"${text}" is about neither user, group, mask nor other`);
  }
  if (id !== "" && (type === "mask" || type === "other")) throw new AclError(`"${text}": ${type} takes no id`);
  return { scope, type, id };
}

function parseBits(text: string): number {
  if (!/^[r-][w-][x-]$/.test(text)) throw new AclError(`"${text}" is not of the form rwx`);
  return (text[0] === "r" ? 4 : 0) | (text[1] === "w" ? 2 : 0) | (text[2] === "x" ? 1 : 0);
}

function formatBits(bits: number): string {
  return `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}${bits & 1 ? "x" : "-"}`;
}

// Entries of the same kind keep the order they were given in, as the recordings show.
function canonical(entries: readonly AclEntry[]): Acl {
  const seen = new Set<string>();
  for (const entry of entries) {
    const key = keyOf(entry);
    if (seen.has(key)) throw new AclError(`two entries for ${key}`);
    seen.add(key);
  }
  return entries.toSorted((a, b) => rank(a) - rank(b));
}

function rank({ scope, type, id }: AclEntry): number {
  return (scope === "default" ? 8 : 0) + typeOrder[type] * 2 + (id === "" ? 0 : 1);
}

function keyOf({ scope, type, id }: AclName): string {
  return `${scope} ${type}:${id}`;
}

function hasNamed(entries: Acl): boolean {
  return entries.some((entry) => entry.id !== "");
}

function isMasked(entry: AclEntry): boolean {
  return entry.type === "group" || (entry.type === "user" && entry.id !== "");
}

function find(acl: Acl, scope: AclScope, type: AclType): AclEntry | undefined {
  return acl.find((entry) => entry.scope === scope && entry.type === type && entry.id === "");
}
