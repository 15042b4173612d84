import type { Migration } from "./api.ts";
import { counted, fact, sizeText, timeText } from "./words.ts";

/** What an assessment has come by, one fact a line. */
export function seenIn(report: Migration["report"]): readonly string[] {
  const { error, filesListed, foldersFound, dataListed, requests, throttlingErrors } = report;
  return [
    ...(error === undefined ? [] : [fact("error", error.detail)]),
    fact("seen", `${counted(filesListed, "file")} (${sizeText(dataListed)}) in ${counted(foldersFound, "folder")}`),
    fact("asked", `${counted(requests.source, "request")} to the source, ${throttlingErrors} throttled`),
  ];
}

/** What an assessment has found, and what it estimates, one fact a line. */
export function assessmentOf({ report: { assessment } }: Migration): readonly string[] {
  if (assessment === undefined) return [];
  const { sizes, months, widestFolders, largestFolders, depth, largestFile, expiring, withAcl, unreadable } =
    assessment;
  const { refusedNames, aclsOverLimit, estimate } = assessment;
  const { requests, lanes, hours, bound, cost, recommended } = estimate;
  const [oldest, newest] = [months[0], months.at(-1)];
  return [
    ...sizes.map(({ below, files, bytes }) =>
      fact("size", `below ${sizeText(below)}: ${counted(files, "file")}, ${sizeText(bytes)}`),
    ),
    ...(oldest === undefined
      ? []
      : [fact("changed", `from ${oldest.month} to ${newest?.month}; --json has each month`)]),
    ...widestFolders.slice(0, 3).map(({ path, entries }) => fact("widest", `${path}: ${entries} entries`)),
    ...largestFolders.slice(0, 3).map(({ path, bytes }) => fact("largest", `${path}: ${sizeText(bytes)}`)),
    fact("depth", `${depth}; largest file ${sizeText(largestFile)}`),
    fact("access", `${counted(withAcl, "item")} with an ACL, ${counted(expiring, "file")} that expire`),
    ...pathsOf("names", "that Gen2 refuses", refusedNames),
    ...pathsOf("ACLs", "with more entries than Gen2 holds", aclsOverLimit),
    ...(unreadable === 0 ? [] : [fact("unread", `${counted(unreadable, "item")} that could not be read`)]),
    fact("estimate", `${requests.source} requests to the source, ${requests.sink} to the sink`),
    fact("time", `${timeText(hours * 3600)} with ${counted(lanes, "lane")}, bound by ${bound}`),
    fact(
      "money",
      `${cost.total} ${cost.currency}, and ${cost.storagePerMonth} a month for storage${cost.isSample ? " (by SAMPLE prices: give yours with --prices)" : ""}`,
    ),
    fact("settings", `parallelism=${recommended.parallelism}, sink.blockSizeInMB=${recommended.sink.blockSizeInMB}`),
  ];
}

function pathsOf(
  name: string,
  what: string,
  { items, paths }: { readonly items: number; readonly paths: readonly string[] },
) {
  if (items === 0) return [];
  return [fact(name, `${items} ${what}: ${paths.join(", ")}${paths.length < items ? ", ..." : ""}`)];
}
