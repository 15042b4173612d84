import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { itemText } from "./folder-log.ts";
import type { FileItem } from "./store.ts";

/**
 * What a store is about to make of a path: the item, once the local file `from` has moved there; without `from` a file that is
 * new, written where it belongs from `atMs` on by the machine's time.
 */
export type Intent = {
  readonly path: string;
  readonly item: FileItem;
  readonly from?: string | undefined;
  readonly atMs: number;
};

/**
 * The last put, written down before its content moves. A process that ends between the move and the line in the folder's log
 * leaves here what the line would have said.
 */
export type IntentNote = { write(intent: Intent): void; clear(): void; close(): void };

/** The intent that an earlier process left; undefined when there is none or it was cut short. */
export function readIntent(file: string): Intent | undefined {
  const [line = ""] = textOf(file).split("\n");
  try {
    return JSON.parse(line) as Intent;
  } catch {
    return undefined;
  }
}

/** Opens an empty note. */
export function openIntentNote(file: string): IntentNote {
  const fd = openSync(file, "w");
  return {
    // Only the first line counts, so what is left of a longer one doesn't matter.
    write: (intent) => void writeSync(fd, intentLine(intent), 0),
    clear: () => void writeSync(fd, "\n", 0),
    close: () => closeSync(fd),
  };
}

function intentLine({ path, item, from, atMs }: Intent): string {
  return `{"item":${itemText(item)},${JSON.stringify({ path, from, atMs }).slice(1)}\n`;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
