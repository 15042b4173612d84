import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Item } from "./store.ts";

/** One line of a folder's log: what a child is from now on, or that it is gone. */
export type LogLine = { readonly name: string; readonly item?: Item };

/** The last word of a log on each name. `isWhole` is false when a crash cut its last line short. */
export function readLog(file: string): {
  readonly items: Map<string, Item>;
  readonly lines: number;
  readonly isWhole: boolean;
} {
  const items = new Map<string, Item>();
  const known = new Map<string, string>();
  const bytes = bytesOf(file);
  let lines = 0;
  let start = 0;
  // Line by line from the bytes: the log of a wide folder is long, and all its lines at once would be held as text.
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    const line = JSON.parse(bytes.toString("utf8", start, end)) as LogLine;
    if (line.item === undefined) items.delete(line.name);
    else items.set(line.name, sharing(line.item, known));
    start = end + 1;
    lines++;
  }
  return { items, lines, isWhole: start === bytes.length };
}

/** Replaces a log by one line for each item. */
export function rewriteLog(file: string, items: Iterable<readonly [string, Item]>): void {
  mkdirSync(dirname(file), { recursive: true });
  let text = "";
  for (const [name, item] of items) text += formatLine({ name, item });
  const fresh = `${file}-fresh`;
  writeFileSync(fresh, text);
  renameSync(fresh, file);
}

/** The text of one line of a log. */
export function formatLine(line: LogLine): string {
  const name = JSON.stringify(line.name);
  return line.item === undefined ? `{"name":${name}}\n` : `{"name":${name},"item":${itemText(line.item)}}\n`;
}

/** An item as JSON. */
export function itemText(item: Item): string {
  if (latest?.item !== item) latest = { item, text: JSON.stringify(item) };
  return latest.text;
}

// What is put is written twice, first as an intent and then as a line.
let latest: { readonly item: Item; readonly text: string } | undefined;

/** Appends to logs through a bounded number of open files. */
export type LogWriter = { append(file: string, text: string): void; releaseUnder(folder: string): void };

/** A writer that keeps at most `maxOpen` logs open. */
export function createLogWriter(maxOpen: number): LogWriter {
  const open = new Map<string, number>();
  const release = (file: string): void => {
    const fd = open.get(file);
    if (fd === undefined) return;
    open.delete(file);
    closeSync(fd);
  };
  const opened = (file: string): number => {
    const held = open.get(file);
    if (held !== undefined) return held;
    for (const oldest of open.keys()) {
      if (open.size < maxOpen) break;
      release(oldest);
    }
    const fd = openForAppend(file);
    open.set(file, fd);
    return fd;
  };
  return {
    append: (file, text) => void writeSync(opened(file), text),
    releaseUnder(folder) {
      for (const file of open.keys()) if (file.startsWith(folder)) release(file);
    },
  };
}

function openForAppend(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  return openSync(file, "a");
}

// The files of a folder have few different owners and ACLs, and a wide folder holds each of these texts once.
function sharing(item: Item, known: Map<string, string>): Item {
  const shared = (text: string): string => {
    const held = known.get(text);
    if (held === undefined) known.set(text, text);
    return held ?? text;
  };
  const access = { owner: shared(item.owner), group: shared(item.group), acl: shared(item.acl) };
  return Object.assign(item, access);
}

const NEWLINE = 10;

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}
