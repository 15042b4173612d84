import { createHash } from "node:crypto";
import { cpSync, mkdirSync, openSync, closeSync, writeSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot } from "../local/start/processes.ts";

/** One thing that is measured: a lake, and what stands in the way. */
export type Case = {
  readonly name: string;
  readonly what: string;
  /** Lays out the lake. */
  readonly make: (root: string) => void;
  /** How often each tool crosses it, in turns. */
  readonly rounds: number;
  /** After so many seconds a tool is stopped, and what had arrived is what counts. */
  readonly limitSeconds: number;
  /** Seconds that a round of all tools takes on a quiet machine of two cores, for telling how long it will take. */
  readonly aboutSeconds: number;
  /** Requests a second that the sink takes. */
  readonly cap?: number;
  /** Milliseconds that each request to the sink takes more. */
  readonly delayMs?: number;
  /** What is measured is a second run, of a lake that hasn't changed. */
  readonly isAgain?: true;
  /** Of each so many bodies one arrives with another byte than was sent. */
  readonly flip?: number;
  /** The process that copies is killed with kill -9 once a quarter of the files has arrived, and goes on. */
  readonly isKilled?: true;
  /** Owners, groups and ACLs of the lake, as the Gen1 emulator keeps them; they are carried over by whoever can. */
  readonly access?: string;
};

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** Where the file of this number stands. */
export const nameOf = (index: number, perFolder = 500) =>
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

/** Lays out so many files of one length, so many to a folder. */
export function many(count: number, bytes: number, perFolder = 500) {
  return (root: string) => {
    const content = Buffer.alloc(bytes);
    for (let index = 0; index < count; index++) {
      const file = join(root, nameOf(index, perFolder));
      if (index % perFolder === 0) mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, varied(content, index));
    }
  };
}

function one(root: string, bytes: number) {
  const piece = Buffer.alloc(Math.min(bytes, 64 * mebibyte));
  const file = openSync(join(root, "one.bin"), "w");
  for (let written = 0; written < bytes; written += piece.length) writeSync(file, varied(piece, written));
  closeSync(file);
}

// Every file is another, at little cost.
function varied(content: Buffer, index: number): Buffer {
  createHash("md5").update(String(index)).digest().copy(content);
  return content;
}

/** Where the Gen1 emulator finds owners and ACLs of a lake; they are laid out beside it. */
export function metaOf(source: string): string {
  return `${source}.gen1.jsonl`;
}

/** Copies a folder with what its links lead to. Without a filter Node's cpSync leaves links as they are (nodejs/node#59168). */
export function copyFollowing(from: string, to: string): void {
  cpSync(from, to, { recursive: true, dereference: true, filter: () => true });
}

const few = { rounds: 3, limitSeconds: 60 } as const;

/** All cases by name, in the order in which they are measured. */
export const cases: readonly Case[] = [
  { ...few, name: "one", what: "one file of 1 KiB", rounds: 5, aboutSeconds: 4, make: (root) => one(root, kibibyte) },
  // Code that is compiled while it runs makes the first two rounds of a process slower: the middle one of five is warm.
  {
    ...few,
    name: "small",
    what: "20,000 files of 4 KiB",
    rounds: 5,
    aboutSeconds: 25,
    make: many(20_000, 4 * kibibyte),
  },
  { ...few, name: "medium", what: "5,000 files of 64 KiB", aboutSeconds: 12, make: many(5000, 64 * kibibyte) },
  { ...few, name: "large", what: "40 files of 64 MiB", aboutSeconds: 20, make: many(40, 64 * mebibyte) },
  { ...few, name: "huge", what: "one file of 4 GiB", aboutSeconds: 35, make: (root) => one(root, 4096 * mebibyte) },
  {
    ...few,
    name: "access",
    what: "20,000 files of 4 KiB with owners, groups and ACLs (`small` is the same without)",
    aboutSeconds: 25,
    make: many(20_000, 4 * kibibyte),
    access: accessOf(20_000),
  },
  {
    ...few,
    name: "again",
    what: "20,000 files of 4 KiB, a second time, unchanged",
    rounds: 5,
    aboutSeconds: 35,
    make: many(20_000, 4 * kibibyte),
    isAgain: true,
  },
  {
    ...few,
    name: "capped",
    what: "5,000 files of 4 KiB, the sink takes 500 requests/s",
    rounds: 2,
    limitSeconds: 90,
    aboutSeconds: 110,
    make: many(5000, 4 * kibibyte),
    cap: 500,
  },
  {
    ...few,
    name: "flipped",
    what: "2,000 files of 16 KiB, one byte is another in each 50th body",
    rounds: 1,
    aboutSeconds: 15,
    make: many(2000, 16 * kibibyte),
    flip: 50,
  },
  {
    ...few,
    name: "killed",
    what: "20,000 files of 4 KiB, kill -9 when a quarter has arrived",
    rounds: 1,
    aboutSeconds: 30,
    make: many(20_000, 4 * kibibyte),
    isKilled: true,
  },
  {
    ...few,
    name: "tree",
    what: "the dependency tree of this project",
    rounds: 2,
    limitSeconds: 90,
    aboutSeconds: 70,
    make: (root) => copyFollowing(join(projectRoot, "node_modules"), root),
  },
  {
    ...few,
    name: "folders",
    what: "100,000 folders with one file of 1 KiB, 20 ms a request",
    rounds: 1,
    limitSeconds: 45,
    aboutSeconds: 240,
    make: many(100_000, kibibyte, 1),
    delayMs: 20,
  },
];
