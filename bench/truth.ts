import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/** What a lake holds: length and CRC-32 of each file, by path. */
export type Truth = ReadonlyMap<string, readonly [bytes: number, crc: number]>;

/** How what arrived differs from what there was. */
export type Verdict = { readonly missing: number; readonly wrong: number; readonly extra: number };

const pieceBytes = 4 * 1024 * 1024;

/** Reads all files under a folder. Links are refused: each tool has its own way with them. */
export function truthOf(root: string): Truth {
  const piece = Buffer.alloc(pieceBytes);
  const truth = new Map<string, readonly [number, number]>();
  const walk = (folder: string, at: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const file = join(folder, entry.name);
      if (entry.isDirectory()) walk(file, `${at}${entry.name}/`);
      else if (!entry.isFile()) throw new Error(`${file} is neither a file nor a folder`);
      else truth.set(`${at}${entry.name}`, sumOf(file, piece));
    }
  };
  walk(root, "");
  return truth;
}

/** Bytes of all files. */
export function bytesOf(truth: Truth): number {
  let sum = 0;
  for (const [bytes] of truth.values()) sum += bytes;
  return sum;
}

/** Holds what a sink says of its files, as one JSON line each, against the truth. */
export function verdictOn(truth: Truth, lines: string): Verdict {
  let [wrong, extra, known] = [0, 0, 0];
  for (const line of lines.split("\n")) {
    if (line === "") continue;
    const [path, bytes, crc] = JSON.parse(line) as [string, number, number];
    const there = truth.get(path);
    if (there === undefined) extra++;
    else known++;
    if (there !== undefined && (there[0] !== bytes || there[1] !== crc)) wrong++;
  }
  return { missing: truth.size - known, wrong, extra };
}

function sumOf(file: string, piece: Buffer): readonly [number, number] {
  const { size } = statSync(file);
  const opened = openSync(file, "r");
  try {
    let crc = 0;
    for (let at = 0; at < size; ) {
      const read = readSync(opened, piece, 0, Math.min(piece.length, size - at), at);
      if (read === 0) break;
      crc = crc32(piece.subarray(0, read), crc);
      at += read;
    }
    return [size, crc];
  } finally {
    closeSync(opened);
  }
}
