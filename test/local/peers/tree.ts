import { hash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Gen2 } from "../../../local/gen2/gen2.ts";

/** Files with their content, and folders that hold none of them, by path. */
export type Tree = ReadonlyMap<string, Buffer | "folder">;

/** What two trees are compared by: every path, with length and MD5 of a file, and every folder above. */
export type Shape = Readonly<Record<string, string>>;

/** When the files that `writeTree` lays down were last changed, in ms: long before any test. */
export const writtenMs = Date.UTC(2020, 0, 2, 3, 4, 5);

/** More than 8 MiB, with no two pieces alike. */
export const big = counted(9 * 1024 * 1024 + 5);

/** What every peer has to bring over: empty, small and large, and names that are easily encoded once too often or too seldom. */
export const sample: Tree = new Map<string, Buffer | "folder">([
  ["big", big],
  ["dir one/empty", Buffer.alloc(0)],
  ["dir one/a b+c%25&d=e#f?.txt", Buffer.from("hello")],
  ["dir one/x;y,z'(1)!@$~[].txt", Buffer.from("q")],
  ["ünï/zwölf 日本.bin", Buffer.from("xyz")],
]);

/** The sample and a folder with nothing in it, for peers that keep folders. */
export const sampleWithFolder: Tree = new Map([...sample, ["dir one/leer", "folder"]]);

/** The shape of a tree. */
export function shapeOf(tree: Tree): Shape {
  const shape: Record<string, string> = {};
  for (const [path, content] of tree) {
    for (let above = dirname(path); above !== "."; above = dirname(above)) shape[above] = "folder";
    shape[path] = content === "folder" ? content : fileShape(content.length, hash("md5", content, "base64"));
  }
  return shape;
}

/** The shape of what a Gen2 emulator holds in a file system, by its dump. */
export async function shapeOfLake(gen2: Gen2, fileSystem: string): Promise<Shape> {
  const items = (await gen2.dump()).filter(({ path }) => path.startsWith(`${fileSystem}/`));
  return Object.fromEntries(
    items.map(({ path, type, bytes, md5 }) => [
      path.slice(fileSystem.length + 1),
      type === "folder" ? type : fileShape(bytes, md5 ?? ""),
    ]),
  );
}

/** The shape of a folder of this machine. */
export function shapeOfFolder(folder: string): Shape {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const tree = entries.map((entry): [string, Buffer | "folder"] => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(folder.length + 1), entry.isDirectory() ? "folder" : readFileSync(path)];
  });
  return shapeOf(new Map(tree));
}

/** Lays a tree down in a folder of this machine. */
export function writeTree(folder: string, tree: Tree): void {
  for (const [path, content] of tree) {
    const place = join(folder, path);
    mkdirSync(content === "folder" ? place : dirname(place), { recursive: true });
    if (content === "folder") continue;
    writeFileSync(place, content);
    utimesSync(place, writtenMs / 1000, writtenMs / 1000);
  }
}

function fileShape(bytes: number, md5: string): string {
  return `${bytes} bytes, ${md5}`;
}

function counted(bytes: number): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  for (let index = 0; index < words.length; index++) words[index] = Math.imul(index, 2_654_435_761);
  return Buffer.from(words.buffer, 0, bytes);
}
