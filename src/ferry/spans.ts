import { type Span, spanLine, widened } from "../core/journal.ts";
import type { FileOutcome } from "../core/outcome.ts";
import { type LakePath, splitPath } from "../core/path.ts";
import type { SkipReason } from "../core/tally.ts";

/** Spans that wait for their line. */
const maxSpans = 1000;

/** Items that were left out, told together folder by folder: most of a lake in a delta, and one line for thousands. */
export type Spans = {
  /** Takes a file, or a folder when there is none. */
  readonly add: (path: LakePath, because: SkipReason, file?: FileOutcome) => void;
  /** Writes the lines of all that was taken. */
  readonly write: () => void;
};

/** Opens spans whose lines go to `tell`. */
export function openSpans(tell: (line: string) => void): Spans {
  let spans = new Map<string, { readonly folder: LakePath; readonly because: SkipReason; readonly span: Span }>();

  function write(): void {
    for (const { folder, because, span } of spans.values()) tell(spanLine(folder, because, span));
    spans = new Map();
  }

  return {
    write,
    add: (path, because, file) => {
      const { folder } = splitPath(path);
      const key = `${file === undefined ? "folders" : "files"} ${because} ${folder}`;
      spans.set(key, { folder, because, span: widened(spans.get(key)?.span, path, file) });
      if (spans.size >= maxSpans) write();
    },
  };
}
