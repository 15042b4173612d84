import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Access } from "../../src/core/access.ts";
import { aclOfMode, parseAcl } from "../../src/core/acl.ts";
import { LakeError } from "../../src/core/error.ts";
import type { LakePath } from "../../src/core/path.ts";
import type { Run } from "../../src/core/run.ts";
import type { Ferry } from "../../src/ferry/ferry.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import type { Tally } from "../../src/core/tally.ts";
import { assertBooks, type Line } from "../kit/books.ts";
import { addRun, drive, requestOf, sliceOf, type TestFerry, testFerry } from "../kit/testFerry.ts";

const ana = "11111111-1111-4111-8111-111111111111";
const readers = "22222222-2222-4222-8222-222222222222";
const maker = "$superuser";
const folderAcl = parseAcl(
  `user::rwx,group::r-x,group:${readers}:r-x,other::---,default:user::rwx,default:group::r-x,default:group:${readers}:r-x,default:other::---`,
  "/d",
);
const fileAcl = parseAcl(`user::rw-,user:${ana}:r-x,group::r--,other::---`, "/d/f");

function counting(made: Pick<TestFerry, "ferry" | "source" | "sink">): {
  readonly ferry: Ferry;
  readonly calls: string[];
} {
  const calls: string[] = [];
  const counted = <T extends object>(store: string, lake: T): T =>
    Object.fromEntries(
      Object.entries(lake).map(([op, act]: [string, unknown]) => [
        op,
        typeof act !== "function"
          ? act
          : (...args: readonly unknown[]) => {
              calls.push(`${store} ${op} ${String(args[0])}`);
              return (act as (...all: readonly unknown[]) => unknown)(...args);
            },
      ]),
    ) as T;
  const ferry: Ferry = {
    ...made.ferry,
    lakes: () => ({ source: counted("source", made.source), sink: counted("sink", made.sink) }),
  };
  return { ferry, calls };
}

async function migrated(
  made: TestFerry,
  body: Parameters<typeof requestOf>[0] = {},
  id = "r",
): Promise<{ run: Run; tally: Tally; lines: readonly Line[] }> {
  await addRun(made.ferry, id, requestOf(body));
  const run = await drive(made.ferry, id);
  return {
    run,
    tally: (await made.ferry.work(id).account()).tally,
    lines: await assertBooks(made.ferry.work(id), made.blobs),
  };
}

async function refused(made: TestFerry, body: Parameters<typeof requestOf>[0]): Promise<{ run: Run }> {
  await addRun(made.ferry, "r", requestOf(body));
  const run = await drive(made.ferry, "r");
  assert.equal(run.status, "Failed");
  return { run };
}

suite("access", () => {
  test("owners, groups, ACLs, modes, sticky bits, expiry and times arrive with files and folders", async () => {
    const made = testFerry();
    const { source, sink } = made;
    source.write("/d/f", "x", 1234);
    source.write("/d/sub/plain", "y");
    source.write("/d/gone", "z");
    source.setAccess("/d", { owner: ana, group: readers, acl: folderAcl, isSticky: true });
    source.setAccess("/d/f", { owner: ana, acl: fileAcl });
    source.setAccess("/d/sub/plain", { owner: ana, group: readers, acl: aclOfMode(0o604) });
    source.setExpiry("/d/gone", 2_000_000_000_500);
    const { run, tally } = await migrated(made);
    assert.equal(run.status, "Succeeded");
    for (const path of ["/", "/d", "/d/f", "/d/sub", "/d/sub/plain", "/d/gone"]) {
      assert.deepEqual(sink.accesses().get(path), await source.getAccess(path as LakePath, "ids"), path);
    }
    assert.equal((await sink.stat("/d/gone" as LakePath))?.expiresMs, 2_000_000_001_000);
    assert.equal((await sink.stat("/d/f" as LakePath))?.expiresMs, undefined);
    assert.equal(sink.mtimes().get("/d/f"), 1234);
    assert.equal(tally.expiries, 1);
    assert.deepEqual(tally.access, { set: 3, created: 2 });
  });

  test("only what is asked for is carried over", async () => {
    const made = testFerry();
    const { source, sink } = made;
    source.write("/d/f", "x");
    source.setAccess("/d", { owner: ana, group: readers, acl: folderAcl });
    source.setAccess("/d/f", { owner: ana, group: readers, acl: fileAcl });
    source.setExpiry("/d/f", 2_000_000_000_000);
    await migrated(made, { preserve: ["Group"] });
    const [folder, file] = ["/d", "/d/f"].map((path) => sink.accesses().get(path) as Access);
    assert.deepEqual([folder?.owner, folder?.group, folder?.acl], [maker, readers, aclOfMode(0o750)]);
    assert.deepEqual([file?.owner, file?.group, file?.acl], [maker, readers, aclOfMode(0o640)]);
    assert.equal((await sink.stat("/d/f" as LakePath))?.expiresMs, undefined);
    assert.equal(sink.mtimes().size, 0);
  });

  test("a small file costs one read and one write where it inherits what it should have, else as little as can be", async () => {
    const made = testFerry();
    const { source } = made;
    const inherited = parseAcl(`user::rw-,group::r-x,group:${readers}:r-x,mask::r--,other::---`, "/x");
    source.setAccess("/", { owner: maker, group: readers, acl: aclOfMode(0o755) });
    source.makeFolder("/d");
    source.setAccess("/d", { owner: maker, group: readers, acl: folderAcl });
    for (let index = 0; index < 40; index++) {
      source.write(`/d/${index}`, "x");
      // Plain files need no question; these have an ACL.
      source.setAccess(`/d/${index}`, { owner: maker, group: readers, acl: inherited });
    }
    // The first to be somebody's is asked whose.
    for (const path of ["/d/!", "/d/own"]) {
      source.write(path, "x");
      source.setAccess(path, { owner: ana, group: readers, acl: aclOfMode(0o640) });
    }
    const { ferry, calls } = counting(made);
    const { tally } = await migrated({ ...made, ferry });
    const of = (path: string) =>
      calls.filter((call) => call.endsWith(` ${path}`)).map((call) => call.split(" ", 2).join(" "));
    assert.deepEqual(tally.access, { created: 1, set: 2, readBack: 1, predicted: 39 });
    const cheap = Array.from({ length: 40 }, (_, index) => of(`/d/${index}`).length).toSorted((a, b) => a - b);
    // The read, the question for the ACL, and the write; the first file is read back.
    assert.deepEqual([cheap[0], cheap[38]], [3, 3]);
    assert.deepEqual(of("/d/own"), ["source read", "sink putFile", "sink setAccess"]);
    assert.deepEqual(
      calls.filter((call) => call === "sink getAccess /d"),
      [],
    );
  });

  test("what a file that is written over inherits is not trusted", async () => {
    const made = testFerry();
    const { source, sink } = made;
    source.setAccess("/", { owner: maker, group: maker, acl: aclOfMode(0o750) });
    for (let index = 0; index < 20; index++) {
      source.write(`/${index}`, "x");
      source.setAccess(`/${index}`, { owner: maker, group: maker, acl: aclOfMode(0o640) });
      if (index % 2 === 0) sink.plant(`/${index}`, "theirs");
    }
    const { tally } = await migrated(made);
    assert.deepEqual(tally.access, { set: 10, readBack: 1, predicted: 9 });
  });

  test("one file that inherits something else ends all prediction, in every lane and in the report", async () => {
    const made = testFerry();
    const { source, sink } = made;
    source.setAccess("/", { owner: maker, group: maker, acl: aclOfMode(0o750) });
    for (let index = 0; index < 20; index++) {
      source.write(`/${index}`, "x");
      source.setAccess(`/${index}`, { owner: maker, group: maker, acl: aclOfMode(0o640) });
    }
    const putFile = sink.putFile;
    const odd: Ferry = {
      ...made.ferry,
      lakes: () => ({
        source,
        sink: {
          ...sink,
          putFile: async (path, ...rest) => {
            const written = await putFile(path, ...rest);
            sink.knead(path, { acl: aclOfMode(0o666) });
            return written;
          },
        },
      }),
    };
    const { run, tally } = await migrated({ ...made, ferry: odd });
    for (const path of source.files().keys()) assert.deepEqual(sink.accesses().get(path)?.acl, aclOfMode(0o640), path);
    assert.deepEqual(tally.access, { mispredicted: 1, set: 19 });
    assert.ok(run.mispredicted !== undefined);
  });

  test("a process that hears of another's wrong prediction predicts nothing from then on", async () => {
    for (const isBefore of [true, false]) {
      const { ferry, source, sink, clock } = testFerry();
      source.setAccess("/", { owner: maker, group: maker, acl: aclOfMode(0o750) });
      for (let index = 0; index < 200; index++) {
        source.write(`/${index}`, "x");
        source.setAccess(`/${index}`, { owner: maker, group: maker, acl: aclOfMode(0o640) });
      }
      await addRun(ferry, "r", requestOf());
      const hear = () => ferry.runs.change("r", (now) => ({ ...now, mispredicted: "/elsewhere" }));
      if (isBefore) await hear();
      let reads = 0;
      source.onCall = async (op) => {
        if (op !== "read") return;
        await clock.sleep(100);
        if (++reads === 40) await hear();
      };
      assert.equal((await drive(ferry, "r")).status, "Succeeded");
      const { set = 0, predicted = 0, readBack = 0 } = (await ferry.work("r").account()).tally.access;
      assert.equal(set + predicted + readBack, 200);
      assert.ok(isBefore ? set === 200 : set > 50 && predicted > 20, JSON.stringify({ isBefore, set, predicted }));
      for (const path of source.files().keys()) assert.deepEqual(sink.accesses().get(path)?.acl, aclOfMode(0o640));
    }
  });

  for (const [what, path, content] of [
    ["in one request", "/d/f", "x"],
    ["in a few blocks", "/d/g", "y".repeat(9 * 1024 * 1024)],
    ["in blocks of many lanes", "/d/h", "z".repeat(10 * 1024 * 1024)],
  ] as const) {
    for (const op of ["setAccess", "setExpiry"] as const) {
      test(`a file that had landed ${what} when its worker was lost before ${op} is finished by the next one`, async () => {
        const made = testFerry();
        const { source, sink } = made;
        const ferry: Ferry = {
          ...made.ferry,
          sizes: { largeFileBytes: 9.5 * 1024 * 1024, bytesFor: () => 4 * 1024 * 1024, bytesPerRead: 32 * 1024 * 1024 },
        };
        source.write(path, content);
        source.setAccess(path, { owner: ana, acl: fileAcl });
        source.setExpiry(path, 2_000_000_000_000);
        const dies = Promise.withResolvers<never>();
        dies.promise.catch(() => undefined);
        const mortal: Ferry = {
          ...ferry,
          lakes: () => ({
            source,
            sink: {
              ...sink,
              [op]: () => {
                dies.reject(new Error("killed"));
                return new Promise<never>(() => undefined);
              },
            },
          }),
        };
        await addRun(ferry, "r", requestOf());
        const run = await drive(ferry, "r", 1, async (wave) => {
          if (wave === 0) await Promise.race([ferryPacket(mortal, sliceOf("r")), dies.promise]);
        });
        await assert.rejects(dies.promise, /killed/u);
        assert.equal(run.status, "Succeeded");
        assert.deepEqual(sink.accesses().get(path), await source.getAccess(path as LakePath, "ids"));
        assert.equal((await sink.stat(path as LakePath))?.expiresMs, 2_000_000_000_000);
        assert.deepEqual([...sink.writes()], [[path, 1]]);
        assert.equal((await ferry.work("r").account()).tally.filesCopied, 1);
      });
    }
  }

  test("a folder has its access before anything in it is begun, and a found one is given what it lacks", async () => {
    const made = testFerry();
    const { source, sink } = made;
    source.write("/d/f", "x");
    source.setAccess("/d", { owner: ana, group: readers, acl: folderAcl, isSticky: true });
    await sink.makeFileSystem({ run: "earlier", bytes: 0, modifiedMs: 0 });
    await sink.makeFolder("/d" as LakePath, { run: "earlier", bytes: 0, modifiedMs: 0 });
    const wanted = await source.getAccess("/d" as LakePath, "ids");
    source.onCall = (op, path) => {
      if (op === "list" && path === "/d") assert.deepEqual(sink.accesses().get("/d"), wanted);
    };
    const { run, lines } = await migrated(made);
    assert.equal(run.status, "Succeeded");
    const line = lines.find(({ path }) => path === "/d");
    assert.deepEqual([line?.outcome, line?.["access"]], ["found", "set"]);
    // The root stood there: it keeps what it had.
    assert.deepEqual(sink.accesses().get("/")?.owner, maker);
  });

  test("a root that stood there gets the source's access only when asked for", async () => {
    const made = testFerry();
    const { source, sink } = made;
    source.setAccess("/", { owner: ana, group: readers, acl: folderAcl });
    source.write("/f", "x");
    for (const folderPath of ["/", "/here"]) {
      await sink.makeFileSystem({ run: "earlier", bytes: 0, modifiedMs: 0 });
      if (folderPath !== "/")
        await sink.makeFolder(folderPath as LakePath, { run: "earlier", bytes: 0, modifiedMs: 0 });
      await migrated(made, { sink: { folderPath } }, `left${folderPath.length}`);
      assert.equal(sink.accesses().get(folderPath)?.owner, maker);
      await migrated(made, { sink: { folderPath }, preserveRoot: true }, `set${folderPath.length}`);
      assert.deepEqual(sink.accesses().get(folderPath), await source.getAccess("/" as LakePath, "ids"));
    }
  });

  test("a rerun sets access and expiry that differ, touches no data, and says so", async () => {
    const made = testFerry();
    const { source, sink } = made;
    for (const name of ["same", "owner", "mode", "expiry", "acl"]) {
      source.write(`/${name}`, name);
      source.setAccess(`/${name}`, { owner: ana, acl: fileAcl });
    }
    source.setExpiry("/expiry", 2_000_000_000_000);
    await migrated(made);
    source.setAccess("/owner", { owner: readers });
    source.setAccess("/mode", { acl: aclOfMode(0o600) });
    source.setExpiry("/expiry", 2_100_000_000_000);
    // A listing doesn't tell one ACL from another.
    sink.knead("/acl", { acl: parseAcl(`user::rw-,user:${readers}:r-x,group::r--,other::---`, "/acl") });
    const { tally, lines } = await migrated(made, {}, "again");
    assert.deepEqual([tally.filesAccess, tally.filesSkipped], [3, { same: 2 }]);
    assert.deepEqual(
      lines
        .filter(({ outcome }) => outcome === "access")
        .map(({ path, because }) => `${path} ${because}`)
        .toSorted(),
      ["/expiry expiry", "/mode access", "/owner access"],
    );
    const full = await migrated(made, { compareAccess: "full" }, "full");
    assert.deepEqual([full.tally.filesAccess, full.tally.filesSkipped], [1, { same: 4 }]);
    for (const path of source.files().keys()) {
      assert.deepEqual(sink.accesses().get(path), await source.getAccess(path as LakePath, "ids"), path);
    }
    assert.deepEqual([...new Set(sink.writes().values())], [1]);
  });

  test("an ACL that can't be read or held fails its item by name, and nothing of it is written", async () => {
    const made = testFerry();
    const { source, sink } = made;
    source.write("/good", "x");
    source.write("/bad", "x");
    source.write("/crowded", "x");
    source.write("/shut/in", "x");
    const many = Array.from({ length: 29 }, (_, index) => `user:${ana.slice(0, -2)}${10 + index}:r--`);
    source.setAccess("/bad", { acl: fileAcl });
    source.setAccess("/crowded", { acl: parseAcl(["user::rwx", "group::---", "other::---", ...many], "/x") });
    source.onCall = (op, path) => {
      if (op !== "getAccess" || (path !== "/bad" && path !== "/shut")) return;
      throw new LakeError("invalid", { op: "acl", path, detail: '"user:rw" is no ACL entry' });
    };
    const { run } = await migrated(made);
    assert.equal(run.status, "CompletedWithErrors");
    assert.deepEqual([...sink.files().keys()], ["/good"]);
    assert.ok(!sink.folders().has("/shut"));
    const failures = await made.ferry.work("r").failures(9);
    assert.deepEqual(failures.map(({ path, kind, code }) => `${path} ${kind} ${code}`).toSorted(), [
      "/bad invalid undefined",
      "/crowded invalid TooManyAclEntries",
      "/shut invalid undefined",
    ]);
  });

  test("principals without an object id, and those that nobody has any more, are found by path and asked for once", async () => {
    const made = testFerry();
    const { source } = made;
    for (const name of ["a", "b", "c"]) source.write(`/${name}`, name);
    source.setAccess("/a", { owner: "ana@contoso.com" });
    source.setAccess("/b", { owner: ana });
    source.setAccess("/c", { owner: ana });
    const { ferry, calls } = counting(made);
    const { tally, lines } = await migrated({ ...made, ferry });
    assert.deepEqual(
      Object.entries(tally.findings).map(([kind, { items, paths }]) => [kind, items, paths.toSorted()]),
      [
        ["names", 3, ["/a", "/b", "/c"]],
        ["nameless", 2, ["/b", "/c"]],
      ],
    );
    const found = lines.filter(({ path }) => path !== "/").map(({ path, findings }) => `${path} ${String(findings)}`);
    assert.deepEqual(found.toSorted(), [
      "/a names: no object ids: ana@contoso.com, group",
      `/b names: no object ids: group; nameless: the source has no name for ${ana}`,
      `/c names: no object ids: group; nameless: the source has no name for ${ana}`,
    ]);
    assert.equal(calls.filter((call) => /^source getAccess \/[bc]$/u.test(call)).length, 1);
  });

  test("what came over with a folder is told once, whoever counts the folder in the end", async () => {
    const made = testFerry({ saveMs: 1, graceMs: 0 });
    const { ferry, source, clock } = made;
    for (let index = 0; index < 30; index++) {
      source.write(`/d${index}/f`, "x");
      source.setAccess(`/d${index}`, { owner: ana });
    }
    await addRun(ferry, "r", requestOf());
    let lists = 0;
    source.onCall = async (op, path) => {
      if (op !== "list" || path === "/") return;
      // Folders stand prepared and not yet counted when a slice ends.
      if (++lists % 7 === 0) clock.advance(120_000);
      await clock.sleep(300);
    };
    const run = await drive(ferry, "r");
    assert.equal(run.status, "Succeeded");
    assert.ok((run.wave?.number ?? 0) > 2, `${run.wave?.number} waves`);
    const { tally } = await ferry.work("r").account();
    assert.deepEqual([tally.access.created, tally.findings.nameless?.items], [30, 30]);
    const lines = await assertBooks(ferry.work("r"), made.blobs);
    const told = lines.filter(({ findings }) => String(findings).includes("nameless")).map(({ path }) => path);
    assert.equal(new Set(told).size, 30);
  });

  test("files take the tier of the request, by their age when it came", async () => {
    const made = testFerry();
    const { source, sink, clock } = made;
    const day = 24 * 3600 * 1000;
    source.write("/new", "x", clock.nowMs());
    source.write("/old", "x", clock.nowMs() - 40 * day);
    await migrated(made, { accessTier: [{ olderThanDays: 30, tier: "Cool" }] });
    assert.deepEqual(
      await Promise.all(["/new", "/old"].map(async (path) => (await sink.stat(path as LakePath))?.accessTier)),
      [undefined, "Cool"],
    );
  });

  test("access alone is set on what stands at the sink, whoever brought it, and no data is touched", async () => {
    const made = testFerry();
    const { source, sink } = made;
    source.write("/d/theirs", "new content", 5000);
    source.write("/d/absent", "x");
    source.write("/gone/x", "x");
    source.write("/d/swapped", "x");
    source.write("/d/right", "x");
    source.setAccess("/d", { owner: ana, group: readers, acl: folderAcl });
    source.setAccess("/d/theirs", { owner: ana, acl: fileAcl });
    source.setExpiry("/d/theirs", 2_000_000_000_000);
    sink.plant("/d/theirs", "what another tool copied");
    sink.plant("/d/swapped/x", "x");
    sink.plant("/d/right", "x");
    sink.knead("/d/right", await source.getAccess("/d/right" as LakePath, "ids"));
    const before = new Map(sink.files());
    const { run, tally, lines } = await migrated(made, { mode: "access" });
    assert.equal(run.status, "CompletedWithErrors");
    assert.deepEqual(sink.files(), before);
    assert.deepEqual(sink.writes(), new Map());
    assert.ok(!sink.folders().has("/gone"));
    for (const path of ["/d", "/d/theirs"]) {
      assert.deepEqual(sink.accesses().get(path), await source.getAccess(path as LakePath, "ids"), path);
    }
    assert.equal((await sink.stat("/d/theirs" as LakePath))?.expiresMs, 2_000_000_000_000);
    assert.equal(sink.accesses().get("/")?.owner, maker);
    assert.deepEqual(
      [tally.filesAccess, tally.filesSkipped, tally.filesFailed, tally.foldersSkipped],
      [1, { absent: 1, same: 1 }, { conflict: 1 }, { absent: 1 }],
    );
    assert.deepEqual(
      lines.filter(({ outcome }) => outcome === "access").map(({ path, because, expiry }) => [path, because, expiry]),
      [["/d/theirs", "access", "set"]],
    );
    const again = await migrated(made, { mode: "access" }, "again");
    assert.deepEqual([again.tally.filesAccess, again.tally.access], [0, {}]);
  });

  test("access alone needs a sink that is there", async () => {
    const made = testFerry();
    made.source.write("/x", "x");
    const { run } = await refused(made, { mode: "access", sink: { folderPath: "/nowhere" } });
    assert.match(run.error?.detail ?? "", /no sink folder \/nowhere in file system lake of LakeSink/u);
    assert.deepEqual([...made.sink.folders()], ["/"]);
  });
});

test("a file that is a folder by the time its ACL is asked for has changed: nothing of it is written", async () => {
  const made = testFerry();
  made.source.write("/f", "content");
  made.source.setAccess("/f", { owner: ana, group: readers, acl: fileAcl, isSticky: false });
  const source = {
    ...made.source,
    getAccess: () => Promise.resolve({ owner: ana, group: readers, acl: folderAcl, isSticky: false }),
  };
  const ferry: Ferry = { ...made.ferry, lakes: () => ({ source, sink: made.sink }) };
  const { lines } = await migrated({ ...made, ferry }, { preserve: ["ACL"] });
  const failed = lines.filter(({ outcome }) => outcome === "failed");
  assert.deepEqual(
    failed.map(({ path, because, op }) => [path, because, op]),
    [["/f", "changed", "GETACLSTATUS"]],
  );
  assert.equal(await made.sink.stat("/f" as LakePath), undefined);
});
