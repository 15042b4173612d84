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
  const texts = textOf(file).split("\n");
  const rest = texts.pop();
  for (const text of texts) {
    const line = JSON.parse(text) as LogLine;
    if (line.item === undefined) items.delete(line.name);
    else items.set(line.name, line.item);
  }
  return { items, lines: texts.length, isWhole: rest === "" };
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
  return `${JSON.stringify(line)}\n`;
}

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

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
