import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { addDigests, emptyDigest } from "../../src/core/digest.ts";
import type { JournalOutcome } from "../../src/core/journal.ts";
import { isBalanced, type Tally, totalOf } from "../../src/core/tally.ts";
import type { Blobs } from "../../src/state/blobs.ts";
import { journalLines } from "../../src/state/journal.ts";
import type { Work } from "../../src/state/work.ts";

/** A line of a journal, parsed. */
export type Line = {
  readonly outcome: JournalOutcome;
  readonly type: "file" | "files" | "folder" | "folders" | "range" | "listing";
  readonly path: string;
  readonly because?: string;
  readonly bytes?: number;
  readonly md5?: string;
  readonly files?: number;
  readonly folders?: number;
  readonly digest?: string;
  readonly sign?: string;
  readonly sinkPath?: string;
  readonly later?: true;
  readonly [field: string]: unknown;
};

/** Every committed line of a run. */
export async function linesOf(work: Work, blobs: Blobs): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for await (const { text } of journalLines(blobs, work.journal())) lines.push(JSON.parse(text) as Line);
  return lines;
}

/** Fails unless the journal says exactly what was counted, and each blob is what its mark swears to. */
export async function assertBooks(work: Work, blobs: Blobs): Promise<readonly Line[]> {
  const { tally } = await work.account();
  const lines = await linesOf(work, blobs);
  assert.ok(isBalanced(tally));
  assert.deepEqual(countsIn(withoutPutOff(lines)), countsOf(tally));
  for await (const { blob, bytes, lines: count, sha256 } of work.journal()) {
    const content = Buffer.from(await blobs.read(blob, 0, bytes));
    assert.equal(createHash("sha256").update(content).digest("hex"), sha256);
    assert.equal(content.toString("utf8").split("\n").length - 1, count);
  }
  return lines;
}

function countsOf(tally: Tally) {
  return {
    filesCopied: tally.filesCopied,
    filesAccess: tally.filesAccess,
    filesSkipped: totalOf(tally.filesSkipped),
    filesFailed: totalOf(tally.filesFailed),
    foldersMade: tally.foldersMade,
    foldersFound: tally.foldersFound,
    foldersSkipped: totalOf(tally.foldersSkipped),
    foldersFailed: totalOf(tally.foldersFailed),
    rangesFailed: tally.rangesFailed,
    bytesCopied: tally.bytesCopied,
  };
}

// What was put off until something makes room for it counts where it is done.
function withoutPutOff(lines: readonly Line[]): readonly Line[] {
  const isPutOff = ({ outcome, because }: Line) => outcome === "skipped" && because === "swap";
  const done = new Set(
    lines.filter(({ outcome }) => ["copied", "made", "found"].includes(outcome)).map(({ path }) => path),
  );
  return lines.filter((line) => !isPutOff(line) || !done.has(line.path));
}

function countsIn(lines: readonly Line[]): ReturnType<typeof countsOf> {
  const sum = (type: "file" | "folder" | "range", outcome: Line["outcome"]) =>
    lines
      .filter((line) => line.outcome === outcome && line.type.replace(/s$/u, "") === type)
      .reduce((total, { files, folders }) => total + (files ?? folders ?? 1), 0);
  return {
    filesCopied: sum("file", "copied"),
    filesAccess: sum("file", "access"),
    filesSkipped: sum("file", "skipped"),
    filesFailed: sum("file", "failed"),
    foldersMade: sum("folder", "made"),
    foldersFound: sum("folder", "found"),
    foldersSkipped: sum("folder", "skipped"),
    foldersFailed: sum("folder", "failed"),
    rangesFailed: sum("range", "failed"),
    bytesCopied: lines.reduce((total, { outcome, bytes }) => total + (outcome === "copied" ? (bytes ?? 0) : 0), 0),
  };
}

/** The digests of all spans together. */
export function spanDigest(lines: readonly Line[]): string {
  return lines.reduce((sum, { digest }) => (digest === undefined ? sum : addDigests(sum, digest)), emptyDigest);
}
