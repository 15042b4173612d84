import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Gen1 } from "../../local/gen1/gen1.ts";
import { listedAccess, namelessIn } from "../../src/core/access.ts";
import { parseAcl, printAcl } from "../../src/core/acl.ts";
import { isKind } from "../../src/core/error.ts";
import { type LakePath, rootPath } from "../../src/core/path.ts";
import type { Source } from "../../src/lake/lake.ts";
import { emulatedSource } from "../kit/emulated.ts";
import { memorySource } from "../kit/memoryLake.ts";

type Lake = { readonly source: Source; readonly close: () => Promise<void> };
type Tree = Readonly<Record<string, string | undefined>>;

const wildNames = [
  "a b",
  "a+b",
  "a%20b",
  "100%",
  "#hash",
  "q?x=1&y",
  "it's",
  '"quoted"',
  "e\u0301",
  "\u00e9",
  "\u{1f600}",
];
const many = Array.from({ length: 25 }, (_, index) => `n${String(index).padStart(2, "0")}`);
const big = "0123456789".repeat(100_000);
const modifiedMs = 1_700_000_000_123;
const tree: Tree = {
  "/empty": "",
  "/small.txt": "abc",
  "/big": big,
  "/hollow": undefined,
  ...Object.fromEntries(wildNames.map((name) => [`/wild/${name}`, name])),
  ...Object.fromEntries(many.map((name) => [`/many/${name}`, name])),
  "/deep/a/b/c/d": "deep",
};
const oid = "11111111-1111-4111-8111-111111111111";
const aclFile = parseAcl(`user::rw-,user:${oid}:r-x,group::rw-,mask::r--,other::---`, "/");
const aclFolder = parseAcl(
  `user::rwx,group::r-x,other::--x,default:user::rwx,default:group:${oid}:rwx,default:group::---,default:other::---`,
  "/",
);
const expiresMs = 4_102_444_800_015;
const at = (path: string) => path as LakePath;

async function readAll(source: Source, path: string, offset: number, length: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  const given = await source.read(at(path), offset, length, (chunk) => void chunks.push(Uint8Array.from(chunk)));
  const all = Buffer.concat(chunks);
  assert.equal(given, all.byteLength);
  return all.toString("utf8");
}

async function namesIn(source: Source, folder: string, after?: string): Promise<string[]> {
  const names: string[] = [];
  for (let next = after, isLast = false; !isLast; ) {
    const page = await source.list(at(folder), next);
    names.push(...page.entries.map(({ name }) => name));
    isLast = page.next === undefined;
    next = page.next;
  }
  return names;
}

/** What every lake to read from must promise, holding the tree above. */
function promises(lake: () => Source): void {
  test("a file and a folder say what they are", async () => {
    const file = await lake().stat(at("/small.txt"));
    assert.deepEqual([file.kind, file.bytes, file.modifiedMs], ["file", 3, modifiedMs]);
    const folder = await lake().stat(at("/many"));
    assert.deepEqual([folder.kind, folder.bytes], ["folder", 0]);
    assert.equal((await lake().stat(rootPath)).kind, "folder");
  });

  test("what isn't there is not-found, whatever is asked of it", async () => {
    const missing = (error: unknown) => isKind(error, "not-found");
    await assert.rejects(lake().stat(at("/no")), missing);
    await assert.rejects(lake().list(at("/no"), undefined), missing);
    await assert.rejects(lake().getAccess(at("/no"), "ids"), missing);
    await assert.rejects(
      lake().read(at("/no"), 0, 1, () => undefined),
      missing,
    );
  });

  test("a folder lists every name once, ascending, exactly as it was given", async () => {
    assert.deepEqual(await namesIn(lake(), "/many"), many);
    assert.deepEqual(await namesIn(lake(), "/wild"), wildNames.toSorted());
    assert.deepEqual(await namesIn(lake(), "/hollow"), []);
  });

  test("a listing begins after a name, whether that name is there or not", async () => {
    assert.deepEqual(await namesIn(lake(), "/many", "n20"), many.slice(21));
    assert.deepEqual(await namesIn(lake(), "/many", "n205"), many.slice(21));
    assert.deepEqual(await namesIn(lake(), "/many", "n24"), []);
    assert.deepEqual(await namesIn(lake(), "/many", "a"), many);
  });

  test("content comes whole, in parts, and for every wild name", async () => {
    assert.equal(await readAll(lake(), "/small.txt", 0, 3), "abc");
    assert.equal(await readAll(lake(), "/small.txt", 1, 1), "b");
    assert.equal(await readAll(lake(), "/big", 0, big.length), big);
    assert.equal(await readAll(lake(), "/big", 999_990, 10), "0123456789");
    assert.equal(await readAll(lake(), "/deep/a/b/c/d", 0, 4), "deep");
    for (const name of wildNames)
      assert.equal(await readAll(lake(), `/wild/${name}`, 0, Buffer.byteLength(name)), name);
  });

  test("reading past the end gives what there is", async () => {
    assert.equal(await readAll(lake(), "/small.txt", 1, 99), "bc");
    assert.equal(await readAll(lake(), "/small.txt", 3, 5), "");
    assert.equal(await readAll(lake(), "/small.txt", 7, 5), "");
  });

  test("a folder that is read as a file has changed, and nobody lacks a right for it", async () => {
    const reading = lake().read(at("/many"), 0, 1, () => undefined);
    await assert.rejects(reading, (error: unknown) => isKind(error, "changed"));
  });

  test("an item tells owner, group, its whole ACL and its sticky bit, and its listing what it can", async () => {
    assert.deepEqual(await lake().getAccess(at("/wild/a b"), "ids"), {
      owner: "o",
      group: "g",
      acl: aclFile,
      isSticky: false,
    });
    const folder = await lake().getAccess(at("/many"), "ids");
    assert.deepEqual([folder.acl, folder.isSticky], [aclFolder, true]);
    const { owner, group, permission, hasAcl } = await lake().stat(at("/wild/a b"));
    assert.deepEqual([owner, group, permission, hasAcl], ["o", "g", "640", true]);
    assert.equal((await lake().stat(at("/many"))).permission, "1751");
  });

  test("of an item without ACL the listing tells all", async () => {
    const listed = (await lake().list(rootPath, undefined)).entries.find(({ name }) => name === "small.txt");
    assert.equal(listed?.hasAcl, false);
    assert.deepEqual(await lake().getAccess(at("/small.txt"), "ids"), listedAccess(listed, "/small.txt"));
  });

  test("a listing tells when a file expires", async () => {
    const { entries } = await lake().list(rootPath, undefined);
    const expiring = entries.filter((entry) => entry.expiresMs !== undefined);
    assert.deepEqual(
      expiring.map((entry) => [entry.name, entry.expiresMs]),
      [["empty", expiresMs]],
    );
  });

  test("a folder counts what is under it", async () => {
    assert.deepEqual(await lake().summary(at("/many")), { files: 25, bytes: 75 });
  });
}

function fill(root: string): void {
  for (const [path, content] of Object.entries(tree)) {
    const place = join(root, path);
    mkdirSync(content === undefined ? place : dirname(place), { recursive: true });
    if (content === undefined) continue;
    writeFileSync(place, content);
    utimesSync(place, new Date(modifiedMs), new Date(modifiedMs));
  }
}

function suite(name: string, open: () => Promise<Lake>): void {
  describe(name, () => {
    let lake: Lake | undefined;
    before(async () => {
      lake = await open();
    });
    after(async () => lake?.close());
    promises(() => lake?.source ?? assert.fail("no lake"));
  });
}

suite("a source in memory", async () => {
  const source = memorySource(10);
  for (const [path, content] of Object.entries(tree)) {
    if (content === undefined) source.makeFolder(path);
    else source.write(path, content, modifiedMs);
  }
  source.setAccess("/wild/a b", { owner: "o", group: "g", acl: aclFile });
  source.setAccess("/many", { acl: aclFolder, isSticky: true });
  source.setExpiry("/empty", expiresMs);
  return { source, close: async () => undefined };
});

async function change(gen1: Gen1, target: string): Promise<void> {
  const reply = await fetch(`${gen1.url}${target}`, { method: "PUT", headers: { authorization: "Bearer t" } });
  assert.equal(reply.status, 200, target);
}

for (const order of ["utf16", "utf8"] as const) {
  suite(`a Gen1 account over a folder, names in ${order} order, ten to a page`, async () => {
    const root = mkdtempSync(join(tmpdir(), "lakeferry-source-"));
    fill(root);
    const { source, gen1, close } = await emulatedSource({ store: { kind: "files", root }, order, pageCap: 10 });
    await change(gen1, `/webhdfs/v1/wild/a%20b?op=SETACL&aclspec=${printAcl(aclFile)}`);
    await change(gen1, "/webhdfs/v1/wild/a%20b?op=SETOWNER&owner=o&group=g");
    await change(gen1, `/webhdfs/v1/many?op=SETACL&aclspec=${printAcl(aclFolder)}`);
    await change(gen1, "/webhdfs/v1/many?op=SETPERMISSION&permission=1751");
    await change(gen1, `/WebHdfsExt/empty?op=SETEXPIRY&expiryOption=Absolute&expireTime=${expiresMs}`);
    return {
      source,
      close: async () => {
        await close();
        rmSync(root, { recursive: true });
      },
    };
  });
}

test("asked for names, Gen1 gives those it knows, and leaves the ids of principals that are gone", async () => {
  const principals = new Map([[oid, "ana@contoso.com"]]);
  const { source, gen1, close } = await emulatedSource({ store: { kind: "memory" }, principals });
  try {
    const gone = oid.replaceAll("1", "9");
    await change(gen1, "/webhdfs/v1/d?op=MKDIRS");
    await change(gen1, `/webhdfs/v1/d?op=SETOWNER&owner=${oid}&group=${oid}`);
    await change(gen1, `/webhdfs/v1/d?op=MODIFYACLENTRIES&aclspec=user:${gone}:r--`);
    const named = await source.getAccess(at("/d"), "names");
    assert.equal(named.owner, "ana@contoso.com");
    assert.deepEqual(namelessIn(named), [gone]);
    assert.equal((await source.getAccess(at("/d"), "ids")).owner, oid);
  } finally {
    await close();
  }
});
