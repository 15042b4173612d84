import { hash } from "node:crypto";
import { addDigests, toDigest } from "../../src/core/digest.ts";
import { childPath, type LakePath } from "../../src/core/path.ts";
import { digestOf } from "../../src/ferry/hash.ts";
import { type ComputedLake, nameOf } from "./lake.ts";

/** What a lake's files add up to, in whatever order they come. */
export type Sums = {
  readonly files: number;
  readonly bytes: number;
  /** Of paths and content: Σ md5(path, 0, content) mod 2^128. */
  readonly content: string;
};

/** Adds files up, one by one. */
export type Adder = { readonly add: (path: string, content: Buffer) => void; readonly sums: () => Sums };

/** Sums of nothing yet. */
export function openAdder(): Adder {
  let [files, bytes, content] = [0, 0, 0n];
  return {
    add: (path, more) => {
      files++;
      bytes += more.byteLength;
      content += BigInt(`0x${hash("md5", Buffer.concat([Buffer.from(`${path}\0`), more]), "hex")}`);
    },
    sums: () => ({ files, bytes, content: toDigest(content) }),
  };
}

/** What a computed lake, or some of its files, adds up to, and the digest that a walk of these must end with. */
export function sumsOf(
  lake: ComputedLake,
  isWanted: (number: number) => boolean = () => true,
): Sums & { readonly digest: string } {
  const adder = openAdder();
  let digest = toDigest(0n);
  for (const { path: folder, files } of lake.holders()) {
    for (let index = 0; index < files; index++) {
      const path = childPath(folder as LakePath, nameOf(index));
      const file = lake.fileAt(path);
      if (file === undefined) throw new Error(`${path} should be there`);
      if (!isWanted(file.number)) continue;
      adder.add(path, lake.contentOf(file));
      digest = addDigests(digest, digestOf(path, file));
    }
  }
  return { ...adder.sums(), digest };
}
