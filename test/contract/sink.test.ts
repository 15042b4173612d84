import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { changesTo, inheritedAccess, seenWhole } from "../../src/core/access.ts";
import { parseAcl, printAcl } from "../../src/core/acl.ts";
import { crc64Hex } from "../../src/core/crc64.ts";
import { isKind } from "../../src/core/error.ts";
import { type LakePath, rootPath } from "../../src/core/path.ts";
import type { Sink } from "../../src/lake/lake.ts";
import { acls } from "../kit/acls.ts";
import { emulatedSink } from "../kit/emulated.ts";
import { memorySink } from "../kit/memoryLake.ts";

type Lake = {
  /** A file system of its own for each test. */
  readonly sink: () => Sink;
  readonly contentOf: (sink: Sink, path: string) => Promise<string>;
  readonly close: () => Promise<void>;
};

const at = (path: string) => path as LakePath;
const bytes = (text: string) => Buffer.from(text, "utf8");
const origin = (text: string, run = "r") => ({ run, bytes: Buffer.byteLength(text), modifiedMs: -5 });
const md5Of = (text: string) => hash("md5", text, "hex");
const oid = "11111111-1111-4111-8111-111111111111";
const nothing = { replaces: "nothing" } as const;
const conflict = (error: unknown) => isKind(error, "conflict");

/** What every lake to write to must promise. */
function promises(lake: () => Lake): void {
  async function made(): Promise<Sink> {
    const sink = lake().sink();
    assert.equal(await sink.makeFileSystem(origin("")), "made");
    return sink;
  }

  test("a file system is made once and found afterwards", async () => {
    const sink = await made();
    assert.equal(await sink.makeFileSystem(origin("")), "found");
    assert.equal((await sink.stat(rootPath))?.kind, "folder");
    assert.equal(await sink.stat(at("/x")), undefined);
  });

  test("folders are made with their parents, and found afterwards", async () => {
    const sink = await made();
    assert.equal(await sink.makeFolder(at("/a/b c/d%+"), origin("")), "made");
    for (const [path, from] of [
      ["/a/b c/d%+", origin("")],
      ["/a", undefined],
    ] as const) {
      const found = await sink.makeFolder(at(path), origin("", "another"));
      assert.ok(found !== "made");
      assert.deepEqual([found.kind, found.origin], ["folder", from]);
    }
    assert.equal((await sink.stat(at("/a/b c")))?.kind, "folder");
  });

  test("a file comes with its bytes and where it was from; parents are made", async () => {
    const sink = await made();
    await sink.putFile(at("/p/q/x"), bytes("hello"), origin("hello"), nothing);
    const item = await sink.stat(at("/p/q/x"));
    assert.deepEqual([item?.kind, item?.bytes, item?.origin], ["file", 5, origin("hello")]);
    assert.equal((await sink.stat(at("/p/q")))?.kind, "folder");
    await sink.putFile(at("/p/empty"), bytes(""), origin(""), nothing);
    assert.equal((await sink.stat(at("/p/empty")))?.bytes, 0);
  });

  test("names arrive exactly as they were given", async () => {
    const sink = await made();
    for (const name of [
      "a b",
      "a+b",
      "a%20b",
      "#h",
      "q?x&y=z",
      "it's",
      '"q"',
      "e\u0301",
      "\u00e9",
      "\u{1f600}",
      " edge ",
    ]) {
      await sink.putFile(at(`/${name}`), bytes(name), origin(name), nothing);
      assert.equal(await lake().contentOf(sink, `/${name}`), name);
    }
  });

  test("a folder's listing tells of each child what a look at it tells, page by page, and of no other", async () => {
    const sink = await made();
    const names = ["a", "a.b", "a b&<>'\"", "part-1", " edge ", "z\u{1f600}", "z\ufb01", "UPPER"];
    for (const name of names) await sink.putFile(at(`/d/${name}`), bytes(name), origin(name), nothing);
    await sink.makeFolder(at("/d/part"), origin(""));
    await sink.putFile(at("/d/part/inside"), bytes("x"), origin("x"), nothing);
    await sink.putFile(at("/d-other"), bytes("x"), origin("x"), nothing);
    await sink.setAccess(
      at("/d/a"),
      {
        rights: {
          by: "acl",
          acl: parseAcl(`user::rw-,user:${oid}:r--,group::r--,mask::r--,other::---`, "/d/a"),
        },
      },
      undefined,
    );
    const { entries, next } = await sink.list(at("/d"), {});
    assert.equal(next, undefined);
    assert.deepEqual(entries.map(({ name }) => name).toSorted(), [...names, "part"].toSorted());
    for (const { name, ...item } of entries) {
      const there = await sink.stat(at(`/d/${name}`));
      if (name === "part") assert.equal(item.kind, "folder");
      else assert.deepEqual(item, there);
    }
    assert.ok(entries.find(({ name }) => name === "a")?.access?.permissions.endsWith("+"));
    assert.deepEqual(await sink.list(at("/nowhere"), {}), { entries: [] });
  });

  test("a file is removed while it is the one meant, a folder once it is empty, and what is gone stays gone", async () => {
    const sink = await made();
    await sink.makeFolder(at("/d"), origin(""));
    await sink.putFile(at("/d/x"), bytes("one"), origin("one"), nothing);
    const { etag } = (await sink.stat(at("/d/x"))) ?? assert.fail("nothing there");
    await sink.putFile(at("/d/x"), bytes("two"), origin("two"), { replaces: "etag", etag });
    await assert.rejects(sink.remove(at("/d/x"), etag), conflict);
    await assert.rejects(sink.remove(at("/d"), undefined), conflict);
    assert.equal(await lake().contentOf(sink, "/d/x"), "two");
    await sink.remove(at("/d/x"), (await sink.stat(at("/d/x")))?.etag);
    await sink.remove(at("/d"), undefined);
    assert.equal(await sink.stat(at("/d")), undefined);
    await sink.remove(at("/d/x"), etag);
    await sink.remove(at("/d"), undefined);
  });

  test("a listing of an interval has at least its names", async () => {
    const sink = await made();
    for (const name of ["p1", "p2", "p3", "p4", "q"])
      await sink.putFile(at(`/${name}`), bytes(name), origin(name), nothing);
    const namesOf = async (from: object) => (await sink.list(rootPath, from)).entries.map(({ name }) => name);
    assert.deepEqual((await namesOf({ after: "p2" })).slice(-3), ["p3", "p4", "q"]);
    assert.ok((await namesOf({ after: "p1", upTo: "p3" })).join().includes("p2,p3"));
    assert.ok((await namesOf({ upTo: "p1" })).includes("p1"));
  });

  test("a put that expects nothing meets a file as a conflict and changes nothing", async () => {
    const sink = await made();
    await sink.putFile(at("/x"), bytes("one"), origin("one"), nothing);
    await assert.rejects(sink.putFile(at("/x"), bytes("two"), origin("two"), nothing), conflict);
    assert.equal(await lake().contentOf(sink, "/x"), "one");
  });

  test("a put replaces exactly the version it names", async () => {
    const sink = await made();
    await sink.putFile(at("/x"), bytes("one"), origin("one"), nothing);
    const first = await sink.stat(at("/x"));
    const guard = { replaces: "etag", etag: first?.etag ?? "" } as const;
    await sink.putFile(at("/x"), bytes("two"), origin("two"), guard);
    assert.equal(await lake().contentOf(sink, "/x"), "two");
    await assert.rejects(sink.putFile(at("/x"), bytes("three"), origin("three"), guard), conflict);
    assert.equal(await lake().contentOf(sink, "/x"), "two");
    assert.notEqual((await sink.stat(at("/x")))?.etag, first?.etag);
  });

  test("a folder in a file's place, a file in a folder's place, and a file as a parent are conflicts", async () => {
    const sink = await made();
    await sink.makeFolder(at("/folder"), origin(""));
    await sink.putFile(at("/file"), bytes("x"), origin("x"), nothing);
    await assert.rejects(sink.putFile(at("/folder"), bytes("y"), origin("y"), nothing), conflict);
    await assert.rejects(sink.makeFolder(at("/file"), origin("")), conflict);
    await assert.rejects(sink.putFile(at("/file/under"), bytes("y"), origin("y"), nothing), conflict);
    await assert.rejects(sink.makeFolder(at("/file/under"), origin("")), conflict);
  });

  test("blocks are seen by nobody until they are committed, in the order given, each sent once or twice", async () => {
    const sink = await made();
    const ids = ["YmxvY2stMA==", "YmxvY2stMQ==", "YmxvY2stMg=="] as const;
    await sink.stageBlock(at("/b/x"), ids[2], bytes("cc"));
    await sink.stageBlock(at("/b/x"), ids[0], bytes("aa"));
    await sink.stageBlock(at("/b/x"), ids[1], bytes("bb"));
    await sink.stageBlock(at("/b/x"), ids[1], bytes("bb"));
    assert.equal(await sink.stat(at("/b/x")), undefined);
    const label = { ...origin("aabbcc"), crc64: "0123456789abcdef" };
    await sink.commitBlocks(at("/b/x"), ids, label, nothing);
    assert.equal(await lake().contentOf(sink, "/b/x"), "aabbcc");
    const { origin: from, md5 } = (await sink.stat(at("/b/x"))) ?? assert.fail("it is gone");
    assert.deepEqual([from, md5], [label, undefined], "it keeps our CRC-64, and no MD5 that nobody has checked");
  });

  test("a commit is guarded like a put", async () => {
    const sink = await made();
    await sink.putFile(at("/x"), bytes("one"), origin("one"), nothing);
    await sink.stageBlock(at("/x"), "YQ==", bytes("two"));
    await assert.rejects(sink.commitBlocks(at("/x"), ["YQ=="], origin("two"), nothing), conflict);
    await assert.rejects(
      sink.commitBlocks(at("/x"), ["YQ=="], origin("two"), { replaces: "etag", etag: '"0x1"' }),
      conflict,
    );
    assert.equal(await lake().contentOf(sink, "/x"), "one");
    const etag = (await sink.stat(at("/x")))?.etag ?? "";
    await sink.commitBlocks(at("/x"), ["YQ=="], origin("two"), { replaces: "etag", etag });
    assert.equal(await lake().contentOf(sink, "/x"), "two");
  });

  test("a put says the MD5 that the sink has checked and keeps", async () => {
    const sink = await made();
    const { md5, etag } = await sink.putFile(at("/x"), bytes("one"), origin("one"), nothing);
    const there = await sink.stat(at("/x"));
    assert.deepEqual([md5, etag], [md5Of("one"), there?.etag]);
    assert.equal(there?.md5, md5Of("one"));
  });

  test("a folder knows which run made it", async () => {
    const sink = await made();
    await sink.makeFolder(at("/d"), origin("", "first"));
    await sink.makeFolder(at("/d"), origin("", "second"));
    assert.deepEqual((await sink.stat(at("/d")))?.origin, origin("", "first"));
  });

  test("a commit of blocks that are gone is a change, to be sent again", async () => {
    const sink = await made();
    await assert.rejects(sink.commitBlocks(at("/x"), ["YQ=="], origin("a"), nothing), (error) =>
      isKind(error, "changed"),
    );
  });

  test("each block says the CRC-64 that the sink has checked", async () => {
    const sink = await made();
    assert.equal(crc64Hex(await sink.stageBlock(at("/x"), "YQ==", bytes("123456789"))), "ae8b14860a799888");
  });

  test("a file may be given a tier, whole or in blocks, and one that isn't has none of its own", async () => {
    const sink = await made();
    await sink.putFile(at("/a"), bytes("a"), { ...origin("a"), accessTier: "Cool" }, nothing);
    await sink.stageBlock(at("/b"), "YQ==", bytes("b"));
    await sink.commitBlocks(at("/b"), ["YQ=="], { ...origin("b"), accessTier: "Archive" }, nothing);
    await sink.putFile(at("/c"), bytes("c"), origin("c"), nothing);
    const items = await Promise.all(["/a", "/b", "/c"].map((path) => sink.stat(at(path))));
    assert.deepEqual(
      items.map((item) => [item?.accessTier, item?.origin]),
      [
        ["Cool", origin("a")],
        ["Archive", origin("b")],
        [undefined, origin("c")],
      ],
    );
  });

  test("what was written is read back whole, in parts, and no further than it goes", async () => {
    const sink = await made();
    const text = "0123456789".repeat(20_000);
    await sink.putFile(at("/x y"), bytes(text), origin(text), nothing);
    const read = async (offset: number, length: number) => {
      const chunks: Uint8Array[] = [];
      const given = await sink.read(at("/x y"), offset, length, (chunk) => void chunks.push(Uint8Array.from(chunk)));
      const all = Buffer.concat(chunks).toString("utf8");
      assert.equal(given, all.length);
      return all;
    };
    assert.equal(await read(0, text.length), text);
    assert.equal(await read(199_995, 99), "56789");
    assert.equal(await read(13, 4), "3456");
    assert.equal(await read(200_000, 5), "");
    assert.equal(await read(0, 0), "");
    await assert.rejects(
      sink.read(at("/no"), 0, 1, () => undefined),
      (error) => isKind(error, "not-found"),
    );
  });

  test("a file and a folder under another name keep the source's, whatever it holds", async () => {
    const sink = await made();
    for (const [index, name] of ["a\\b", "half\ud83d", '\u0000\u{1f600}"', "ends."].entries()) {
      await sink.putFile(at(`/f${index}`), bytes("x"), { ...origin("x"), name }, nothing);
      await sink.makeFolder(at(`/d${index}`), { ...origin(""), name });
      assert.equal((await sink.stat(at(`/f${index}`)))?.origin?.name, name);
      assert.equal((await sink.stat(at(`/d${index}`)))?.origin?.name, name);
    }
  });

  test("one request changes owner, group and ACL, together or alone, and leaves content and ETag", async () => {
    const sink = await made();
    await sink.putFile(at("/f"), bytes("x"), origin("x"), nothing);
    const before = await sink.stat(at("/f"));
    const acl = parseAcl(`user::rwx,user:${oid}:r-x,group::---,other::---`, "/f");
    await sink.setAccess(at("/f"), { owner: oid, group: "staff", rights: { by: "acl", acl } }, undefined);
    assert.deepEqual(await sink.getAccess(at("/f")), { owner: oid, group: "staff", acl, isSticky: false });
    await sink.setAccess(at("/f"), { owner: "other" }, undefined);
    assert.deepEqual(await sink.getAccess(at("/f")), { owner: "other", group: "staff", acl, isSticky: false });
    await sink.setAccess(at("/f"), { group: oid }, before?.etag);
    assert.equal((await sink.getAccess(at("/f"))).group, oid);
    const { access, ...item } = (await sink.stat(at("/f"))) ?? assert.fail("gone");
    assert.deepEqual({ ...item, access: before?.access }, before);
    assert.deepEqual([access?.owner, access?.group, access?.permissions], ["other", oid, "rwxr-x---+"]);
    assert.equal(await lake().contentOf(sink, "/f"), "x");
  });

  test("a look at an item tells its whole access", async () => {
    const sink = await made();
    await sink.putFile(at("/d/f"), bytes("x"), origin("x"), nothing);
    const mode = { bits: 0o751, isSticky: true };
    await sink.setAccess(at("/d"), { owner: oid, rights: { by: "mode", mode } }, undefined);
    const acl = parseAcl(`user::rwx,user:${oid}:r-x,group::---,other::---`, "/f");
    await sink.setAccess(at("/d/f"), { rights: { by: "acl", acl } }, undefined);
    for (const path of ["/d", "/d/f"]) {
      const { access } = (await sink.stat(at(path))) ?? assert.fail("it is gone");
      assert.deepEqual(seenWhole(access, path), await sink.getAccess(at(path)), path);
    }
  });

  test("a file system keeps where its root is from, which a look at the root tells", async () => {
    const sink = await made();
    assert.deepEqual((await sink.stat(rootPath))?.origin, origin(""));
    await sink.makeFileSystem(origin("", "another"));
    assert.deepEqual((await sink.stat(rootPath))?.origin, origin(""));
  });

  test("access set for a version that is gone is a conflict; of what isn't there, not-found", async () => {
    const sink = await made();
    await sink.putFile(at("/f"), bytes("x"), origin("x"), nothing);
    const was = await sink.getAccess(at("/f"));
    await assert.rejects(sink.setAccess(at("/f"), { owner: oid }, '"0x1"'), conflict);
    assert.deepEqual(await sink.getAccess(at("/f")), was);
    const missing = (error: unknown) => isKind(error, "not-found");
    await assert.rejects(sink.getAccess(at("/no")), missing);
    await assert.rejects(sink.setAccess(at("/no"), { owner: oid }, undefined), missing);
    await assert.rejects(sink.setExpiry(at("/no"), undefined, '"0x1"'), missing);
  });

  test("a folder is made with its final access, of which no umask takes a bit", async () => {
    const sink = await made();
    const acl = parseAcl(
      `user::rwx,group::rwx,other::rwx,default:user::rwx,default:user:${oid}:rwx,default:group::rwx,default:other::rwx`,
      "/d",
    );
    const access = { owner: oid, group: "staff", rights: { by: "acl", acl } } as const;
    await sink.makeFolder(at("/d"), { ...origin(""), access });
    assert.deepEqual(await sink.getAccess(at("/d")), { owner: oid, group: "staff", acl, isSticky: false });
    const mode = { bits: 0o777, isSticky: true };
    await sink.makeFolder(at("/m"), { ...origin(""), access: { rights: { by: "mode", mode } } });
    const { acl: plain, isSticky } = await sink.getAccess(at("/m"));
    assert.deepEqual([printAcl(plain), isSticky], ["user::rwx,group::rwx,other::rwx", true]);
    await sink.makeFolder(at("/d"), { ...origin(""), access: { owner: "other" } });
    assert.equal((await sink.getAccess(at("/d"))).owner, oid);
  });

  test("the root has access like any folder", async () => {
    const sink = await made();
    const acl = parseAcl(
      `user::rwx,group::r-x,other::--x,default:user::rwx,default:group::r-x,default:other::---`,
      "/",
    );
    await sink.setAccess(rootPath, { group: oid, rights: { by: "acl", acl } }, undefined);
    const { group, acl: read } = await sink.getAccess(rootPath);
    assert.deepEqual([group, read], [oid, acl]);
  });

  test("whatever two accesses are, the planned changes turn one into the other", async () => {
    const sink = await made();
    await sink.makeFolder(at("/d"), origin(""));
    const wanted = fc.tuple(acls("folder"), fc.boolean(), fc.constantFrom(oid, "$superuser"));
    for (const [acl, isSticky, owner] of fc.sample(wanted, { numRuns: 30, seed: 5 })) {
      for (const change of changesTo({ acl, isSticky, owner }, await sink.getAccess(at("/d")))) {
        await sink.setAccess(at("/d"), change, undefined);
      }
      assert.deepEqual(await sink.getAccess(at("/d")), { owner, group: "$superuser", acl, isSticky });
    }
  });

  test("files and implied folders inherit as predicted", async () => {
    const sink = await made();
    for (const [index, acl] of fc.sample(acls("folder"), { numRuns: 30, seed: 5 }).entries()) {
      const folder = at(`/d${index}`);
      await sink.makeFolder(folder, { ...origin(""), access: { group: oid, rights: { by: "acl", acl } } });
      const own = await sink.getAccess(folder);
      await sink.putFile(at(`${folder}/f`), bytes("x"), origin("x"), nothing);
      assert.deepEqual(await sink.getAccess(at(`${folder}/f`)), inheritedAccess(own, "file", "$superuser"));
      await sink.putFile(at(`${folder}/e/f`), bytes("x"), origin("x"), nothing);
      assert.deepEqual(await sink.getAccess(at(`${folder}/e`)), inheritedAccess(own, "folder", "$superuser"));
    }
  });

  test("a new version of a file inherits anew", async () => {
    const sink = await made();
    await sink.putFile(at("/f"), bytes("x"), origin("x"), nothing);
    const inherited = await sink.getAccess(at("/f"));
    await sink.setAccess(at("/f"), { owner: oid }, undefined);
    await sink.putFile(at("/f"), bytes("y"), origin("y"), {
      replaces: "etag",
      etag: (await sink.stat(at("/f")))?.etag ?? "",
    });
    assert.deepEqual(await sink.getAccess(at("/f")), inherited);
  });

  test("a file expires at the second after its time, or never; folders never do", async () => {
    const sink = await made();
    await sink.putFile(at("/f"), bytes("x"), origin("x"), nothing);
    assert.equal((await sink.stat(at("/f")))?.expiresMs, undefined);
    const seen = async () => (await sink.stat(at("/f")))?.etag ?? "";
    await sink.setExpiry(at("/f"), 4_102_444_800_001, await seen());
    assert.equal((await sink.stat(at("/f")))?.expiresMs, 4_102_444_801_000);
    assert.deepEqual((await sink.stat(at("/f")))?.origin, origin("x"));
    // What was written meanwhile doesn't vanish.
    await assert.rejects(sink.setExpiry(at("/f"), 4_102_444_800_000, '"0x1"'), conflict);
    await sink.setExpiry(at("/f"), undefined, await seen());
    assert.equal((await sink.stat(at("/f")))?.expiresMs, undefined);
    await sink.makeFolder(at("/d"), origin(""));
    await assert.rejects(sink.setExpiry(at("/d"), 4_102_444_800_000, '"0x1"'));
  });

  test("of twenty who put the same new name, one wins", async () => {
    const sink = await made();
    const puts = Array.from({ length: 20 }, (_, index) =>
      sink.putFile(at("/x"), bytes(`${index}`), origin(`${index}`), nothing).then(
        () => 1,
        (error: unknown) => (conflict(error) ? 0 : assert.fail(String(error))),
      ),
    );
    assert.equal(
      (await Promise.all(puts)).reduce((sum: number, won) => sum + won, 0),
      1,
    );
  });
}

function suite(name: string, open: () => Promise<Lake>): void {
  describe(name, () => {
    let lake: Lake | undefined;
    before(async () => {
      lake = await open();
    });
    after(async () => lake?.close());
    promises(() => lake ?? assert.fail("no lake"));
  });
}

suite("a sink in memory", async () => ({
  sink: () => memorySink(),
  contentOf: async (sink, path) => (sink as ReturnType<typeof memorySink>).files().get(path) ?? "(nothing)",
  close: async () => undefined,
}));

for (const store of ["memory", "files"] as const) {
  suite(`a Gen2 account, kept in ${store}`, async () => {
    const root = mkdtempSync(join(tmpdir(), "lakeferry-sink-"));
    const { sink, gen2, close } = await emulatedSink({ store, ...(store === "files" ? { root } : {}) });
    const names = new Map<Sink, string>();
    return {
      sink: () => {
        const name = `fs-${names.size}`;
        const made = sink(name);
        names.set(made, name);
        return made;
      },
      contentOf: async (from, path) => {
        const url = `${gen2.url}/${names.get(from)}${path.split("/").map(encodeURIComponent).join("/")}`;
        const { sharedKey } = await import("../../src/wire/sharedKey.ts");
        const { origin: host, pathname } = new URL(url);
        const { headers } = await sharedKey("lakesink", gen2.accountKey ?? "", Date.now).sign({
          op: "Get Blob",
          path,
          method: "GET",
          origin: host,
          target: pathname,
          headers: { "x-ms-version": "2023-11-03" },
          safe: true,
        });
        return (await fetch(url, { headers })).text();
      },
      close: async () => {
        await close();
        rmSync(root, { recursive: true, force: true });
      },
    };
  });
}

const denied = { status: 403, code: "AuthorizationPermissionMismatch" } as const;

// A role on one container, a SAS of it, or rights by ACL alone.
for (const [who, operations] of [
  ["may see it", ["createFileSystem"]],
  ["may see what is in it only", ["createFileSystem", "getFileSystem"]],
] as const) {
  test(`a file system that one may not make is found by who ${who}; one that isn't there stays denied`, async () => {
    const { sink, gen2, close } = await emulatedSink({ store: "memory" });
    try {
      await sink("there").makeFileSystem(origin(""));
      gen2.setFaults(operations.map((op) => ({ match: { op }, effect: denied })));
      assert.equal(await sink("there").makeFileSystem(origin("")), "found");
      await assert.rejects(
        sink("missing").makeFileSystem(origin("")),
        (error) => isKind(error, "denied") && error.code === denied.code && error.status === 403,
      );
      assert.deepEqual(gen2.unusedFaults(), []);
    } finally {
      await close();
    }
  });
}

test("a lake that denies everything denies its file system, and one that is away when it is looked for is away", async () => {
  const { sink, gen2, close } = await emulatedSink({ store: "memory" });
  try {
    gen2.setFaults([{ effect: denied }]);
    await assert.rejects(sink("lake").makeFileSystem(origin("")), (error) => isKind(error, "denied"));
    gen2.setFaults([
      { match: { op: "createFileSystem" }, effect: denied },
      { match: { op: "getFileSystem" }, effect: { status: 500, code: "InternalError" } },
    ]);
    await assert.rejects(sink("lake").makeFileSystem(origin("")), (error) => isKind(error, "unavailable"));
  } finally {
    await close();
  }
});
