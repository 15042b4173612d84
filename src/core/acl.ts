import { LakeError } from "./error.ts";

/** One entry of a POSIX ACL. `id` is "" in the base entries; `bits` is a sum of r = 4, w = 2, x = 1. */
export type AclEntry = {
  /** What holds for the item itself, or what a folder gives to its new children. */
  readonly scope: AclScope;
  readonly type: "user" | "group" | "mask" | "other";
  /** An object id, or a user principal name; GUIDs in lower case. */
  readonly id: string;
  readonly bits: number;
};
export type AclScope = "access" | "default";

/**
 * A whole ACL: in each scope it has, user::, group:: and other::, and a mask where there are named entries. In one
 * order (access first; user::, users, group::, groups, mask::, other::; names ascending), so equal ACLs print equally.
 */
export type Acl = readonly AclEntry[];

/** Nine permission bits and the sticky bit. */
export type Mode = { readonly bits: number; readonly isSticky: boolean };

/**
 * Reads `[default:](user|group|mask|other):[id]:rwx`, as a comma list or a list; adds the masks that named entries need,
 * as both lakes do. Throws LakeError "invalid", naming `path` and the entry, for what is no whole ACL.
 */
export function parseAcl(spec: string | readonly string[], path: string): Acl {
  const entries = (typeof spec === "string" ? spec.split(",") : spec).map((text) => entryOf(text, path));
  if (!entries.some(({ scope }) => scope === "access")) throw invalid(path, "the ACL has no access entries");
  return (["access", "default"] as const).flatMap((scope) => wholeScope(inScope(entries, scope), scope, path));
}

/** The comma list that parseAcl reads. */
export function printAcl(acl: Acl): string {
  return acl
    .map(({ scope, type, id, bits }) => `${scope === "default" ? "default:" : ""}${type}:${id}:${printBits(bits)}`)
    .join(",");
}

/** Reads "770", "1770" or "rwxr-x--T", the last with an optional "+" behind it. Throws LakeError "invalid". */
export function parseMode(text: string, path: string): Mode {
  if (/^[01]?[0-7]{3}$/u.test(text)) {
    const value = Number.parseInt(text, 8);
    return { bits: value & 0o777, isSticky: value > 0o777 };
  }
  if (!/^(?:[r-][w-][x-]){2}[r-][w-][xtT-]\+?$/u.test(text)) {
    throw invalid(path, `"${text}" are no permissions: expected three or four octal digits, or the form rwxr-x---`);
  }
  const bits = Array.from(text.slice(0, 9)).reduce((sum, letter) => sum * 2 + (/[-T]/u.test(letter) ? 0 : 1), 0);
  return { bits, isSticky: /[tT]/u.test(text) };
}

/** Four octal digits, the first for the sticky bit. */
export function printMode({ bits, isSticky }: Mode): string {
  return `${isSticky ? 1 : 0}${bits.toString(8).padStart(3, "0")}`;
}

/** The three base entries of nine permission bits. */
export function aclOfMode(bits: number): Acl {
  return [
    { scope: "access", type: "user", id: "", bits: (bits >> 6) & 7 },
    { scope: "access", type: "group", id: "", bits: (bits >> 3) & 7 },
    { scope: "access", type: "other", id: "", bits: bits & 7 },
  ];
}

/** The nine permission bits that a listing shows for an ACL: the mask, where there is one, in the group's place. */
export function modeBitsOf(acl: Acl): number {
  const bits = (type: AclEntry["type"]) => find(acl, "access", type)?.bits;
  return ((bits("user") ?? 0) << 6) | ((bits("mask") ?? bits("group") ?? 0) << 3) | (bits("other") ?? 0);
}

/** What an entry really grants: the mask of its scope cuts groups and named users. */
export function effectiveBits(entry: AclEntry, acl: Acl): number {
  const isMasked = entry.type === "group" || (entry.type === "user" && entry.id !== "");
  return isMasked ? entry.bits & (find(acl, entry.scope, "mask")?.bits ?? 7) : entry.bits;
}

/** Whether there is more than a mode can say. */
export function isExtended(acl: Acl): boolean {
  return acl.length > 3;
}

/** The named entries of a scope: what counts against Azure's limit beside the four that every ACL may have. */
export function countNamed(acl: Acl, scope: AclScope): number {
  return inScope(acl, scope).filter(({ id }) => id !== "").length;
}

/** True for a GUID, the form in which Azure keeps principals. */
export function isObjectId(id: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(id);
}

/** An id in the form in which ids compare: GUIDs don't tell cases apart. */
export function principalOf(id: string): string {
  return isObjectId(id) ? id.toLowerCase() : id;
}

/**
 * The ACL that Gen2 gives to a child made without one (Put Blob, implied parents).
 *   folder has default entries   those as access entries, cut by 666 for a file; a folder keeps the default ones too
 *   folder has none              666 for a file, 777 for a folder, without the bits of the umask 027
 * With default entries no umask is used. Azure doesn't promise this: it is believed only after a read-back.
 */
export function inheritedAcl(folder: Acl, child: "file" | "folder"): Acl {
  const mode = child === "file" ? 0o666 : 0o777;
  const defaults = inScope(folder, "default");
  if (defaults.length === 0) return aclOfMode(mode & ~umask);
  const middle = find(defaults, "default", "mask") === undefined ? "group" : "mask";
  const access = defaults.map((entry): AclEntry => {
    const shift = { user: 6, [middle]: 3, other: 0 }[entry.type];
    const isCut = entry.id === "" && shift !== undefined;
    return { ...entry, scope: "access", bits: isCut ? entry.bits & (mode >> shift) : entry.bits };
  });
  return child === "folder" ? [...access, ...defaults] : access;
}

const umask = 0o027;
const rank = { user: 0, group: 1, mask: 2, other: 3 } as const;

function entryOf(text: string, path: string): AclEntry {
  const match = /^(default:)?(user|group|mask|other):([^:]*):([r-][w-][x-])$/u.exec(text.trim());
  const [, scope, type, id = "", bits = ""] = match ?? [];
  if (match === null)
    throw invalid(path, `"${text}" is no ACL entry: expected [default:]user|group|mask|other:[id]:rwx`);
  if (id !== "" && (type === "mask" || type === "other")) throw invalid(path, `"${text}": ${type} takes no id`);
  return {
    scope: scope === undefined ? "access" : "default",
    type: type as AclEntry["type"],
    id: principalOf(id),
    bits: (bits.startsWith("r") ? 4 : 0) | (bits[1] === "w" ? 2 : 0) | (bits.endsWith("x") ? 1 : 0),
  };
}

function wholeScope(entries: Acl, scope: AclScope, path: string): Acl {
  if (entries.length === 0) return [];
  for (const type of ["user", "group", "other"] as const) {
    if (find(entries, scope, type) === undefined) throw invalid(path, `the ACL has ${scope} entries, but no ${type}::`);
  }
  const needsMask = entries.some(({ id }) => id !== "") && find(entries, scope, "mask") === undefined;
  const granted = entries
    .filter(({ type, id }) => type === "group" || id !== "")
    .reduce((union, { bits }) => union | bits, 0);
  const whole = needsMask ? [...entries, { scope, type: "mask", id: "", bits: granted } as const] : entries;
  const ordered = whole.toSorted((a, b) => rank[a.type] - rank[b.type] || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  for (const [index, { type, id }] of ordered.entries()) {
    const next = ordered[index + 1];
    if (next?.type === type && next.id === id) throw invalid(path, `the ACL has two ${scope} entries ${type}:${id}`);
  }
  return ordered;
}

function inScope(acl: Acl, scope: AclScope): Acl {
  return acl.filter((entry) => entry.scope === scope);
}

function find(acl: Acl, scope: AclScope, type: AclEntry["type"]): AclEntry | undefined {
  return acl.find((entry) => entry.scope === scope && entry.type === type && entry.id === "");
}

function printBits(bits: number): string {
  return `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}${bits & 1 ? "x" : "-"}`;
}

function invalid(path: string, detail: string): LakeError {
  return new LakeError("invalid", { op: "acl", path, detail });
}
