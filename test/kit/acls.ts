import fc from "fast-check";
import { type Acl, parseAcl } from "../../src/core/acl.ts";

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
