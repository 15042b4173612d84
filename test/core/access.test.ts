import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Access,
  changesTo,
  findingsOf,
  hasWanted,
  inheritedAccess,
  isListedAlike,
  listedAccess,
  namelessIn,
  type PreservedAccess,
  wantedAccess,
} from "../../src/core/access.ts";
import { aclOfMode, isExtended, modeBitsOf, parseAcl, printMode } from "../../src/core/acl.ts";
import { openPrediction } from "../../src/core/prediction.ts";
import { acls, applied, lettersOf } from "../kit/acls.ts";

const oid = "11111111-1111-4111-8111-111111111111";
const people = fc.constantFrom(oid, "22222222-2222-4222-8222-222222222222", "$superuser");
const accesses = (of: "file" | "folder") =>
  fc
    .tuple(people, people, acls(of), of === "file" ? fc.constant(false) : fc.boolean())
    .map(([owner, group, acl, isSticky]): Access => ({ owner, group, acl, isSticky }));
const preserves = fc.uniqueArray(fc.constantFrom<PreservedAccess>("ACL", "Owner", "Group")).map((all) => new Set(all));
const all: ReadonlySet<PreservedAccess> = new Set(["ACL", "Owner", "Group"]);

test("the changes give an item all that is wanted, leave the rest, and are none where nothing lacks", () => {
  fc.assert(
    fc.property(accesses("folder"), accesses("folder"), preserves, (source, has, preserve) => {
      const wanted = wantedAccess(source, preserve);
      const changes = changesTo(wanted, has);
      const after = changes.reduce(applied, has);
      assert.deepEqual(after, { ...has, ...wanted });
      assert.deepEqual(changesTo(wanted, after), []);
      assert.ok(changes.length <= (source.isSticky || has.isSticky ? 2 : 1));
    }),
  );
});

test("of two requests the later only says the mode that the ACL has already", () => {
  const wanted = { owner: oid, acl: parseAcl(`user::rwx,user:${oid}:r-x,group::---,other::---`, "/x"), isSticky: true };
  const has = { owner: "$superuser", group: "$superuser", acl: aclOfMode(0o750), isSticky: false };
  assert.deepEqual(changesTo(wanted, has), [
    { owner: oid, rights: { by: "acl", acl: wanted.acl } },
    { rights: { by: "mode", mode: { bits: 0o750, isSticky: true } } },
  ]);
});

test("an item without ACL is told in full by its listing", () => {
  const listed = { owner: oid.toUpperCase(), group: "g", permission: "1750" };
  assert.deepEqual(listedAccess(listed, "/x"), { owner: oid, group: "g", acl: aclOfMode(0o750), isSticky: true });
  assert.throws(() => listedAccess({ ...listed, permission: "rw" }, "/x"), /invalid at acl \/x/u);
});

test("listings agree exactly where owner, group, mode, sticky bit and the presence of an ACL agree", () => {
  fc.assert(
    fc.property(accesses("folder"), accesses("folder"), (here, there) => {
      const letters = ({ acl, isSticky }: Access) => lettersOf(acl, isSticky);
      const entry = (access: Access) => ({
        ...access,
        permission: printMode({ bits: modeBitsOf(access.acl), isSticky: access.isSticky }),
        hasAcl: isExtended(access.acl),
      });
      const sink = (access: Access) => ({ ...access, permissions: letters(access) });
      assert.ok(isListedAlike(entry(here), sink(here), all, "/x"));
      const isAlike = here.owner === there.owner && here.group === there.group && letters(here) === letters(there);
      assert.equal(isListedAlike(entry(here), sink(there), all, "/x"), isAlike);
    }),
  );
});

test("too many entries, principal names and the all-zero id are found", () => {
  const named = Array.from({ length: 29 }, (_, index) => `user:${oid.slice(0, -2)}${10 + index}:r--`);
  const acl = parseAcl(["user::rwx", "group::---", "other::---", ...named], "/x");
  const findings = findingsOf({ owner: "ana@contoso.com", group: "00000000-0000-0000-0000-000000000000", acl }, 28);
  assert.deepEqual(
    findings.map(({ because, isFatal }) => [because, isFatal]),
    [
      ["tooManyEntries", true],
      ["names", false],
      ["nobody", false],
    ],
  );
  assert.match(findings[1]?.detail ?? "", /ana@contoso\.com/u);
  assert.deepEqual(findingsOf({ owner: oid, group: "$superuser", acl }, 29), []);
});

test("asked for names, a lake shows the ids of principals that are gone", () => {
  const acl = parseAcl(`user::rwx,user:${oid}:r--,user:ana@contoso.com:r--,group::---,other::---`, "/x");
  assert.deepEqual(namelessIn({ owner: oid, group: "lake-users", acl, isSticky: false }), [oid]);
});

test("a file that inherits what it should have needs no request, once the first of its kind was read back", () => {
  fc.assert(
    fc.property(accesses("folder"), people, (folder, maker) => {
      const prediction = openPrediction();
      const wanted = wantedAccess(inheritedAccess(folder, "file", maker), all);
      assert.equal(prediction.advise(folder, wanted), "readBack");
      assert.equal(prediction.learn(folder, wanted, inheritedAccess(folder, "file", maker)), true);
      assert.equal(prediction.advise(folder, wanted), "trust");
      assert.deepEqual(changesTo(wanted, inheritedAccess(folder, "file", maker)), []);
    }),
  );
});

test("nothing is trusted that would not be inherited", () => {
  fc.assert(
    fc.property(accesses("folder"), accesses("file"), people, (folder, source, maker) => {
      const prediction = openPrediction();
      const inherited = inheritedAccess(folder, "file", maker);
      prediction.learn(folder, wantedAccess(inherited, all), inherited);
      const wanted = wantedAccess(source, all);
      if (prediction.advise(folder, wanted) === "trust") assert.ok(hasWanted(inherited, wanted));
      if (!hasWanted(inherited, wanted)) assert.equal(prediction.advise(folder, wanted), "set");
    }),
  );
});

test("each pair of folder ACL and wanted ACL is proven by itself", () => {
  const prediction = openPrediction();
  const folder = (spec: string) => ({ owner: oid, group: oid, acl: parseAcl(spec, "/f"), isSticky: false });
  const plain = folder("user::rwx,group::r-x,other::---");
  const other = folder("user::rwx,group::rwx,other::---");
  const wanted = wantedAccess(inheritedAccess(plain, "file", oid), new Set(["ACL", "Group"] as const));
  prediction.learn(plain, wanted, inheritedAccess(plain, "file", "$superuser"));
  assert.equal(prediction.advise(plain, wanted), "trust");
  assert.equal(prediction.advise(other, wanted), "readBack");
});

test("one wrong prediction ends all trust", () => {
  const prediction = openPrediction();
  const folder = { owner: oid, group: oid, acl: aclOfMode(0o770), isSticky: false };
  const inherited = inheritedAccess(folder, "file", oid);
  const wanted = wantedAccess(inherited, all);
  assert.equal(prediction.learn(folder, wanted, inherited), true);
  assert.equal(prediction.learn(folder, wanted, { ...inherited, acl: aclOfMode(0o660) }), false);
  assert.equal(prediction.advise(folder, wanted), "set");
});
