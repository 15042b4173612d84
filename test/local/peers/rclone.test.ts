import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { WELL_KNOWN_KEY } from "../../../local/gen2/auth.ts";
import type { Gen2 } from "../../../local/gen2/gen2.ts";
import { startFor, temporaryFolder } from "../gen2/asking.ts";
import { peer, run } from "./program.ts";
import { sas } from "./sas.ts";
import { big, sample, shapeOf, shapeOfFolder, shapeOfLake, type Tree, writeTree, writtenMs } from "./tree.ts";

// rclone speaks Blob only, and as a source it has no WebHDFS: the Gen1 emulator has nothing to offer it.
const { command, skip } = peer("rclone");

const odd = "dir one/a b+c%25&d=e#f?.txt";
const under = (folder: string, tree: Tree): Tree =>
  new Map([...tree].map(([path, content]) => [`${folder}/${path}`, content]));

for (const store of ["memory", "files"] as const) {
  test(`rclone creates, uploads, lists, reads, moves and deletes through Blob (${store})`, {
    skip,
  }, async (context) => {
    const { gen2, rclone, folder } = await started(context, store);
    const source = join(folder, "source");
    writeTree(source, sample);

    await rclone("mkdir", ":azureblob:lake");
    assert.deepEqual(
      (await gen2.dump()).map(({ path }) => path),
      ["lake"],
    );
    await rclone("copy", source, ":azureblob:lake/top", "--azureblob-chunk-size", "4M");
    assert.equal(
      gen2.requests().log?.filter(({ op, path }) => op === "putBlock" && path === "/lake/top/big").length,
      3,
    );
    const uploaded = shapeOf(under("top", sample));
    assert.deepEqual(await shapeOfLake(gen2, "lake"), uploaded);
    assert.deepEqual(new Set(await times(gen2)), new Set([`${new Date(writtenMs).toISOString().slice(0, -1)}000000Z`]));

    const listed = (await rclone("lsf", "--recursive", ":azureblob:lake")).output.toString();
    assert.deepEqual(
      listed.trimEnd().split("\n").sort(),
      Object.entries(uploaded)
        .map(([path, what]) => (what === "folder" ? `${path}/` : path))
        .sort(),
    );
    const read = async (path: string, ...range: string[]) =>
      (await rclone("cat", `:azureblob:lake/top/${path}`, ...range)).output;
    assert.ok(
      (await read("big", "--offset", "4194300", "--count", "5000000")).equals(big.subarray(4_194_300, 9_194_300)),
    );
    assert.equal((await read(odd, "--offset", "1", "--count", "3")).toString(), "ell");
    assert.equal((await read(odd, "--offset", "-2")).toString(), "lo");
    await rclone("copy", ":azureblob:lake/top", join(folder, "back"));
    assert.deepEqual(shapeOfFolder(join(folder, "back")), shapeOf(sample));

    gen2.resetRequests();
    await rclone("copy", source, ":azureblob:lake/top");
    assert.deepEqual(
      Object.keys(gen2.requests().byOp).filter((op) => op !== "head" && op !== "listBlobs"),
      [],
      "times and lengths are as they were, so nothing is sent again",
    );

    await rclone("moveto", `:azureblob:lake/top/${odd}`, ":azureblob:lake/top/neu/b c+%.txt");
    const moved = new Map([...under("top", sample), ["top/neu/b c+%.txt", Buffer.from("hello")] as const]);
    moved.delete(`top/${odd}`);
    assert.deepEqual(await shapeOfLake(gen2, "lake"), shapeOf(moved));
    assert.equal(new Set(await times(gen2)).size, 1, "the move keeps the time that rclone wrote");

    await rclone("deletefile", ":azureblob:lake/top/big");
    moved.delete("top/big");
    assert.deepEqual(await shapeOfLake(gen2, "lake"), shapeOf(moved));
    await rclone("delete", ":azureblob:lake/top");
    const emptied = Object.entries(shapeOf(moved)).filter(([, what]) => what === "folder");
    assert.deepEqual(await shapeOfLake(gen2, "lake"), Object.fromEntries(emptied), "folders outlive their files");
    await rclone("purge", ":azureblob:lake");
    assert.deepEqual(await gen2.dump(), []);
  });
}

async function started(context: TestContext, store: "memory" | "files") {
  const { gen2 } = await startFor(context, { store, accountKey: WELL_KNOWN_KEY, logLimit: 100 });
  const folder = temporaryFolder(context);
  // Whoever runs this has a configuration of his own, which isn't ours to use.
  const environment = { RCLONE_CONFIG: join(folder, "none.conf"), RCLONE_AZUREBLOB_SAS_URL: `${gen2.url}?${sas}` };
  writeFileSync(environment.RCLONE_CONFIG, "");
  return { gen2, folder, rclone: (...args: readonly string[]) => run(command, args, environment) };
}

async function times(gen2: Gen2): Promise<readonly (string | undefined)[]> {
  return (await gen2.dump()).filter(({ type }) => type === "file").map(({ metadata }) => metadata["mtime"]);
}
