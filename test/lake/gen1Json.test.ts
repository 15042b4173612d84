import assert from "node:assert/strict";
import { test } from "node:test";
import { isKind } from "../../src/core/error.ts";
import { type LakePath, rootPath } from "../../src/core/path.ts";
import { parseAclStatus, parseFileStatus, parseFileStatuses } from "../../src/lake/gen1Json.ts";

const status = (pathSuffix: string, more: object = {}) => ({
  length: 3,
  pathSuffix,
  type: "FILE",
  modificationTime: 1_495_839_594_595,
  permission: "770",
  owner: "o",
  group: "g",
  msExpirationTime: 0,
  aclBit: false,
  attributes: [["Link"]],
  ...more,
});
const listing = (names: readonly string[], token?: string) =>
  Buffer.from(
    JSON.stringify({
      FileStatuses: {
        ...(token === undefined ? {} : { continuationToken: token }),
        FileStatus: names.map((name) => status(name)),
      },
    }),
  );

test("an entry is read with the fields of the recordings, and unknown ones are passed over", () => {
  const one = (more: object) =>
    parseFileStatus(Buffer.from(JSON.stringify({ FileStatus: status("", more) })), rootPath);
  assert.deepEqual(one({ length: 2 ** 52, msExpirationTime: 5 }), {
    name: "",
    kind: "file",
    bytes: 2 ** 52,
    modifiedMs: 1_495_839_594_595,
    owner: "o",
    group: "g",
    permission: "770",
    hasAcl: false,
    expiresMs: 5,
  });
  assert.equal(one({ type: "DIRECTORY", length: 0 }).kind, "folder");
  assert.equal(one({ modificationTime: -922_337_203_685_477 }).modifiedMs, -922_337_203_685_477);
});

test("a reply that isn't whole JSON is to be asked for again", () => {
  for (const body of ["", "<html>", '{"FileStatuses":{"FileSt']) {
    assert.throws(
      () => parseFileStatuses(Buffer.from(body), rootPath, 10),
      (error) => isKind(error, "unavailable") && error.retry === "later",
    );
  }
});

test("a reply that isn't Gen1's is refused, not guessed at", () => {
  const bodies = [
    "{}",
    '{"FileStatuses":{}}',
    JSON.stringify({ FileStatuses: { FileStatus: [status("a", { length: 2 ** 60 })] } }),
    JSON.stringify({ FileStatuses: { FileStatus: [status("a", { type: "SYMLINK" })] } }),
  ];
  for (const body of bodies) {
    assert.throws(
      () => parseFileStatuses(Buffer.from(body), rootPath, 10),
      (error) => isKind(error, "unexpected"),
    );
  }
});

test("the token says whether there is more; without one a full page does", () => {
  assert.equal(parseFileStatuses(listing(["a", "b"], "b"), rootPath, 2).next, "b");
  assert.equal(parseFileStatuses(listing(["a", "b"], ""), rootPath, 2).next, undefined);
  assert.equal(parseFileStatuses(listing(["a", "b"]), rootPath, 2).next, "b");
  assert.equal(parseFileStatuses(listing(["a"]), rootPath, 2).next, undefined);
  assert.equal(parseFileStatuses(listing([], "b"), rootPath, 2).next, undefined);
});

test("a folder that has become a file is a change, not a child without a name", () => {
  assert.throws(
    () => parseFileStatuses(listing([""]), rootPath, 9),
    (error) => isKind(error, "changed"),
  );
});

test("an ACL is read from the recordings' form, the sticky bit from either of its places", () => {
  const read = (more: object) => {
    const entries = [
      "user::rwx",
      "user:11111111-1111-4111-8111-111111111111:r-x",
      "group::r-x",
      "mask::r-x",
      "other::---",
    ];
    const body = { AclStatus: { entries, owner: "o", group: "g", permission: "750", stickyBit: false, ...more } };
    return parseAclStatus(Buffer.from(JSON.stringify(body)), "/x" as LakePath);
  };
  const { acl, ...rest } = read({});
  assert.deepEqual([acl.length, rest], [5, { owner: "o", group: "g", isSticky: false }]);
  assert.equal(read({ stickyBit: true }).isSticky, true);
  assert.equal(read({ permission: "1750", stickyBit: undefined }).isSticky, true);
  const at = (kind: "invalid" | "unexpected") => (error: unknown) => isKind(error, kind) && error.path === "/x";
  assert.throws(() => read({ entries: ["user::rwx", "group::r-x"] }), at("invalid"));
  assert.throws(() => read({ entries: "user::rwx" }), at("unexpected"));
});
