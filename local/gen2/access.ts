import * as kit from "../kit/acl.ts";
import { formatSymbolic, type Mode, parseOctal, parseSymbolic } from "../kit/mode.ts";
import { type Call, header } from "./call.ts";
import { Refusal } from "./refusal.ts";
import type { FolderItem, Item } from "./store.ts";

/** An item's ACL as text, and its sticky bit. */
export type Access = Pick<Item, "acl" | "sticky">;

/** What a new child gets when the request says nothing about access. */
export function inheritedAccess(parent: FolderItem, kind: Item["kind"]): Access {
  const known = inherited[kind].get(parent.acl);
  if (known !== undefined) return known;
  const access = createdAccess(parent, kind, undefined, DEFAULT_UMASK);
  remember(inherited[kind], parent.acl, access);
  return access;
}

/** What a new child gets, given the request's permissions, umask or ACL. */
export function requestedAccess(call: Call, parent: FolderItem, kind: Item["kind"]): Access {
  const acl = header(call, "x-ms-acl");
  const permissions = modeHeader(call);
  const umask = umaskHeader(call);
  if (acl !== undefined) {
    if (permissions !== undefined) throw bothGiven();
    return { acl: wholeAcl(acl, kind), sticky: false };
  }
  return permissions === undefined && umask === undefined
    ? inheritedAccess(parent, kind)
    : createdAccess(parent, kind, permissions, umask ?? DEFAULT_UMASK);
}

/** An item with the owner, group and ACL or permissions that a request names, and the rest as it was. */
export function withAccess(call: Call, item: Item): Item {
  const acl = header(call, "x-ms-acl");
  const mode = modeHeader(call);
  if (acl !== undefined && mode !== undefined) throw bothGiven();
  const owned = {
    ...item,
    owner: header(call, "x-ms-owner") ?? item.owner,
    group: header(call, "x-ms-group") ?? item.group,
  };
  if (acl !== undefined) return { ...owned, acl: wholeAcl(acl, item.kind) };
  if (mode === undefined) return owned;
  return { ...owned, acl: kit.formatAcl(kit.withMode(parsed(item.acl), mode.bits)), sticky: mode.isSticky };
}

/** What a recursive change does to one item; refuses like a change of that item alone would. */
export type AclChange = (item: Item) => Item;

/** Reads the change that `setAccessControlRecursive` is to make. */
export function aclChange(mode: string | undefined, spec: string): AclChange {
  if (mode === "set") return (item) => ({ ...item, acl: wholeAcl(forKind(spec, item.kind), item.kind) });
  if (mode === "modify") {
    const changes = refusing(() => kit.parseAcl(spec));
    return (item) => {
      const fitting = changes.filter((entry) => item.kind === "folder" || entry.scope === "access");
      return { ...item, acl: changedAcl(kit.mergeAcl(parsed(item.acl), fitting), fitting) };
    };
  }
  if (mode !== "remove") throw new Refusal("InvalidQueryParameterValue", "mode must be set, modify or remove.");
  const names = refusing(() => kit.parseAclNames(spec));
  return (item) => ({ ...item, acl: changedAcl(kit.removeFromAcl(parsed(item.acl), names), names) });
}

/** `rwxr-x---`, with a trailing `+` when the ACL says more than that. */
export function permissionsText(item: Access): string {
  const texts = item.sticky ? stickyTexts : plainTexts;
  const known = texts.get(item.acl);
  if (known !== undefined) return known;
  const acl = parsed(item.acl);
  const text = formatSymbolic({ bits: kit.modeOfAcl(acl), isSticky: item.sticky }) + (kit.isExtended(acl) ? "+" : "");
  remember(texts, item.acl, text);
  return text;
}

/** The access of a new file system's root. */
export const ROOT_ACCESS: Access = { acl: kit.formatAcl(kit.aclOfMode(0o750)), sticky: false };

const DEFAULT_UMASK = 0o027;
const CREATE_MODES = { file: 0o666, folder: 0o777 } as const;

// A lake has few different ACLs, and text is what items keep: what is read from it is worth remembering.
const MAX_REMEMBERED = 4096;
const parsedAcls = new Map<string, kit.Acl>();
const inherited = { file: new Map<string, Access>(), folder: new Map<string, Access>() } as const;
const plainTexts = new Map<string, string>();
const stickyTexts = new Map<string, string>();

function remember<T>(known: Map<string, T>, key: string, value: T): void {
  if (known.size >= MAX_REMEMBERED) known.clear();
  known.set(key, value);
}

function parsed(text: string): kit.Acl {
  const known = parsedAcls.get(text);
  if (known !== undefined) return known;
  const acl = kit.parseAcl(text);
  remember(parsedAcls, text, acl);
  return acl;
}

function createdAccess(parent: FolderItem, kind: Item["kind"], permissions: Mode | undefined, umask: number): Access {
  const wanted = permissions?.bits ?? CREATE_MODES[kind];
  const fromDefaults = kit.inheritedAcl(parsed(parent.acl), kind, wanted);
  const acl = fromDefaults ?? kit.aclOfMode(wanted & ~umask);
  return { acl: kit.formatAcl(acl), sticky: permissions?.isSticky ?? false };
}

function wholeAcl(spec: string, kind: Item["kind"]): string {
  const acl = refusing(() => kit.withMissingMasks(kit.parseAcl(spec)));
  if (kind === "file" && kit.inScope(acl, "default").length > 0)
    throw new Refusal("InvalidInput", "A file has no default ACL.");
  return checked(acl);
}

function forKind(spec: string, kind: Item["kind"]): string {
  if (kind === "folder") return spec;
  return kit.formatAcl(
    kit.inScope(
      refusing(() => kit.parseAcl(spec)),
      "access",
    ),
  );
}

// A change recomputes the mask of the scopes it touches, unless it brings a mask of its own.
function changedAcl(acl: kit.Acl, changes: readonly kit.AclName[]): string {
  let changed = acl;
  for (const scope of ["access", "default"] as const) {
    const touching = changes.filter((change) => change.scope === scope);
    if (touching.length > 0 && !touching.some((change) => change.type === "mask"))
      changed = kit.withComputedMask(changed, scope);
  }
  return checked(kit.withMissingMasks(changed));
}

function checked(acl: kit.Acl): string {
  const flaw = kit.aclFlaw(acl);
  if (flaw !== undefined) throw new Refusal("InvalidInput", `The ACL is not valid: ${flaw}.`);
  return kit.formatAcl(acl);
}

function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof kit.AclError) throw new Refusal("InvalidInput", `The ACL is not valid: ${error.message}.`);
    throw error;
  }
}

function modeHeader(call: Call): Mode | undefined {
  const text = header(call, "x-ms-permissions");
  if (text === undefined) return undefined;
  const mode = parseOctal(text) ?? parseSymbolic(text);
  if (mode === undefined) throw new Refusal("InvalidHeaderValue", `"${text}" are no permissions.`);
  return mode;
}

function umaskHeader(call: Call): number | undefined {
  const text = header(call, "x-ms-umask");
  if (text === undefined) return undefined;
  const mode = parseOctal(text) ?? parseSymbolic(text);
  if (mode === undefined) throw new Refusal("InvalidHeaderValue", `"${text}" is no umask.`);
  return mode.bits;
}

function bothGiven(): Refusal {
  return new Refusal("InvalidInput", "x-ms-acl and x-ms-permissions exclude each other.");
}
