import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { faultRules } from "../../src/core/faultRules.ts";
import { pathFrom } from "../../src/core/path.ts";
import type { MigrationRequest } from "../../src/core/request.ts";
import type { Run } from "../../src/core/run.ts";
import { totalOf } from "../../src/core/tally.ts";
import type { Blobs } from "../../src/state/blobs.ts";
import { sealJournal } from "../../src/state/journal.ts";
import type { Rows } from "../../src/state/rows.ts";
import type { Work } from "../../src/state/work.ts";
import { assertBooks, type Line } from "../kit/books.ts";
import { type Truth, versionOf } from "./ground.ts";
import { isRefused } from "./lake.ts";

/** What the oracle looks at when a run rests. */
export type Rested = {
  readonly run: Run;
  readonly work: Work;
  readonly rows: Rows;
  readonly blobs: Blobs;
  readonly source: Truth;
  /** Every version that the source ever had, by path, as versionOf says it. */
  readonly versions: ReadonlyMap<string, ReadonlySet<string>>;
  readonly sink: Truth;
  /** The sink as it was before anything was done to it. */
  readonly before: Truth;
  /** Nobody changed the source meanwhile. */
  readonly isStill: boolean;
  /** Failures that have a reason other than the lakes' own: by path, the kinds that are fair. */
  readonly mayFail: (path: string, kind: string) => boolean;
};

/** Fails unless the run is what the invariants promise; resolves to the paths that the journal calls failed. */
export async function assertExact(rested: Rested): Promise<ReadonlySet<string>> {
  const { run, work, blobs, isStill } = rested;
  const account = await work.account();
  if (run.startedMs === undefined || account.created === 0) return new Set();
  const lines = await assertBooks(work, blobs);
  assertOnce(lines);
  // A run may have ended without its last step; whoever asks for its seal gets it from the rows.
  const isCutShort = run.status === "Cancelled" || run.status === "Failed";
  if (run.journal !== undefined || !isCutShort) {
    assert.deepEqual(run.journal, await sealJournal(work.journal()), "the seal is that of the journal");
  }
  const failed = new Set(lines.filter(({ outcome }) => outcome === "failed").map(({ path }) => path));
  const { filesFailed, foldersFailed, rangesFailed } = account.tally;
  assert.equal(account.failed, totalOf(filesFailed) + totalOf(foldersFailed) + rangesFailed);
  assertFair(rested, lines);
  assertSworn(rested, lines);
  if (run.status === "Cancelled" || run.status === "Failed") return failed;
  const isBorne = lines.some(({ outcome, because }) => outcome === "skipped" && isFaultRule(because));
  assert.equal(run.status, failed.size === 0 && !isBorne ? "Succeeded" : "CompletedWithErrors");
  assert.equal(account.created, account.done + account.failed, "every packet made is done or failed");
  await assertNoPackets(rested);
  if (!isStill) return failed;
  assertExtra(rested, lines);
  assertListed(rested, lines.filter(isListed), failed, account.tally.digest);
  assertSame(rested, failed);
  return failed;
}

function isFaultRule(because: string | undefined): boolean {
  return faultRules.some((rule) => rule === because);
}

function assertOnce(lines: readonly Line[]): void {
  const seen = new Map<string, Line>();
  for (const line of lines) {
    // Spans have many names, and of one folder several parts may fail.
    if (line.type === "files" || line.type === "range") continue;
    // A name may be listed at the source, and stand only at the sink as something else.
    const key = `${isListed(line)} ${line.path}`;
    const other = seen.get(key);
    const both = `${other?.outcome} ${other?.because}, ${line.outcome} ${line.because}`;
    assert.ok(other === undefined, `${line.path} is in the journal twice: ${both}`);
    seen.set(key, line);
  }
}

async function assertNoPackets({ rows, run }: Rested): Promise<void> {
  for await (const { row } of rows.list(`work-${run.id}`, "packet-")) {
    assert.fail(`packet ${row.rowKey} is left ${String(row["state"])}`);
  }
}

function assertFair({ mayFail, before, run: { request } }: Rested, lines: readonly Line[]): void {
  for (const { outcome, path, because = "", type, op, detail } of lines) {
    if (outcome !== "failed") continue;
    const to = moved(path, request);
    const isRefusal = because === "invalid" && isRefused(to);
    // What stands above the items of a list is nobody's own line.
    const isUnder =
      request.source.fileList !== undefined && [...before.files.keys()].some((file) => to.startsWith(`${file}/`));
    const isInTheWay =
      because === "conflict" && (isUnder || (type === "file" ? before.folders.has(to) : before.files.has(to)));
    assert.ok(
      isRefusal || isInTheWay || mayFail(path, because),
      `${path} failed as ${because}, for no reason: ${String(op)} ${String(detail)}`,
    );
  }
}

// What only the sink has is told too.
function isListed({ outcome }: Line): boolean {
  return outcome !== "extra" && outcome !== "noted";
}

// What is called extra stood at the sink before, and the source has nothing of that name and kind.
function assertExtra({ source, before, run: { request } }: Rested, lines: readonly Line[]): void {
  const [files, folders] = [source.files, source.folders].map(
    (paths) => new Set([...paths.keys()].map((path) => moved(path, request))),
  );
  for (const { outcome, type, path } of lines) {
    if (outcome !== "extra") continue;
    const to = moved(path, request);
    const [had, has] = type === "folder" ? [before.folders, folders] : [before.files, files];
    assert.ok(had.has(to), `${path} is extra, and was not at the sink`);
    assert.ok(has?.has(to) === false, `${path} is extra, and the source has it`);
  }
}

// What the journal calls copied stands at the sink as it says.
function assertSworn({ sink, versions, run: { request } }: Rested, lines: readonly Line[]): void {
  for (const { outcome, type, path, md5, bytes } of lines) {
    if (outcome !== "copied" && outcome !== "made" && outcome !== "found") continue;
    const to = moved(path, request);
    if (type === "folder") {
      assert.ok(sink.folders.has(to), `${path} is ${outcome}, and no folder stands at the sink`);
      continue;
    }
    const there = sink.files.get(to);
    assert.ok(there !== undefined, `${path} is ${outcome}, and nothing stands at the sink`);
    assert.equal(there.bytes, bytes, `${path} has the length that the journal swears to`);
    if (md5 !== undefined) assert.equal(there.md5, md5, `${path} has the content that the journal swears to`);
    const isVersion = versions.get(path)?.has(versionOf(there.modifiedMs, there.md5)) === true;
    assert.ok(isVersion, `${path} is copied, and the sink holds what the source never was`);
  }
}

// Listed is what really stands in the source, each name once, by name and by digest. What lies under a folder that
// failed may have been listed before.
function assertListed(
  { source, run: { request } }: Rested,
  lines: readonly Line[],
  failed: ReadonlySet<string>,
  digest: string,
): void {
  const [needed, possible] = [selected(source, request, failed), selected(source, request, new Set())];
  assertWithin("folder", own(lines, "folder"), needed.folders, possible.folders);
  // What a list names, and isn't there, has its line all the same.
  const isMissing = ({ because = "" }: Line) =>
    request.source.fileList !== undefined && ["fileMissing", "not-found"].includes(because);
  const files = own(
    lines.filter((line) => !isMissing(line)),
    "file",
  );
  const inSpans = lines.reduce((sum, { files: count = 0 }) => sum + count, 0);
  assertWithin("file", files, [], possible.files);
  const [least, most] = [needed.files, possible.files].map((all) => all.filter((path) => !files.has(path)));
  const isIn = inSpans >= (least?.length ?? 0) && inSpans <= (most?.length ?? 0);
  assert.ok(isIn, `${inSpans} files in spans, not in the journal otherwise: ${least?.slice(0, 5).join(", ")}`);
  if (needed.files.length < possible.files.length) return;
  const unseen = new Set(
    lines
      .filter(
        ({ outcome, type, modifiedTime }) => outcome === "failed" && type === "file" && modifiedTime === undefined,
      )
      .map(({ path }) => path),
  );
  const missing = [...own(lines.filter(isMissing), "file")].filter((path) => !source.files.has(path));
  const all = [...needed.files, ...missing].reduce(
    (sum, path) => sum + partOf(path, unseen.has(path) ? undefined : source.files.get(path)),
    0n,
  );
  assert.equal(digest, (all % (1n << 128n)).toString(16).padStart(32, "0"), "the digest is that of the source");
}

function own(lines: readonly Line[], wanted: Line["type"]): ReadonlySet<string> {
  return new Set(lines.filter(({ type }) => type === wanted).map(({ path }) => path));
}

function assertWithin(
  what: string,
  listed: ReadonlySet<string>,
  needed: readonly string[],
  possible: readonly string[],
): void {
  const allowed = new Set(possible);
  for (const path of listed)
    assert.ok(allowed.has(path), `the ${what} ${path} is in the journal and not in the source`);
  for (const path of needed) assert.ok(listed.has(path), `the ${what} ${path} is not in the journal`);
}

/** The sink holds what was asked for, byte by byte, and nothing that nobody put there. */
export function assertSame({ source, sink, before, run: { request } }: Rested, failed: ReadonlySet<string>): void {
  for (const path of selected(source, request, failed).files) {
    if (failed.has(path)) continue;
    const to = moved(path, request);
    assert.equal(sink.files.get(to)?.md5, source.files.get(path)?.md5, `${path} is the same at the sink`);
    assert.equal(sink.files.get(to)?.modifiedMs, source.files.get(path)?.modifiedMs, `${path} has the source's time`);
  }
  assertAccess({ source, sink, before, run: { request } }, failed);
  const { files, folders } = selected(source, request, new Set());
  const expected = new Set([...files, ...folders].map((path) => moved(path, request)));
  for (const path of [...sink.files.keys(), ...sink.folders]) {
    const isRoot = path === "/" || path === pathFrom(request.sink.folderPath);
    const isAbove = request.source.fileList?.some((listed) => moved(listed, request).startsWith(`${path}/`)) === true;
    const isKnown = isAbove || expected.has(path) || before.files.has(path) || before.folders.has(path);
    assert.ok(isRoot || isKnown, `${path} is at the sink, and nobody's`);
  }
}

/** Who may do what is what the source says; a root that stood there before keeps what it had. */
function assertAccess(
  {
    source,
    sink,
    before,
    run: { request },
  }: Pick<Rested, "source" | "sink" | "before"> & { readonly run: Pick<Run, "request"> },
  failed: ReadonlySet<string>,
): void {
  const { files, folders } = selected(source, request, failed);
  const root = pathFrom(request.source.folderPath);
  const taken = request.source.recursive ? folders : folders.filter((path) => path === root);
  for (const path of [...files, ...taken]) {
    const to = moved(path, request);
    if (failed.has(path) || (path === root && before.folders.has(to))) continue;
    assert.equal(sink.accesses.get(to), source.accesses.get(path), `${path} has its access at the sink`);
  }
}

/** Where an item of the source stands at the sink. */
export function moved(path: string, { source, sink }: MigrationRequest): string {
  const [from, to] = [pathFrom(source.folderPath), pathFrom(sink.folderPath)];
  const rest = from === "/" ? path : path.slice(from.length);
  return (to === "/" ? "" : to) + (rest === "/" ? "" : rest) || "/";
}

/** What a request takes of a source, by an independent walk: nothing under a folder that failed is listed. */
export function selected(source: Truth, request: MigrationRequest, failed: ReadonlySet<string>) {
  const root = pathFrom(request.source.folderPath);
  const { recursive, listAfter, listBefore, fileList } = request.source;
  const isIn = (path: string, folder: string) =>
    path.startsWith(folder === "/" ? "/" : `${folder}/`) && path !== folder;
  function isSelected(path: string): boolean {
    if (!isIn(path, root)) return false;
    const names = path.slice(root === "/" ? 1 : root.length + 1).split("/");
    const [first = ""] = names;
    if (listAfter !== undefined && first <= listAfter) return false;
    if (listBefore !== undefined && first > listBefore) return false;
    if (!recursive && names.length > 1) return false;
    if (fileList?.every((listed) => path !== listed && !isIn(path, listed)) === true) return false;
    if (failed.has(root)) return false;
    return names.slice(1).every((_, at) => {
      const above = `${root === "/" ? "" : root}/${names.slice(0, at + 1).join("/")}`;
      return !failed.has(above) || source.files.has(above);
    });
  }
  const folders = [...source.folders].filter(isSelected);
  return {
    files: [...source.files.keys()].filter(isSelected),
    folders: listAfter === undefined && fileList === undefined ? [root as string, ...folders] : folders,
  };
}

// A file that nobody could look at counts with no bytes and no time.
function partOf(path: string, file: { readonly bytes: number; readonly modifiedMs: number } | undefined): bigint {
  return BigInt(`0x${hash("md5", `${path}\0${file?.bytes ?? 0}\0${file?.modifiedMs ?? 0}`, "hex")}`);
}
