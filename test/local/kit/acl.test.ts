import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  type Acl,
  type AclEntry,
  aclFlaw,
  aclOfMode,
  allows,
  formatAcl,
  inheritedAcl,
  inScope,
  isExtended,
  mergeAcl,
  modeOfAcl,
  parseAcl,
  parseAclNames,
  removeFromAcl,
  withComputedMask,
  withMissingMasks,
  withMode,
} from "../../../local/kit/acl.ts";
import { formatOctal, formatSymbolic, parseOctal, parseSymbolic } from "../../../local/kit/mode.ts";

const bits = fc.integer({ min: 0, max: 7 });
const mode = fc.integer({ min: 0, max: 0o777 });
const named = fc.uniqueArray(
  fc.record({ type: fc.constantFrom("user" as const, "group" as const), id: fc.uuid(), bits }),
  { maxLength: 6, selector: ({ type, id }) => `${type}:${id}` },
);
const scoped = (scope: "access" | "default") =>
  fc.tuple(mode, named).map(([nine, entries]): Acl => {
    const base = aclOfMode(nine).map((entry): AclEntry => ({ ...entry, scope }));
    return withMissingMasks(mergeAcl([], [...base, ...entries.map((entry): AclEntry => ({ ...entry, scope }))]));
  });
const acl = fc
  .tuple(scoped("access"), fc.option(scoped("default"), { nil: [] }))
  .map(([access, defaults]): Acl => [...access, ...defaults]);

test("an ACL's text form reads back as the same ACL, in canonical order", () => {
  fc.assert(fc.property(acl, (whole) => assert.deepEqual(parseAcl(formatAcl(whole)), whole)));
  assert.equal(
    formatAcl(parseAcl("default:other::---,other::---,mask::rwx,group:b:r--,group::r-x,user:a:-w-,user::rwx")),
    "user::rwx,user:a:-w-,group::r-x,group:b:r--,mask::rwx,other::---,default:other::---",
  );
});

test("a text that is no ACL is refused with what is wrong in it", () => {
  for (const [spec, message] of [
    ["user::rwx,user::r--", /two entries for access user:/],
    ["users::rwx", /neither user, group, mask nor other/],
    ["mask:someone:rwx", /mask takes no id/],
    ["user::rw", /not of the form rwx/],
    ["user::", /not of the form rwx/],
    ["user", /not \[default:\]type:id:rwx/],
    ["", /not \[default:\]type:id:rwx/],
  ] as const) {
    assert.throws(() => parseAcl(spec), { name: "AclError", message });
  }
});

test("names to remove come with or without their last colon, but not with permissions", () => {
  const [first, second] = [parseAclNames("user:a,default:mask:"), parseAclNames("user:a:,default:mask::")];
  assert.deepEqual(first, second);
  assert.throws(() => parseAclNames("user:a:rwx"), { name: "AclError" });
});

test("a whole ACL needs its base entries, and a mask where it has named ones", () => {
  fc.assert(fc.property(acl, (whole) => assert.equal(aclFlaw(whole), undefined)));
  assert.match(aclFlaw(parseAcl("user::rwx,group::rwx")) ?? "", /no access entry other::/);
  assert.match(aclFlaw(parseAcl("user::rwx,user:a:rwx,group::rwx,other::---")) ?? "", /without a mask/);
  const many = Array.from({ length: 30 }, (_, index) => `user:${index}:r--`).join(",");
  assert.match(aclFlaw(withMissingMasks(parseAcl(`user::rwx,group::rwx,other::---,${many}`))) ?? "", /more than 32/);
});

test("a computed mask is the union of group:: and the named entries", () => {
  fc.assert(
    fc.property(acl, (whole) => {
      const masked = withComputedMask(whole, "access");
      const mask = inScope(masked, "access").find(({ type }) => type === "mask");
      const union = inScope(whole, "access")
        .filter(({ type, id }) => type === "group" || (type === "user" && id !== ""))
        .reduce((sum, entry) => sum | entry.bits, 0);
      assert.equal(mask?.bits, isExtended(inScope(whole, "access")) ? union : undefined);
    }),
  );
});

test("merging replaces entries of the same name, and removing takes them out again", () => {
  fc.assert(
    fc.property(acl, fc.uuid(), bits, (whole, id, given) => {
      const entry: AclEntry = { scope: "access", type: "user", id, bits: given };
      const merged = mergeAcl(mergeAcl(whole, [{ ...entry, bits: given ^ 7 }]), [entry]);
      assert.deepEqual(
        merged.filter((each) => each.id === id),
        [entry],
      );
      assert.deepEqual(
        removeFromAcl(merged, [entry]),
        whole.filter((each) => each.id !== id),
      );
    }),
  );
});

test("a mode that was set is the mode that is shown, and named entries stay", () => {
  fc.assert(
    fc.property(acl, mode, (whole, nine) => {
      assert.equal(modeOfAcl(withMode(whole, nine)), nine);
      assert.deepEqual(
        withMode(whole, nine).filter(({ id }) => id !== ""),
        whole.filter(({ id }) => id !== ""),
      );
    }),
  );
});

test("a child inherits default entries cut by its mode, a folder passes them on, a file doesn't", () => {
  fc.assert(
    fc.property(acl, mode, (parent, nine) => {
      const defaults = inScope(parent, "default");
      const [file, folder] = [inheritedAcl(parent, "file", nine), inheritedAcl(parent, "folder", nine)];
      if (defaults.length === 0 || file === undefined || folder === undefined) {
        assert.deepEqual([file, folder], [undefined, undefined]);
        return;
      }
      assert.deepEqual(inScope(file, "default"), []);
      assert.deepEqual(inScope(folder, "default"), defaults);
      assert.deepEqual(inScope(folder, "access"), file);
      assert.equal(modeOfAcl(file) & ~nine, 0);
      assert.equal(aclFlaw(folder), undefined);
    }),
  );
});

test("rights come from the first class that fits: owner, named user, any group, others", () => {
  const whole = parseAcl("user::r--,user:ann:rw-,group::--x,group:bees:-w-,mask::rwx,other::r--");
  const can = (id: string, groups: readonly string[], wanted: number) =>
    allows(whole, "owner", "staff", { id, groups }, wanted);
  assert.deepEqual([can("owner", ["bees"], 4), can("owner", ["bees"], 2)], [true, false]);
  assert.deepEqual([can("ann", [], 6), can("ann", ["staff"], 1)], [true, false]);
  assert.deepEqual(
    [can("bob", ["staff"], 1), can("bob", ["staff", "bees"], 2), can("bob", ["staff"], 4)],
    [true, true, false],
  );
  assert.deepEqual([can("eve", [], 4), can("eve", [], 2)], [true, false]);
  assert.equal(
    allows(parseAcl("user::rwx,user:ann:rwx,group::rwx,mask::r--,other::---"), "o", "g", { id: "ann", groups: [] }, 2),
    false,
  );
});

test("octal and symbolic modes read back as they were", () => {
  fc.assert(
    fc.property(mode, fc.boolean(), (nine, isSticky) => {
      const whole = { bits: nine, isSticky };
      assert.deepEqual(parseOctal(formatOctal(whole)), whole);
      assert.deepEqual(parseSymbolic(formatSymbolic(whole)), whole);
    }),
  );
  assert.deepEqual(parseSymbolic("rwxr-x--T+"), { bits: 0o750, isSticky: true });
  for (const wrong of ["8", "2770", "77777", "", "rwx"]) assert.equal(parseOctal(wrong), undefined);
  assert.equal(parseSymbolic("rwxrwxrw"), undefined);
});
