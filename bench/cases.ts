import { createHash } from "node:crypto";
import { cpSync, mkdirSync, openSync, closeSync, writeSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot } from "../local/start/processes.ts";

/** One thing that is measured: a lake, and what stands in the way. */
export type Case = {
  readonly name: string;
  readonly what: string;
  /** Lays out the lake; says how many files and bytes it has. */
  readonly make: (root: string) => { readonly files: number; readonly bytes: number };
  /** Requests a second that the sink takes. */
  readonly cap?: number;
  /** Milliseconds that each request to the sink takes more. */
  readonly delayMs?: number;
  /** What is measured is a second run, of a lake that hasn't changed. */
  readonly isAgain?: true;
  /** Owners, groups and ACLs of the lake, as the Gen1 emulator keeps them; they are carried over by whoever can. */
  readonly access?: string;
};

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

const nameOf = (index: number, perFolder = 500) =>
  `d${String(Math.floor(index / perFolder)).padStart(5, "0")}/f${String(index).padStart(7, "0")}`;

// Every file has an owner of its own; every tenth has an ACL as well.
function accessOf(count: number): string {
  const id = (index: number) => `00000000-0000-4000-8000-${String(index % 97).padStart(12, "0")}`;
  const acl = (index: number) => `user::rwx,user:${id(index + 1)}:r-x,group::r-x,mask::r-x,other::---`;
  const lines = Array.from({ length: count }, (_, index) => ({
    path: `/${nameOf(index)}`,
    owner: id(index),
    group: id(index + 7),
    ...(index % 10 === 0 ? { acl: acl(index) } : {}),
  }));
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function many(count: number, bytes: number, perFolder = 500) {
  return (root: string) => {
    const content = Buffer.alloc(bytes);
    for (let index = 0; index < count; index++) {
      const file = join(root, nameOf(index, perFolder));
      if (index % perFolder === 0) mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, varied(content, index));
    }
    return { files: count, bytes: count * bytes };
  };
}

function one(root: string, bytes: number) {
  const piece = Buffer.alloc(Math.min(bytes, 64 * mebibyte));
  const file = openSync(join(root, "one.bin"), "w");
  for (let written = 0; written < bytes; written += piece.length) writeSync(file, varied(piece, written));
  closeSync(file);
  return { files: 1, bytes };
}

// Every file is another, at little cost.
function varied(content: Buffer, index: number): Buffer {
  createHash("md5").update(String(index)).digest().copy(content);
  return content;
}

/** All cases by name. */
export const cases: readonly Case[] = [
  { name: "small", what: "20,000 files of 4 KiB", make: many(20_000, 4 * kibibyte) },
  { name: "medium", what: "5,000 files of 64 KiB", make: many(5000, 64 * kibibyte) },
  { name: "large", what: "40 files of 64 MiB", make: many(40, 64 * mebibyte) },
  { name: "huge", what: "one file of 4 GiB", make: (root) => one(root, 4096 * mebibyte) },
  {
    name: "tree",
    what: "the dependency tree of this project",
    make: (root) => {
      cpSync(join(projectRoot, "node_modules"), root, { recursive: true, dereference: true });
      return { files: 0, bytes: 0 };
    },
  },
  {
    name: "again",
    what: "20,000 files of 4 KiB, a second time, unchanged",
    make: many(20_000, 4 * kibibyte),
    isAgain: true,
  },
  {
    name: "capped",
    what: "5,000 files of 4 KiB, the sink takes 500 requests/s",
    make: many(5000, 4 * kibibyte),
    cap: 500,
  },
  { name: "one", what: "one file of 1 KiB", make: (root) => one(root, kibibyte) },
  {
    name: "access",
    what: "20,000 files of 4 KiB with owners, groups and ACLs",
    make: many(20_000, 4 * kibibyte),
    access: accessOf(20_000),
  },
  {
    name: "folders",
    what: "100,000 folders with one file of 1 KiB, 20 ms a request",
    make: many(100_000, kibibyte, 1),
    delayMs: 20,
  },
];
