import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, join } from "node:path";
import { SMALL_BYTES } from "./store.ts";
import type { Content, Intake, Part, Piece } from "./store.ts";

/** Content that has no place in the tree yet: bodies on their way, blocks and appends that wait for their commit. */
export type Parts = {
  intake(): Intake;
  /** The local file that holds a content, to be renamed into place. */
  fileOf(content: Content): string;
  join(pieces: readonly Piece[], fileAt: (path: string) => string): Promise<Content>;
  discard(content: Content): void;
  stage(path: string, part: Part): void;
  staged(path: string): ReadonlyMap<string, Part>;
  unstage(path: string, keeps?: (key: string) => boolean): void;
  /** Lets the parts of `path` and of everything under it go. */
  unstageAll(path: string): void;
};

/** Opens the parts kept in `folder`: what an earlier process staged is there again, what it left half-way is removed. */
export function openParts(folder: string): Parts {
  mkdirSync(folder, { recursive: true });
  const log = join(folder, "log");
  const staged = readStaged(folder, log);
  writeFileSync(
    `${log}-fresh`,
    [...staged].flatMap(([path, parts]) => [...parts.values()].map((part) => stagedLine(path, part))).join(""),
  );
  renameSync(`${log}-fresh`, log);
  sweep(folder, staged);

  // Names must not meet those of an earlier process, whose staged parts are still here.
  const prefix = join(folder, `${Date.now().toString(36)}-${process.pid.toString(36)}-`);
  let created = 0;
  const newFile = (): string => `${prefix}${(created++).toString(36)}`;
  const fileOf = (content: Content): string => {
    if (content.kind === "file") return content.file;
    const file = newFile();
    writeNew(file, content.chunks);
    return file;
  };
  const discard = (content: Content): void => {
    if (content.kind === "file") rmSync(content.file, { force: true });
  };

  const unstage = (path: string, keeps?: (key: string) => boolean): void => {
    const parts = staged.get(path);
    if (parts === undefined) return;
    const kept = new Map([...parts].filter(([key]) => keeps?.(key)));
    if (kept.size > 0) staged.set(path, kept);
    else staged.delete(path);
    appendFileSync(
      log,
      [`${JSON.stringify({ path })}\n`, ...[...kept.values()].map((part) => stagedLine(path, part))].join(""),
    );
    for (const part of parts.values()) if (!kept.has(part.key)) discard(part.content);
    if (staged.size === 0) writeFileSync(log, "");
  };

  return {
    intake: () => createIntake(newFile),
    fileOf,
    async join(pieces, fileAt) {
      const only = pieces[0];
      if (pieces.length === 1 && only !== undefined && typeof only.from !== "string" && only.bytes === only.from.bytes)
        return only.from;
      const file = newFile();
      const target = await open(file, "wx");
      try {
        for (const piece of pieces) await copyPiece(piece, fileAt, target);
      } catch (error) {
        rmSync(file, { force: true });
        throw error;
      } finally {
        await target.close();
      }
      return { kind: "file", bytes: pieces.reduce((sum, piece) => sum + piece.bytes, 0), file };
    },
    discard,
    stage(path, part) {
      const parts = staged.get(path) ?? new Map<string, Part>();
      const earlier = parts.get(part.key);
      const kept: Part = { ...part, content: { kind: "file", bytes: part.bytes, file: fileOf(part.content) } };
      staged.set(path, parts.set(part.key, kept));
      appendFileSync(log, stagedLine(path, kept));
      if (earlier !== undefined) discard(earlier.content);
    },
    staged: (path) => staged.get(path) ?? NOTHING,
    unstage,
    unstageAll(path) {
      for (const held of staged.keys()) if (held === path || held.startsWith(`${path}/`)) unstage(held);
    },
  };
}

type StagedLine = { readonly path: string; readonly part?: StagedPart };
type StagedPart = { readonly key: string; readonly bytes: number; readonly stagedMs: number; readonly file: string };
type Staged = Map<string, Map<string, Part>>;

const NOTHING: ReadonlyMap<string, Part> = new Map();
const COPY_BYTES = 1024 * 1024;

function createIntake(newFile: () => string): Intake {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let file: string | undefined;
  let fd: number | undefined;
  return {
    write(chunk) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (fd === undefined && bytes > SMALL_BYTES) {
        file = newFile();
        fd = openSync(file, "wx");
      }
      if (fd === undefined) return;
      for (const waiting of chunks) writeWhole(fd, waiting);
      chunks = [];
    },
    finish() {
      if (fd === undefined || file === undefined) return { kind: "memory", bytes, chunks };
      closeSync(fd);
      return { kind: "file", bytes, file };
    },
    abort() {
      if (fd === undefined || file === undefined) return;
      closeSync(fd);
      rmSync(file, { force: true });
    },
  };
}

/** Writes a file that doesn't exist yet; a failure leaves none. */
export function writeNew(file: string, chunks: readonly Buffer[]): void {
  const fd = openSync(file, "wx");
  try {
    for (const chunk of chunks) writeWhole(fd, chunk);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

async function copyPiece(piece: Piece, fileAt: (path: string) => string, target: FileHandle): Promise<void> {
  if (typeof piece.from !== "string" && piece.from.kind === "memory") {
    await target.writeFile(Buffer.concat(piece.from.chunks).subarray(piece.start, piece.start + piece.bytes));
    return;
  }
  const source = await open(typeof piece.from === "string" ? fileAt(piece.from) : piece.from.file, "r");
  try {
    const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, piece.bytes));
    for (let copied = 0; copied < piece.bytes; ) {
      const { bytesRead } = await source.read(
        buffer,
        0,
        Math.min(buffer.length, piece.bytes - copied),
        piece.start + copied,
      );
      if (bytesRead === 0) throw new Error("a part is shorter than its length");
      await target.writeFile(buffer.subarray(0, bytesRead));
      copied += bytesRead;
    }
  } finally {
    await source.close();
  }
}

function stagedLine(path: string, { key, bytes, stagedMs, content }: Part): string {
  const file = content.kind === "file" ? basename(content.file) : "";
  return `${JSON.stringify({ path, part: { key, bytes, stagedMs, file } } satisfies StagedLine)}\n`;
}

function readStaged(folder: string, log: string): Staged {
  const staged: Staged = new Map();
  const present = new Set(readdirSync(folder));
  if (!present.has("log")) return staged;
  // The last line is empty, or cut short by a crash.
  for (const text of readFileSync(log, "utf8").split("\n").slice(0, -1)) {
    const { path, part } = JSON.parse(text) as StagedLine;
    if (part === undefined) staged.delete(path);
    else if (present.has(part.file))
      staged.set(path, (staged.get(path) ?? new Map<string, Part>()).set(part.key, partOf(folder, part)));
  }
  return staged;
}

function partOf(folder: string, { key, bytes, stagedMs, file }: StagedPart): Part {
  return { key, bytes, stagedMs, content: { kind: "file", bytes, file: join(folder, file) } };
}

function sweep(folder: string, staged: Staged): void {
  const kept = new Set<string>([join(folder, "log")]);
  for (const parts of staged.values()) {
    for (const part of parts.values()) if (part.content.kind === "file") kept.add(part.content.file);
  }
  for (const name of readdirSync(folder)) {
    if (!kept.has(join(folder, name))) rmSync(join(folder, name), { force: true });
  }
}
