import cliProgress, { type Options, type Params } from "cli-progress";
import type { Migration } from "./api.ts";
import { bytesSeen, progressText } from "./words.ts";

/** Shows a migration under way. */
export type Progress = { readonly show: (migration: Migration) => void; readonly end: () => void };

/** Where progress is drawn. */
export type Canvas = {
  readonly stream: NodeJS.WritableStream;
  readonly isTerminal: boolean;
  readonly isUtf8: boolean;
  readonly nowMs: () => number;
};

const linesEveryMs = 2000;

/** A bar on a terminal, a line every two seconds elsewhere. */
export function openProgress(canvas: Canvas): Progress {
  return canvas.isTerminal ? drawn(canvas) : written(canvas);
}

/** No progress: the reader is a program. */
export const noProgress: Progress = { show: () => undefined, end: () => undefined };

/** Whether the terminal takes more than ASCII. */
export function isUtf8In(env: Readonly<Record<string, string | undefined>>): boolean {
  return /utf-?8/iu.test(env["LC_ALL"] ?? env["LC_CTYPE"] ?? env["LANG"] ?? "");
}

function drawn({ stream, isUtf8 }: Canvas): Progress {
  const bar = new cliProgress.SingleBar({
    stream,
    format: line,
    barCompleteChar: isUtf8 ? "\u2588" : "#",
    barIncompleteChar: isUtf8 ? "\u2591" : "-",
    barsize: 20,
    hideCursor: true,
    gracefulExit: false,
  });
  bar.start(100, 0, { text: "starting", isKnown: false });
  return {
    show: (migration) => {
      const { expected, audit } = migration.report;
      const share = expected === undefined || expected.bytes === 0 ? 0 : bytesSeen(migration.report) / expected.bytes;
      const isKnown = expected !== undefined && audit === undefined;
      bar.update(Math.min(100, Math.floor(100 * share)), { text: progressText(migration), isKnown });
    },
    end: () => bar.stop(),
  };
}

// A bar only where it is known how much there is.
function line(options: Options, { progress }: Params, { text, isKnown }: { text: string; isKnown: boolean }): string {
  if (!isKnown) return text;
  return `${cliProgress.Format.BarFormat(progress, options)} ${Math.floor(100 * progress)}% | ${text}`;
}

function written({ stream, nowMs }: Canvas): Progress {
  let shownMs = Number.NEGATIVE_INFINITY;
  return {
    show: (migration) => {
      const now = nowMs();
      if (now - shownMs < linesEveryMs) return;
      shownMs = now;
      stream.write(`${progressText(migration)}\n`);
    },
    end: () => undefined,
  };
}
