import { addDigests, type Digest, emptyDigest } from "./digest.ts";
import type { Extra } from "./extra.ts";
import type { FileOutcome, FolderOutcome } from "./outcome.ts";
import { type LakePath, splitPath } from "./path.ts";
import type { Difference, SkipReason } from "./tally.ts";
import { isoTime } from "./time.ts";

/** What a journal's lines say first, so that a reader can choose without reading on. */
export const journalOutcomes = [
  "copied",
  "access",
  "made",
  "found",
  "skipped",
  "failed",
  "planned",
  "different",
  "extra",
  "deleted",
  "kept",
  "noted",
] as const;

/** One of journalOutcomes. */
export type JournalOutcome = (typeof journalOutcomes)[number];

/** The committed part of one journal blob: everything before `bytes` counts, and `sha256` (hex) is its hash. */
export type JournalMark = {
  readonly blob: string;
  readonly bytes: number;
  readonly lines: number;
  readonly sha256: string;
};

/** A whole journal: `seal` is the SHA-256, in hex, of the lines "<blob> <bytes> <sha256>\n" of all its blobs in order. */
export type JournalSeal = {
  readonly blobs: number;
  readonly bytes: number;
  readonly lines: number;
  readonly seal: string;
};

/** What a seal hashes of one blob. */
export function sealedText({ blob, bytes, sha256 }: JournalMark): string {
  return `${blob} ${bytes} ${sha256}\n`;
}

/** The line of one file; with where it is at the sink, when a name of its path is another there. */
export function fileLine(path: LakePath, outcome: FileOutcome, sinkPath?: LakePath): string {
  const fields: Record<string, unknown> = { outcome: outcome.do, type: "file", path };
  if (sinkPath !== undefined) fields["sinkPath"] = sinkPath;
  Object.assign(fields, reasonOf(outcome));
  fields["bytes"] = outcome.bytes;
  if (outcome.do === "copied") {
    const { md5, crc64, readBack, isGone } = outcome;
    if (md5 !== undefined) fields["md5"] = md5;
    if (crc64 !== undefined) fields["crc64"] = crc64;
    if (readBack === true) fields["readBack"] = true;
    if (isGone === true) fields["isGone"] = true;
  }
  if (outcome.modifiedMs !== undefined) fields["modifiedTime"] = isoTime(outcome.modifiedMs);
  Object.assign(fields, carriedOf(outcome), outcome.effort);
  return `${JSON.stringify(fields)}\n`;
}

/** The line of one folder, or of the rest of a folder that has its line already ("range"). */
export function folderLine(path: LakePath, outcome: FolderOutcome, sinkPath?: LakePath): string {
  const type = outcome.do === "failed" && outcome.isPart === true ? "range" : "folder";
  const at = sinkPath === undefined ? {} : { sinkPath };
  return line(outcome.do, { type, path, ...at, ...reasonOf(outcome), ...carriedOf(outcome) });
}

/** The line of an item that only the sink has; its path is the one that it would have at the source, `sinkPath` as in fileLine. */
export function extraLine(path: LakePath, { item, outcome }: Extra, sinkPath?: LakePath): string {
  const { kind, bytes, etag, origin } = item;
  const { mass } = outcome;
  const isOnlyTold = outcome.do === "extra" || outcome.do === "surplus";
  return line(isOnlyTold ? "extra" : outcome.do, {
    type: kind,
    path,
    ...(sinkPath === undefined ? {} : { sinkPath }),
    ...(outcome.do === "planned" ? { plan: "delete" } : {}),
    because: outcome.do === "kept" ? outcome.because : "extra",
    ...(kind === "file" ? { bytes } : { files: mass.files, bytes: mass.bytes }),
    ...(origin === undefined ? { foreign: true } : { modifiedTime: isoTime(origin.modifiedMs) }),
    ...(etag === "" ? {} : { etag }),
    ...(outcome.do === "surplus" && outcome.isLater ? { later: true } : isOnlyTold ? { sign: "-" } : {}),
  });
}

/** The line of a folder, or a part of it, whose listings could not be merged side by side. */
export function joinedLine(path: LakePath, how: "hashed" | "asked"): string {
  return line("noted", { type: "listing", path, because: how });
}

/**
 * Items of one folder that were left out for the same reason and have no line of their own: how many of the names from
 * `first` to `last`. Of files, `digest` adds up their parts of the lake's digest.
 */
export type Span = { readonly first: string; readonly last: string } & (
  | { readonly files: number; readonly bytes: number; readonly digest: Digest }
  | { readonly folders: number }
);

/** The line of a span. */
export function spanLine(folder: LakePath, because: SkipReason, span: Span): string {
  const type = "files" in span ? "files" : "folders";
  return line("skipped", { type, path: folder, because, ...span, ...(because === "same" ? { sign: "=" } : {}) });
}

/** A span with one more file, or, without one, with one more folder. */
export function widened(span: Span | undefined, path: LakePath, file: FileOutcome | undefined): Span {
  const { name } = splitPath(path);
  const [first = name, last = name] = span === undefined ? [] : [span.first, span.last];
  const names = { first: name < first ? name : first, last: name > last ? name : last };
  if (file === undefined)
    return { ...names, folders: 1 + (span !== undefined && "folders" in span ? span.folders : 0) };
  const before = span !== undefined && "files" in span ? span : { files: 0, bytes: 0, digest: emptyDigest };
  return {
    ...names,
    files: before.files + 1,
    bytes: before.bytes + file.bytes,
    digest: addDigests(before.digest, file.digest),
  };
}

/** True when a line has this outcome. */
export function hasOutcome(text: string, outcome: JournalOutcome): boolean {
  return text.startsWith(`{"outcome":"${outcome}"`);
}

/** True for a line that says how two lakes differ. */
export function isDifference(text: string): boolean {
  return /"sign":"[-+*!]"/u.test(text);
}

const columns = [
  "outcome",
  "type",
  "path",
  "because",
  "bytes",
  "md5",
  "crc64",
  "readBack",
  "modifiedTime",
  "access",
  "expiry",
  "findings",
  "milliseconds",
  "requests",
  "first",
  "last",
  "files",
  "folders",
  "digest",
  "foreign",
  "plan",
  "sign",
  "op",
  "status",
  "code",
  "requestId",
  "tries",
  "time",
  "detail",
  "sinkPath",
  "later",
  "at",
  "isGone",
  "etag",
] as const;

/** The first line of a journal as CSV (RFC 4180). */
export const csvHeader = `${columns.join(",")}\r\n`;

/** A line as CSV. Cells that a spreadsheet would take for a formula begin with an apostrophe. */
export function csvLine(text: string): string {
  const { sign, ...fields } = JSON.parse(text) as Readonly<Record<string, unknown>> & { sign?: string };
  // The sign of a comparison is our own one character, and is to be read as it is.
  return rowOf(columns.map((column) => (column === "sign" ? (sign ?? "") : cell(fields[column]))));
}

/** Values as one line of CSV. */
export function csvRow(values: readonly unknown[]): string {
  return rowOf(values.map(cell));
}

function rowOf(cells: readonly string[]): string {
  return `${cells.join(",")}\r\n`;
}

function cell(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return "";
  const safe = /^[=+\-@\t\r]/u.test(value) ? `'${value}` : value;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function line(outcome: JournalOutcome, fields: object): string {
  return `${JSON.stringify({ outcome, ...fields })}\n`;
}

function reasonOf(outcome: FileOutcome | FolderOutcome): object {
  if (outcome.do === "access" || outcome.do === "copied") {
    return outcome.because === undefined ? {} : { because: outcome.because };
  }
  if (outcome.do === "planned") return { plan: outcome.plan, because: outcome.because };
  if (outcome.do === "different") {
    const { because, detail, isLater = false } = outcome;
    const mark = isLater ? { later: true } : { sign: signOf(because) };
    return { because: because.join(), ...(detail === undefined ? {} : { detail }), ...mark };
  }
  if (outcome.do !== "skipped" && outcome.do !== "failed") return {};
  const { kind, path: _, ...rest } = outcome.failure ?? {};
  return outcome.do === "failed" ? { because: kind, ...rest, sign: "!" } : { because: outcome.because, ...rest };
}

// As rclone has it: "+" is missing at the sink, "*" is different, "-" is only there, "=" is the same, "!" went wrong.
function signOf(because: readonly Difference[]): string {
  if (because.includes("unknown")) return "!";
  return because.includes("missing") ? "+" : "*";
}

function carriedOf(outcome: FileOutcome | FolderOutcome): object {
  if (!("carried" in outcome) || outcome.carried === undefined) return {};
  const { access, expiry, findings = [] } = outcome.carried;
  return {
    ...(access === undefined ? {} : { access }),
    ...(expiry === undefined ? {} : { expiry: "set" }),
    ...(findings.length === 0
      ? {}
      : { findings: findings.map(({ because, detail }) => `${because}: ${detail}`).join("; ") }),
  };
}
