import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { WELL_KNOWN_KEY } from "../../../local/gen2/auth.ts";
import { startFor, temporaryFolder } from "../gen2/asking.ts";
import { peer, run } from "./program.ts";
import { sas } from "./sas.ts";
import { sample, sampleWithFolder, shapeOf, shapeOfFolder, shapeOfLake, type Tree, writeTree } from "./tree.ts";

const { command, skip } = peer("azcopy");

// A job of AzCopy takes two seconds, however small, for that is how often it looks whether it is done.
describe("AzCopy", { skip, concurrency: true }, () => {
  test("uploads, lists, downloads and removes through DFS", async (context) => {
    const { gen2, ask, azcopy, url, folder, root } = await started(context);
    const source = join(folder, "source");
    writeTree(source, sampleWithFolder);
    // `azcopy make` finds no file system in a URL whose host is an address.
    await ask(`PUT /lake?resource=filesystem&${sas}`);

    await azcopy(
      "copy",
      `${source}/*`,
      url("lake"),
      "--from-to",
      "LocalBlobFS",
      "--recursive",
      "--put-md5",
      ...inBlocks,
      ...described,
    );
    assert.equal(gen2.requests().log?.filter(({ op, path }) => op === "append" && path === "/lake/big").length, 3);
    assert.deepEqual(await shapeOfLake(gen2, "lake"), shapeOf(sampleWithFolder));
    assert.deepEqual(shapeOfFolder(join(root, "lake")), shapeOf(sampleWithFolder));
    for (const { path, metadata } of (await gen2.dump()).filter((item) => item.path !== "lake"))
      assert.deepEqual(metadata, { a: "1", b: "two" }, path);

    const { output } = await azcopy("list", url("lake"), "--location", "BlobFS", "--machine-readable");
    assert.deepEqual(listing(output.toString()), listingOf(sampleWithFolder));
    await azcopy(
      "copy",
      url("lake"),
      join(folder, "back"),
      "--from-to",
      "BlobFSLocal",
      "--recursive",
      ...checked,
      ...inBlocks,
    );
    assert.deepEqual(shapeOfFolder(join(folder, "back", "lake")), shapeOf(sampleWithFolder));

    await azcopy("remove", url("lake/dir%20one"), "--from-to", "BlobFSTrash", "--recursive");
    const left = new Map([...sampleWithFolder].filter(([path]) => !path.startsWith("dir one/")));
    assert.deepEqual(await shapeOfLake(gen2, "lake"), shapeOf(left));
  });

  test("creates the file system, uploads, downloads and removes through Blob", async (context) => {
    const { gen2, azcopy, url, folder, root } = await started(context);
    const source = join(folder, "source");
    writeTree(source, sample);

    await azcopy("sync", source, url("lake"), "--from-to", "LocalBlob", "--recursive", "--put-md5", ...inBlocks);
    assert.equal(gen2.requests().byOp["putBlock"], 3);
    assert.equal(gen2.requests().byOp["putBlob"], sample.size - 1);
    assert.deepEqual(await shapeOfLake(gen2, "lake"), shapeOf(sample));
    assert.deepEqual(shapeOfFolder(join(root, "lake")), shapeOf(sample));

    const { output } = await azcopy("list", url("lake"), "--location", "Blob", "--machine-readable");
    assert.deepEqual(listing(output.toString()), listingOf(sample, "files only"));
    await azcopy(
      "copy",
      url("lake"),
      join(folder, "back"),
      "--from-to",
      "BlobLocal",
      "--recursive",
      ...checked,
      ...inBlocks,
    );
    assert.deepEqual(shapeOfFolder(join(folder, "back", "lake")), shapeOf(sample));

    await azcopy("remove", url("lake/ünï/zwölf%20日本.bin"), "--from-to", "BlobTrash");
    const left = new Map<string, Buffer | "folder">([...sample, ["ünï", "folder"]]);
    left.delete("ünï/zwölf 日本.bin");
    assert.deepEqual(await shapeOfLake(gen2, "lake"), shapeOf(left));
  });

  test("a second sync finds nothing to send", async (context) => {
    const { gen2, azcopy, url, folder } = await started(context);
    const source = join(folder, "source");
    writeTree(source, sample);
    const sync = () => azcopy("sync", source, url("lake"), "--from-to", "LocalBlob", "--recursive");
    await sync();
    gen2.resetRequests();
    await sync();
    assert.deepEqual(Object.keys(gen2.requests().byOp), ["listBlobs"]);
  });
});

const inBlocks = ["--block-size-mb", "4"] as const;
const described = ["--metadata", "a=1;b=two"] as const;
const checked = ["--check-md5", "FailIfDifferentOrMissing"] as const;

async function started(context: TestContext) {
  const folder = temporaryFolder(context);
  const root = join(folder, "sink");
  const { gen2, ask } = await startFor(context, { store: "files", root, accountKey: WELL_KNOWN_KEY, logLimit: 200 });
  const environment = {
    HOME: folder,
    AZCOPY_LOG_LOCATION: join(folder, "log"),
    AZCOPY_JOB_PLAN_LOCATION: join(folder, "plan"),
    AZCOPY_DISABLE_SYSLOG: "true",
    AZCOPY_CONCURRENCY_VALUE: "8",
    AZCOPY_BUFFER_GB: "0.25",
  };
  return {
    gen2,
    ask,
    folder,
    root,
    url: (path: string) => `${gen2.url}/${path}?${sas}`,
    azcopy: (...args: readonly string[]) => run(command, [...args, "--skip-version-check"], environment),
  };
}

/** The lines of `azcopy list`, without the root that it lists through DFS. */
function listing(output: string): readonly string[] {
  return output
    .split("\n")
    .filter((line) => line.includes("; Content Length: ") && !line.startsWith("/;"))
    .sort();
}

function listingOf(tree: Tree, what: "all" | "files only" = "all"): readonly string[] {
  return Object.entries(shapeOf(tree))
    .filter(([, shape]) => what === "all" || shape !== "folder")
    .map(([path, shape]) =>
      shape === "folder" ? `${path}/; Content Length: 0` : `${path}; Content Length: ${Number.parseInt(shape, 10)}`,
    )
    .sort();
}
