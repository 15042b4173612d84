import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  aclOfMode,
  countNamed,
  effectiveBits,
  inheritedAcl,
  isExtended,
  modeBitsOf,
  parseAcl,
  parseMode,
  printAcl,
  printMode,
} from "../../src/core/acl.ts";
import { isKind } from "../../src/core/error.ts";
import { aclEntries, acls } from "../kit/acls.ts";

const oid = "11111111-1111-4111-8111-111111111111";
const parsed = (spec: string) => printAcl(parseAcl(spec, "/x"));

test("an ACL reads the same in whatever order and form its entries come", () => {
  fc.assert(
    fc.property(aclEntries("folder"), (entries) => {
      const acl = parseAcl(entries, "/x");
      assert.deepEqual(parseAcl(entries.join(","), "/x"), acl);
      assert.deepEqual(parseAcl(entries.toSorted(), "/x"), acl);
      assert.deepEqual(parseAcl(printAcl(acl), "/x"), acl);
      assert.deepEqual(parseAcl(printAcl(acl).split(","), "/x"), acl);
    }),
  );
});

test("entries come in Azure's order, and named ones get the mask they need", () => {
  assert.equal(parsed("other::---,group::r-x,user::rwx"), "user::rwx,group::r-x,other::---");
  assert.equal(
    parsed(`group::r--,user:${oid}:-wx,user::rwx,other::---`),
    `user::rwx,user:${oid}:-wx,group::r--,mask::rwx,other::---`,
  );
  assert.equal(
    parsed(
      `user::rwx,group::---,other::---,default:other::--x,default:group:${oid}:r--,default:user::rwx,default:group::r-x`,
    ),
    `user::rwx,group::---,other::---,default:user::rwx,default:group::r-x,default:group:${oid}:r--,default:mask::r-x,default:other::--x`,
  );
});

test("an object id is one principal in capitals too; a principal name keeps its letters", () => {
  const id = "abcdefab-1111-4111-8111-111111111111";
  assert.equal(
    parsed(`user::rwx,user:${id.toUpperCase()}:r--,group::---,other::---`),
    parsed(`user::rwx,user:${id}:r--,group::---,other::---`),
  );
  assert.match(parsed("user::rwx,user:Ana@contoso.com:r--,group::---,other::---"), /Ana@/u);
});

test("what is no whole ACL is refused with the item and the entry named", () => {
  const base = "user::rwx,group::r-x,other::---";
  for (const [spec, words] of [
    ["", /"" is no ACL entry/u],
    ["user::rwx,group::r-x", /access entries, but no other::/u],
    [`${base},user:a:rwz`, /"user:a:rwz"/u],
    [`${base},people:a:rwx`, /"people:a:rwx"/u],
    [`${base},mask:a:rwx`, /mask takes no id/u],
    [`${base},user:a:r--,user:a:rw-`, /two access entries user:a/u],
    [`${base},default:user::rwx`, /default entries, but no group::/u],
    ["default:user::rwx,default:group::r-x,default:other::---", /no access entries/u],
    [`${base},user:a:b:r--`, /"user:a:b:r--"/u],
  ] as const) {
    assert.throws(
      () => parseAcl(spec, "/the/item"),
      (error: unknown) => isKind(error, "invalid") && error.path === "/the/item" && words.test(String(error)),
      spec,
    );
  }
});

test("a mode and the ACL that says no more than it are one another", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0o777 }), fc.boolean(), (bits, isSticky) => {
      assert.equal(modeBitsOf(aclOfMode(bits)), bits);
      assert.equal(isExtended(aclOfMode(bits)), false);
      assert.deepEqual(parseMode(printMode({ bits, isSticky }), "/x"), { bits, isSticky });
    }),
  );
  assert.equal(printAcl(aclOfMode(0o640)), "user::rw-,group::r--,other::---");
});

test("modes are read in octal digits and in letters", () => {
  for (const [text, octal] of [
    ["770", "0770"],
    ["1777", "1777"],
    ["rwxr-x---", "0750"],
    ["rwxr-x---+", "0750"],
    ["rw-r-x-wT", "1652"],
    ["rwxrwxrwt+", "1777"],
  ] as const) {
    assert.equal(printMode(parseMode(text, "/x")), octal);
  }
  for (const text of ["", "77", "888", "2770", "rwx", "rwxrwxrwX"]) {
    assert.throws(() => parseMode(text, "/the/item"), /invalid at acl \/the\/item/u, text);
  }
});

test("a listing shows the mask in the group's place, and the mask cuts groups and named users only", () => {
  const acl = parseAcl(`user::rwx,user:${oid}:rwx,group::rw-,mask::r-x,other::rwx`, "/x");
  assert.equal(modeBitsOf(acl).toString(8), "757");
  assert.deepEqual(
    acl.map((entry) => effectiveBits(entry, acl)),
    [7, 5, 4, 5, 7],
  );
});

test("only named entries count against the limit, each scope by itself", () => {
  fc.assert(
    fc.property(acls("folder"), (acl) => {
      const bases = acl.filter(({ id }) => id === "").length;
      assert.equal(countNamed(acl, "access") + countNamed(acl, "default") + bases, acl.length);
    }),
  );
});

test("without default entries a child has its mode less the umask", () => {
  const folder = aclOfMode(0o777);
  assert.equal(modeBitsOf(inheritedAcl(folder, "file")).toString(8), "640");
  assert.equal(modeBitsOf(inheritedAcl(folder, "folder")).toString(8), "750");
});

test("with default entries no umask counts: a folder hands them on whole, a file has no bit they lack and none to execute for the base", () => {
  fc.assert(
    fc.property(acls("folder"), (folder) => {
      const defaults = folder.filter(({ scope }) => scope === "default");
      fc.pre(defaults.length > 0);
      const child = inheritedAcl(folder, "folder");
      assert.deepEqual(
        child.filter(({ scope }) => scope === "default"),
        defaults,
      );
      assert.deepEqual(inheritedAcl(child, "folder"), child);
      assert.deepEqual(parseAcl(printAcl(child), "/x"), child);
      const file = inheritedAcl(folder, "file");
      assert.deepEqual(parseAcl(printAcl(file), "/x"), file);
      assert.equal(modeBitsOf(file), modeBitsOf(child) & 0o666);
      assert.ok(
        file.every((entry, index) => entry.scope === "access" && (entry.bits & ~(defaults[index]?.bits ?? 0)) === 0),
      );
    }),
  );
});
