import { createHash } from "node:crypto";
import { LakeError } from "../core/error.ts";
import { type JournalMark, type JournalSeal, sealedText } from "../core/journal.ts";
import { type Blobs, maxAppendBytes } from "./blobs.ts";

/** Lines waiting in memory: from here on they are sent without a save asking for it, and whoever brings more waits. */
const eagerBytes = 1024 * 1024;
const fullBytes = 8 * 1024 * 1024;

/** The journal of one claim of one packet: an append blob of its own, written by nobody else. */
export type JournalWriter = {
  /** Takes a line with its end. */
  readonly add: (line: string) => void;
  /** Everything added so far; undefined while there is nothing. Not stored yet. */
  readonly mark: () => JournalMark | undefined;
  /** Resolves when the store has everything up to this mark. May be repeated after a failure. */
  readonly stored: (mark: JournalMark) => Promise<void>;
  /** True when lines wait for a slow store. */
  readonly isFull: () => boolean;
};

/** Opens the journal of a claim; `blob` is a name that no other claim has. */
export function openJournal(blobs: Blobs, blob: string): JournalWriter {
  const hash = createHash("sha256");
  /** Lines that aren't in `chunks` yet, and chunks that the store doesn't have yet. */
  let lines: string[] = [];
  let lineUnits = 0;
  const chunks: Buffer[] = [];
  let waitingBytes = 0;
  let storedBytes = 0;
  let bytes = 0;
  let count = 0;
  let sending: Promise<void> | undefined;

  // The hash runs over the same bytes as the store gets, in the same order.
  function gatherLines(): void {
    if (lines.length === 0) return;
    const chunk = Buffer.from(lines.join(""), "utf8");
    count += lines.length;
    lines = [];
    lineUnits = 0;
    hash.update(chunk);
    bytes += chunk.byteLength;
    waitingBytes += chunk.byteLength;
    for (let at = 0; at < chunk.byteLength; at += maxAppendBytes) chunks.push(chunk.subarray(at, at + maxAppendBytes));
  }

  async function sendAll(): Promise<void> {
    for (let first = chunks[0]; first !== undefined; first = chunks[0]) {
      await blobs.append(blob, first, storedBytes);
      chunks.shift();
      storedBytes += first.byteLength;
      waitingBytes -= first.byteLength;
    }
  }

  function send(): Promise<void> {
    sending ??= sendAll().finally(() => {
      sending = undefined;
    });
    return sending;
  }

  return {
    add: (line) => {
      lines.push(line);
      lineUnits += line.length;
      if (lineUnits < eagerBytes) return;
      gatherLines();
      // What fails here is sent again by the next save, which also says so.
      send().catch(() => undefined);
    },
    mark: () => {
      gatherLines();
      return bytes === 0 ? undefined : { blob, bytes, lines: count, sha256: hash.copy().digest("hex") };
    },
    stored: async (mark) => {
      while (storedBytes < mark.bytes) await send();
    },
    isFull: () => waitingBytes + lineUnits >= fullBytes,
  };
}

/** A place in a journal: behind so many bytes of this blob. */
export type JournalPlace = { readonly blob: string; readonly offset: number };

/** The lines of one journal from a place on. */
export type JournalLines = (from?: JournalPlace) => AsyncIterable<JournalPlace & { readonly text: string }>;

const pieceBytes = 1024 * 1024;
const newline = 10;

/** The committed lines of a journal, without their ends, from a place on; `bytes` is the length of each with its end. */
export async function* journalLines(
  blobs: Blobs,
  marks: AsyncIterable<JournalMark>,
  from?: JournalPlace,
): AsyncGenerator<JournalPlace & { readonly text: string }> {
  for await (const { blob, bytes } of marks) {
    if (from !== undefined && blob < from.blob) continue;
    let rest = Buffer.alloc(0);
    let offset = from?.blob === blob ? from.offset : 0;
    if (offset > 0 && (await blobs.read(blob, offset - 1, 1))[0] !== newline) {
      throw new LakeError("invalid", { op: "journal", path: blob, detail: `no line begins at byte ${offset}` });
    }
    for (let at = offset; at < bytes; ) {
      const piece = await blobs.read(blob, at, Math.min(pieceBytes, bytes - at));
      if (piece.byteLength === 0) {
        const detail = `the journal is damaged: the blob ends at byte ${at}, ${bytes} were committed`;
        throw new LakeError("corrupt", { op: "journal", path: blob, detail });
      }
      at += piece.byteLength;
      rest = Buffer.concat([rest, piece]);
      for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
        offset += end + 1;
        yield { blob, offset, text: rest.toString("utf8", 0, end) };
        rest = rest.subarray(end + 1);
      }
    }
  }
}

/** Seals the committed parts of a journal. */
export async function sealJournal(marks: AsyncIterable<JournalMark>): Promise<JournalSeal> {
  const hash = createHash("sha256");
  let [blobs, bytes, lines] = [0, 0, 0];
  for await (const mark of marks) {
    hash.update(sealedText(mark));
    blobs++;
    bytes += mark.bytes;
    lines += mark.lines;
  }
  return { blobs, bytes, lines, seal: hash.digest("hex") };
}
