import type { ListItem } from "./nameList.ts";

/** Bytes that a line may have: no path of a lake is longer. */
export const maxLineBytes = 16 * 1024;

/** A place in a text: how many bytes stand before it, and the number of the line that begins there. */
export type LinePlace = { readonly offset: number; readonly line: number };

/** A place as a list says it. */
export function printPlace({ offset, line }: LinePlace): string {
  return `${offset}:${line}`;
}

/** Reads what printPlace wrote. */
export function parsePlace(text: string): LinePlace {
  const [offset, line] = text.split(":");
  return { offset: Number(offset), line: Number(line) };
}

/** Lines of a text that comes in pieces. */
export type LineReader = {
  /** The lines that end in these bytes, which follow those before. */
  readonly take: (bytes: Uint8Array) => readonly ListItem[];
  /** The last line, when the text doesn't end with one's end. */
  readonly end: () => readonly ListItem[];
  /** Behind the last line that was given. */
  readonly place: () => LinePlace;
};

const newline = 0x0a;
const carriageReturn = 0x0d;
const mark = [0xef, 0xbb, 0xbf];

/**
 * Reads lines from a place on, which is the beginning of one. They end in LF or CRLF; a byte order mark at the very
 * beginning is none of the text. Empty lines have a number, and are no items; a line that is too long or not UTF-8 has a
 * problem.
 */
export function readLines(from: LinePlace): LineReader {
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let { offset, line } = from;
  /** The beginning of a line that hasn't ended yet; of one that is too long, only its length is kept. */
  let begun: Uint8Array[] = [];
  let begunBytes = 0;

  function ended(tail: Uint8Array, endBytes: number): readonly ListItem[] {
    const bytes = begunBytes + tail.byteLength;
    const place = { offset, line };
    const content = bytes > maxLineBytes ? undefined : joined(begun, tail);
    offset += bytes + endBytes;
    line++;
    begun = [];
    begunBytes = 0;
    const item = { at: `line ${place.line}`, from: printPlace(place), to: printPlace({ offset, line }) };
    if (content === undefined) {
      return [{ ...item, text: "", problem: `the line has ${bytes} bytes; at most ${maxLineBytes} can be a path` }];
    }
    const text = bare(content, place.offset === 0);
    if (text.byteLength === 0) return [];
    try {
      return [{ ...item, text: utf8.decode(text) }];
    } catch {
      return [{ ...item, text: new TextDecoder().decode(text), problem: "the line isn't UTF-8" }];
    }
  }

  return {
    take: (bytes) => {
      const items: ListItem[] = [];
      let at = 0;
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, at)) {
        items.push(...ended(bytes.subarray(at, end), 1));
        at = end + 1;
      }
      const rest = bytes.subarray(at);
      begunBytes += rest.byteLength;
      if (begunBytes > maxLineBytes) begun = [];
      else if (rest.byteLength > 0) begun.push(rest);
      return items;
    },
    end: () => (begunBytes === 0 ? [] : ended(new Uint8Array(0), 0)),
    place: () => ({ offset, line }),
  };
}

function bare(content: Uint8Array, isFirst: boolean): Uint8Array {
  const start = isFirst && mark.every((byte, index) => content[index] === byte) ? mark.length : 0;
  const end = content.at(-1) === carriageReturn ? content.byteLength - 1 : content.byteLength;
  return content.subarray(start, Math.max(start, end));
}

function joined(parts: readonly Uint8Array[], tail: Uint8Array): Uint8Array {
  if (parts.length === 0) return tail;
  const all = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, tail.byteLength));
  let at = 0;
  for (const part of [...parts, tail]) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}

/** Why a text that begins with these bytes is no list in UTF-8; undefined when it may be one. */
export function whyNotUtf8(beginning: Uint8Array): string | undefined {
  const [first, second] = beginning;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isUtf16 ? "it is UTF-16; expected lines in UTF-8" : undefined;
}
