import assert from "node:assert/strict";
import { childPath, type LakePath, pathFrom, rootPath } from "../../src/core/path.ts";
import type { MigrationRequest } from "../../src/core/request.ts";
import { assertBooks } from "../kit/books.ts";
import type { Dice } from "./dice.ts";
import { earlier, type Ground } from "./ground.ts";
import { assertSame, moved, type Rested, selected } from "./oracle.ts";

/** The same request, and what only the sink has is deleted; undefined where that can't be asked for. */
export function sweeping(request: MigrationRequest): MigrationRequest | undefined {
  const { listAfter, fileList, recursive } = request.source;
  if (listAfter !== undefined || fileList !== undefined || !recursive) return undefined;
  return { ...request, extra: "delete", maxDeletes: "100%", deleteForeign: true };
}

/** Leaves things at the sink that the source doesn't have: files and folders, alone and within each other. */
export async function strew(ground: Ground, dice: Dice, { sink }: MigrationRequest): Promise<void> {
  const root = pathFrom(sink.folderPath);
  const isIn = (path: string) => path === root || path.startsWith(root === rootPath ? "/" : `${root}/`);
  const folders = [...(await ground.sink()).folders].filter(isIn) as LakePath[];
  if (folders.length === 0) return;
  for (let count = dice.pick([0, 1, 5, 30]); count > 0; count--) {
    const path = childPath(dice.chance(0.5) ? dice.pick(folders) : (folders.at(-1) ?? root), `x${count}`);
    if (dice.chance(0.4)) {
      await ground.bare.makeFolder(path, earlier(0, 0));
      folders.push(path);
    } else {
      await ground.bare.putFile(path, Buffer.from(path), earlier(path.length, 1000), { replaces: "nothing" });
    }
  }
}

/** Fails unless all that went is counted and told, and what is left is what the source has. */
export async function assertSwept(rested: Rested): Promise<void> {
  const { run, work, blobs, before, sink, source } = rested;
  const lines = await assertBooks(work, blobs);
  const { tally } = await work.account();
  const goneFiles = [...before.files.keys()].filter((path) => !sink.files.has(path));
  const goneFolders = [...before.folders].filter((path) => !sink.folders.has(path));
  const { filesDeleted, foldersDeleted } = tally;
  assert.deepEqual(
    { filesDeleted, foldersDeleted },
    { filesDeleted: goneFiles.length, foldersDeleted: goneFolders.length },
  );
  const gone = new Set([...goneFiles, ...goneFolders]);
  for (const { outcome, path } of lines) {
    if (outcome !== "deleted") continue;
    assert.ok(gone.has(moved(path, run.request)), `${path} is called deleted, and stands there`);
  }
  if (run.status !== "Succeeded") return;
  assertSame(rested, new Set());
  const { files, folders } = selected(source, run.request, new Set());
  const wanted = new Set([...files, ...folders].map((path) => moved(path, run.request)));
  const root = pathFrom(run.request.sink.folderPath);
  const kept = lines.filter(({ outcome }) => outcome === "kept").map(({ path }) => moved(path, run.request));
  for (const path of [...sink.files.keys(), ...sink.folders]) {
    const isAbove = path === "/" || root === path;
    const isKept = kept.some((place) => path === place || path.startsWith(`${place}/`));
    assert.ok(isAbove || isKept || wanted.has(path), `${path} is still there, and only the sink has it`);
  }
}
