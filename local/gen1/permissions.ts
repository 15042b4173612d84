import {
  type Acl,
  AclError,
  type AclEntry,
  type AclName,
  aclFlaw,
  inScope,
  mergeAcl,
  removeFromAcl,
  withComputedMask,
  withMissingMasks,
  withMode,
} from "../kit/acl.ts";
import type { Mode } from "../kit/mode.ts";
import type { Access } from "./access.ts";
import { checkOwner, denied, type Lake, mustSee } from "./lake.ts";
import { Refusal } from "./refusal.ts";

/** Replaces the whole ACL; a mask is added where named entries need one. */
export function setAcl(lake: Lake, path: string, acl: Acl): void {
  changeAcl(lake, path, () => withMissingMasks(acl));
}

/** Merges entries in; the mask is computed anew in each scope that is touched and whose mask isn't given. */
export function modifyAcl(lake: Lake, path: string, changes: readonly AclEntry[]): void {
  changeAcl(lake, path, (acl) => {
    const touched = new Set(changes.map(({ scope }) => scope));
    for (const { type, scope } of changes) if (type === "mask") touched.delete(scope);
    return [...touched].reduce(withComputedMask, mergeAcl(acl, changes));
  });
}

/** Takes entries out; masks stay as they are. */
export function removeAclEntries(lake: Lake, path: string, names: readonly AclName[]): void {
  changeAcl(lake, path, (acl) => removeFromAcl(acl, names));
}

/** Takes out every access entry but the three base ones, and the default entries. */
export function removeAcl(lake: Lake, path: string): void {
  changeAcl(lake, path, (acl) => inScope(acl, "access").filter(({ type, id }) => type !== "mask" && id === ""));
}

/** Takes out the default entries. */
export function removeDefaultAcl(lake: Lake, path: string): void {
  changeAcl(lake, path, (acl) => inScope(acl, "access"));
}

/** Sets the nine permission bits, the middle ones on the mask where there is one, and the sticky bit. */
export function setPermission(lake: Lake, path: string, mode: Mode): void {
  change(lake, path, ({ acl }) => ({ acl: withMode(acl, mode.bits), isSticky: mode.isSticky }));
}

/** Only a super-user gives an item away; an owner may choose among the groups it belongs to. */
export function setOwner(lake: Lake, path: string, owner: string | undefined, group: string | undefined): void {
  const { caller } = lake;
  if (caller !== undefined && owner !== undefined && owner !== caller.id) throw denied();
  if (caller !== undefined && group !== undefined && !caller.groups.includes(group)) throw denied();
  change(lake, path, (access) => ({ owner: owner ?? access.owner, group: group ?? access.group }));
}

/** Sets when a file expires; 0 is never. */
export function setExpiry(lake: Lake, path: string, expiresMs: number): void {
  if (mustSee(lake, path).node.kind === "folder") throw new Refusal("bad-argument", `${path} is a directory`);
  change(lake, path, () => ({ expiresMs }));
}

function changeAcl(lake: Lake, path: string, changed: (acl: Acl) => Acl): void {
  change(lake, path, ({ acl: old }, isFile) => {
    const acl = changed(old);
    const flaw = isFile && inScope(acl, "default").length > 0 ? "a file takes no default entries" : aclFlaw(acl);
    if (flaw !== undefined) throw new AclError(flaw);
    return { acl };
  });
}

function change(lake: Lake, path: string, changed: (old: Access, isFile: boolean) => Partial<Access>): void {
  checkOwner(lake, path);
  const { node, access } = mustSee(lake, path);
  lake.table.set(path, { ...access, ...changed(access, node.kind === "file") });
}
