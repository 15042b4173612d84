import { LakeError } from "../core/error.ts";
import { parsePlace, printPlace, readLines, whyNotUtf8 } from "../core/lines.ts";
import type { NameList } from "../core/nameList.ts";
import type { LakePath } from "../core/path.ts";
import type { Read } from "../lake/lake.ts";
import { readPart } from "./readWhole.ts";

/** A file that may be a list, in either lake. */
export type ListFile = {
  readonly path: LakePath;
  /** For people: where the file is. */
  readonly where: string;
  readonly read: Read;
  /** What stands at the path; a version is another whenever the content may be. */
  readonly look: (
    signal?: AbortSignal,
  ) => Promise<{ readonly kind: "file" | "folder"; readonly bytes: number; readonly version: string } | undefined>;
};

const portionBytes = 256 * 1024;

/** A list in a file: lines in UTF-8. */
export function fileList({ path, where, read, look }: ListFile): NameList {
  const refuse = (kind: "not-found" | "invalid" | "changed", detail: string) =>
    new LakeError(kind, { op: "list", path, detail });

  async function whole(signal: AbortSignal | undefined) {
    const there = await look(signal);
    if (there === undefined) throw refuse("not-found", `the list ${path} does not exist in ${where}`);
    if (there.kind === "folder") throw refuse("invalid", `the list ${path} in ${where} is a folder, not a file`);
    const range = {
      version: there.version,
      from: printPlace({ offset: 0, line: 1 }),
      to: printPlace({ offset: there.bytes, line: 0 }),
    };
    return range;
  }

  // As many bytes as there are up to the end; less when the file was cut meanwhile.
  function bytesAt(offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return readPart(read, path, offset, length, signal);
  }

  return {
    name: `${path} in ${where}`,
    whole: async (signal) => {
      const range = await whole(signal);
      const why = whyNotUtf8(await bytesAt(0, Math.min(2, parsePlace(range.to).offset), signal));
      if (why !== undefined) throw refuse("invalid", `the list ${path} in ${where} can't be read: ${why}`);
      return range;
    },

    read: async ({ version, from, to }, signal) => {
      const end = parsePlace(to).offset;
      const lines = readLines(parsePlace(from));
      const items = [];
      let { offset } = parsePlace(from);
      const first = offset;
      // A line that is longer than a portion has to end as well.
      while (offset < end && (offset === first || lines.place().offset === first)) {
        const bytes = await bytesAt(offset, Math.min(portionBytes, end - offset), signal);
        if (bytes.byteLength === 0) break;
        items.push(...lines.take(bytes));
        offset += bytes.byteLength;
      }
      if (offset >= end) items.push(...lines.end());
      // Asked after the bytes were read: they are of this version.
      const there = await look(signal);
      if (there?.version !== version) {
        throw refuse("changed", `the list ${path} in ${where} is another one than when the run began; start a new run`);
      }
      return { items, to: offset >= end ? to : printPlace(lines.place()) };
    },
  };
}
