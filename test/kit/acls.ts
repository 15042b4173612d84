import fc from "fast-check";
import type { Access, AccessChange } from "../../src/core/access.ts";
import { type Acl, isExtended, modeBitsOf, parseAcl } from "../../src/core/acl.ts";

const ids = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222", "ana@contoso.com"];
const rights = fc
  .integer({ min: 0, max: 7 })
  .map((bits) => `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}${bits & 1 ? "x" : "-"}`);
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });

const scopes = fc
  .record({
    base: fc.tuple(rights, rights, rights),
    mask: maybe(rights),
    users: fc.uniqueArray(fc.constantFrom(...ids)),
    groups: fc.uniqueArray(fc.constantFrom(...ids)),
    named: fc.array(rights, { minLength: 6, maxLength: 6 }),
  })
  .map(({ base: [user, group, other], mask, users, groups, named }) => [
    `user::${user}`,
    `group::${group}`,
    `other::${other}`,
    ...(mask === undefined ? [] : [`mask::${mask}`]),
    ...users.map((id, index) => `user:${id}:${named[index]}`),
    ...groups.map((id, index) => `group:${id}:${named[index + 3]}`),
  ]);

/** The entries of whole ACLs as text, in any order; a folder's may have default entries. */
export function aclEntries(of: "file" | "folder"): fc.Arbitrary<readonly string[]> {
  const defaults = of === "file" ? fc.constant(undefined) : maybe(scopes);
  return fc
    .tuple(scopes, defaults)
    .map(([access, given]) => [...access, ...(given ?? []).map((entry) => `default:${entry}`)])
    .chain((all) => fc.shuffledSubarray(all, { minLength: all.length }));
}

/** Whole ACLs. */
export function acls(of: "file" | "folder"): fc.Arbitrary<Acl> {
  return aclEntries(of).map((entries) => parseAcl(entries, "/any"));
}

/**
 * What Gen2 makes of one change: an ACL leaves the sticky bit as it is; a mode leaves named entries, and goes to the mask
 * where there is one.
 */
export function applied(access: Access, { owner, group, rights }: AccessChange): Access {
  const owned = { ...access, owner: owner ?? access.owner, group: group ?? access.group };
  if (rights === undefined) return owned;
  if (rights.by === "acl") return { ...owned, acl: rights.acl };
  return { ...owned, acl: withMode(access.acl, rights.mode.bits), isSticky: rights.mode.isSticky };
}

function withMode(acl: Acl, bits: number): Acl {
  const hasMask = acl.some(({ scope, type }) => scope === "access" && type === "mask");
  const shifts = { user: 6, group: hasMask ? undefined : 3, mask: 3, other: 0 } as const;
  return acl.map((entry) => {
    const shift = shifts[entry.type];
    const isBase = entry.scope === "access" && entry.id === "" && shift !== undefined;
    return isBase ? { ...entry, bits: (bits >> shift) & 7 } : entry;
  });
}

/** The permissions of an item as a listing of Gen2 shows them. */
export function lettersOf(acl: Acl, isSticky: boolean): string {
  const bits = modeBitsOf(acl);
  const plain = Array.from("rwxrwxrwx", (letter, at) => (bits & (0o400 >> at) ? letter : "-")).join("");
  const last = isSticky ? (bits & 1 ? "t" : "T") : plain.slice(8);
  return `${plain.slice(0, 8)}${last}${isExtended(acl) ? "+" : ""}`;
}
