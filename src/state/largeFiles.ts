import { LakeError } from "../core/error.ts";
import { afterStaged, begun, commitOf, type LargeFile, type LargeFileState, type Staged } from "../core/largeFile.ts";
import { type Change, type Row, spread } from "./rows.ts";
import { fileKey, fileOf, freshPacket, packetRow, type Place } from "./workRows.ts";

/** A large file as it stands; undefined for one that was never begun. */
export async function largeFileIn({ rows, partitionKey }: Place, id: string): Promise<LargeFileState | undefined> {
  const there = await rows.get(partitionKey, fileKey(id));
  return there === undefined ? undefined : fileOf(there.row);
}

/**
 * What a step changes of the rows of large files. Each file's row is counted down; with its last blocks goes a packet that
 * makes them its content.
 */
export async function largeChanges(
  place: Place,
  opened: readonly LargeFile[],
  staged: readonly Staged[],
  commitKeys: ReadonlyMap<string, string>,
): Promise<{ readonly changes: readonly Change[]; readonly commits: number }> {
  const { rows, partitionKey } = place;
  const changes: Change[] = [];
  let commits = 0;
  const fresh = new Map(opened.map((file) => [file.id, begun(file)]));
  for (const file of opened) {
    if (!staged.some((blocks) => blocks.file === file.id)) {
      changes.push({ do: "insert", row: fileRow(place, begun(file)) });
    }
  }
  for (const blocks of staged) {
    const there = await rows.get(partitionKey, fileKey(blocks.file));
    const before = there === undefined ? fresh.get(blocks.file) : fileOf(there.row);
    if (before === undefined) throw lostFile(blocks.file);
    const after = afterStaged(before, blocks);
    const row = fileRow(place, after);
    changes.push(there === undefined ? { do: "insert", row } : { do: "replace", row, etag: there.etag });
    const key = commitKeys.get(blocks.file);
    if (after.left > 0 || key === undefined) continue;
    commits++;
    const cut = { ranges: [], open: [], blocks: [commitOf(after)] };
    changes.push({ do: "insert", row: packetRow(place, key, freshPacket(place, cut)) });
  }
  return { changes, commits };
}

function fileRow({ partitionKey }: Place, file: LargeFileState): Row {
  return { partitionKey, rowKey: fileKey(file.id), version: 1, ...spread("file", file) };
}

function lostFile(id: string): LakeError {
  return new LakeError("unexpected", {
    op: "save",
    path: id,
    detail: "the row of a large file is gone from the state table; cancel the run and start it again",
  });
}
