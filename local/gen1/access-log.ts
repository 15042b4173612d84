import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import * as z from "zod";
import { formatAcl, parseAcl } from "../kit/acl.ts";
import { type Access, defaultAccess } from "./access.ts";
import { isWithin } from "./names.ts";

/** Access by path; a path without an entry has the default access. */
export type AccessTable = {
  get(path: string): Access;
  set(path: string, access: Access): void;
  /** Forgets a path and all under it. */
  remove(path: string): void;
  /** Moves the entries of a path and all under it. */
  rename(from: string, to: string): void;
  close(): void;
};

/** One line of the log, as JSON; fields of an entry that are absent have their default. */
export type AccessLine =
  | {
      readonly path: string;
      readonly owner?: string | undefined;
      readonly group?: string | undefined;
      readonly acl?: string | undefined;
      readonly sticky?: true | undefined;
      readonly expiresMs?: number | undefined;
    }
  | { readonly remove: string }
  | { readonly rename: readonly [from: string, to: string] };

/** A table that is kept in `file`, one JSON line for each change; without a file it lives in memory only. */
export function accessTable(file?: string): AccessTable {
  const log = file === undefined ? undefined : openLog(file);
  const entries = log?.entries ?? new Map<string, Access>();
  return {
    get: (path) => entries.get(path) ?? defaultAccess,
    set(path, access) {
      if (isSame(entries.get(path) ?? defaultAccess, access)) return;
      entries.set(path, access);
      log?.write(accessLine(path, access));
    },
    remove(path) {
      if (removeEntries(entries, path)) log?.write({ remove: path });
    },
    rename(from, to) {
      if (renameEntries(entries, from, to)) log?.write({ rename: [from, to] });
    },
    close: () => log?.close(),
  };
}

/** The log line that sets a path's access. */
export function accessLine(path: string, access: Access): AccessLine {
  return {
    path,
    owner: access.owner === defaultAccess.owner ? undefined : access.owner,
    group: access.group === defaultAccess.group ? undefined : access.group,
    acl: formatAcl(access.acl) === defaultAcl ? undefined : formatAcl(access.acl),
    sticky: access.isSticky ? true : undefined,
    expiresMs: access.expiresMs === 0 ? undefined : access.expiresMs,
  };
}

const defaultAcl = formatAcl(defaultAccess.acl);

const lineShape: z.ZodType<AccessLine> = z.union([
  z.strictObject({
    path: z.string(),
    owner: z.string().optional(),
    group: z.string().optional(),
    acl: z.string().optional(),
    sticky: z.literal(true).optional(),
    expiresMs: z.number().optional(),
  }),
  z.strictObject({ remove: z.string() }),
  z.strictObject({ rename: z.tuple([z.string(), z.string()]) }),
]);

type Log = { readonly entries: Map<string, Access>; write(line: AccessLine): void; close(): void };

function openLog(file: string): Log {
  const entries = new Map<string, Access>();
  const lines = readLines(file);
  for (const line of lines.whole) apply(entries, line);
  if (lines.isTorn || lines.whole.length > 2 * entries.size) rewrite(file, entries);
  let handle: number | undefined;
  return {
    entries,
    write(line) {
      handle ??= openSync(file, "a");
      writeSync(handle, `${JSON.stringify(line)}\n`);
    },
    close() {
      if (handle !== undefined) closeSync(handle);
      handle = undefined;
    },
  };
}

// A process that is killed leaves at most its last line unfinished; any other bad line is damage and is not passed over.
function readLines(file: string): { readonly whole: readonly AccessLine[]; readonly isTorn: boolean } {
  if (!existsSync(file)) return { whole: [], isTorn: false };
  const texts = readFileSync(file, "utf8").split("\n");
  const rest = texts.pop();
  const whole = texts.map((text, index) => {
    try {
      return lineShape.parse(JSON.parse(text));
    } catch (cause) {
      throw new Error(`line ${index + 1} of ${file} is not an access entry`, { cause });
    }
  });
  return { whole, isTorn: rest !== "" };
}

function rewrite(file: string, entries: ReadonlyMap<string, Access>): void {
  const lines = Array.from(entries, ([path, access]) => `${JSON.stringify(accessLine(path, access))}\n`);
  writeFileSync(`${file}.new`, lines.join(""));
  renameSync(`${file}.new`, file);
}

function apply(entries: Map<string, Access>, line: AccessLine): void {
  if ("remove" in line) removeEntries(entries, line.remove);
  else if ("rename" in line) renameEntries(entries, ...line.rename);
  else {
    entries.set(line.path, {
      owner: line.owner ?? defaultAccess.owner,
      group: line.group ?? defaultAccess.group,
      acl: line.acl === undefined ? defaultAccess.acl : parseAcl(line.acl),
      isSticky: line.sticky ?? false,
      expiresMs: line.expiresMs ?? 0,
    });
  }
}

function removeEntries(entries: Map<string, Access>, path: string): boolean {
  const gone = [...entries.keys()].filter((key) => isWithin(key, path));
  for (const key of gone) entries.delete(key);
  return gone.length > 0;
}

function renameEntries(entries: Map<string, Access>, from: string, to: string): boolean {
  const moved = [...entries].filter(([key]) => isWithin(key, from));
  for (const [key] of moved) entries.delete(key);
  for (const [key, access] of moved) entries.set(to + key.slice(from.length), access);
  return moved.length > 0;
}

function isSame(a: Access, b: Access): boolean {
  return JSON.stringify(accessLine("", a)) === JSON.stringify(accessLine("", b));
}
