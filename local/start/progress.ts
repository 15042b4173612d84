import { SingleBar } from "cli-progress";
import type { Report } from "./api.ts";
import { progressText } from "./words.ts";

/** Shows a migration under way. */
export type Progress = { readonly show: (report: Report) => void; readonly end: () => void };

const linesEveryMs = 2000;

/** A bar on a terminal, a line every two seconds elsewhere, nothing when the reader is a program. */
export function openProgress(isJson: boolean): Progress {
  if (isJson) return { show: () => undefined, end: () => undefined };
  return process.stdout.isTTY ? drawn() : written();
}

function drawn(): Progress {
  const isUtf8 = /utf-?8/iu.test(process.env["LC_ALL"] ?? process.env["LC_CTYPE"] ?? process.env["LANG"] ?? "");
  const bar = new SingleBar({
    format: "{bar} {percentage}% | {text}",
    barCompleteChar: isUtf8 ? "\u2588" : "#",
    barIncompleteChar: isUtf8 ? "\u2591" : "-",
    barsize: 20,
    hideCursor: true,
  });
  bar.start(100, 0, { text: "starting" });
  return {
    show: (report) => {
      const { expected } = report;
      const share = expected === undefined || expected.bytes === 0 ? 0 : report.dataListed / expected.bytes;
      bar.update(Math.min(100, Math.floor(100 * share)), { text: progressText(report) });
    },
    end: () => bar.stop(),
  };
}

function written(): Progress {
  let shownMs = 0;
  return {
    show: (report) => {
      const nowMs = Date.now();
      if (nowMs - shownMs < linesEveryMs) return;
      shownMs = nowMs;
      process.stdout.write(`${progressText(report)}\n`);
    },
    end: () => undefined,
  };
}
