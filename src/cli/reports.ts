import type { Migration } from "./api.ts";
import { assessmentOf, seenIn } from "./assessments.ts";
import { counted, fact, printable, sizeText, timeText } from "./words.ts";

/** The report of a migration, one fact a line. */
export function reportText(migration: Migration): string {
  return [
    titleOf(migration),
    ...totalsOf(migration),
    ...adviceOf(migration.report.advice),
    ...assessmentOf(migration),
    ...failuresOf(migration),
  ].join("\n");
}

/** All there is to see of a migration, one fact a line. */
export function showText(migration: Migration): string {
  const { what, createdTime, startTime, endTime, wave, rates, pending, lanes = [], report } = migration;
  const { remainingSeconds } = report;
  const when = [
    `created ${createdTime}`,
    ...(startTime === undefined ? [] : [`started ${startTime}`]),
    ...(endTime === undefined ? [] : [`ended ${endTime}`]),
  ];
  return [
    titleOf(migration),
    fact("what", what),
    fact("time", when.join(", ")),
    ...totalsOf(migration),
    ...assessmentOf(migration),
    ...(rates === undefined
      ? []
      : [
          fact(
            "now",
            `${rates.filesPerSecond} files/s, ${rates.megabytesPerSecond} MB/s, ${rates.requestsPerSecond} requests/s`,
          ),
        ]),
    ...(remainingSeconds === undefined ? [] : [fact("ETA", timeText(remainingSeconds))]),
    ...adviceOf(migration.advice ?? report.advice),
    ...(pending === undefined
      ? []
      : [
          fact(
            "left",
            `${counted(pending.packets, "packet")}, ${pending.waiting} of them waiting; known: ${pending.knownFiles} files, ${sizeText(pending.knownBytes)}`,
          ),
        ]),
    ...(wave === undefined ? [] : [fact("wave", `${wave.number} with ${counted(wave.lanes, "lane")}: ${wave.why}`)]),
    ...lanes.map(({ lane, doing, path, filesPerSecond = 0, megabytesPerSecond = 0 }) =>
      fact(
        `lane ${lane}`,
        `${doing}${path === undefined ? "" : `, ${filesPerSecond} files/s, ${megabytesPerSecond} MB/s, at ${path}`}`,
      ),
    ),
    ...failuresOf(migration),
  ].join("\n");
}

const titles: Readonly<Record<NonNullable<Migration["job"]>, string>> = {
  copy: "Migration",
  audit: "Audit",
  look: "Look",
  assess: "Assessment",
};

function titleOf({ id, status, name, job = "copy" }: Migration): string {
  return `${titles[job]} ${id}${name === undefined ? "" : ` (${printable(name)})`}: ${status}`;
}

function totalsOf({ report }: Migration): readonly string[] {
  if (report.assessment !== undefined) return seenIn(report);
  const { copyDuration: seconds } = report;
  const perSecond =
    seconds > 0 ? `, ${sizeText(report.dataWritten / seconds)}/s, ${report.filesPerSecond} files/s` : "";
  return [
    ...(report.error === undefined ? [] : [fact("error", report.error.detail)]),
    fact("files", `${report.filesWritten} copied, ${report.filesSkipped} skipped, ${report.filesFailed} failed`),
    fact("folders", `${report.foldersWritten} made, ${report.foldersFound} found, ${report.foldersFailed} failed`),
    ...accessOf(report),
    ...extraOf(report),
    ...comparedIn(report),
    fact("data", `${sizeText(report.dataWritten)} in ${timeText(seconds)}${perSecond}`),
    fact(
      "requests",
      `${report.requests.source} to the source, ${report.requests.sink} to the sink, ${throttledIn(report)}`,
    ),
  ];
}

// An app from before the command doesn't say by whom.
function throttledIn({ throttlingErrors, throttlingErrorsBy }: Partial<Migration["report"]>): string {
  const { source, sink } = throttlingErrorsBy ?? { source: 0, sink: 0 };
  const by = source + sink === 0 ? "" : ` (${source} by the source, ${sink} by the sink)`;
  return `${throttlingErrors} throttled${by}`;
}

// What bounds it, how that is known, and what to change.
function adviceOf(advice: Migration["advice"]): readonly string[] {
  if (advice === undefined) return [];
  return [
    fact("bound", `${advice.bottleneck}: ${advice.because}`),
    ...advice.change.map((change) => fact("change", change)),
  ];
}

function accessOf({ access, filesAccessSet, expiriesSet, findings }: Migration["report"]): readonly string[] {
  const { created = 0, set = 0, predicted = 0, readBack = 0, mispredicted = 0, prediction } = access;
  const own = created + set + mispredicted;
  if (own + predicted + readBack + expiriesSet === 0 && Object.keys(findings).length === 0) return [];
  const facts = [
    `${own} set`,
    `${predicted + readBack} inherited as they should be`,
    ...(expiriesSet === 0 ? [] : [`${expiriesSet} with an expiry`]),
    ...(filesAccessSet === 0 ? [] : [`${filesAccessSet} files set right, data untouched`]),
    ...(prediction === "on" ? [] : ["inheritance was not as predicted: nothing was left to it since"]),
  ];
  return [
    fact("access", facts.join(", ")),
    ...Object.entries(findings).flatMap(([kind, found]) =>
      found === undefined
        ? []
        : [fact("found", `${found.items} with ${findingText[kind] ?? kind}: ${pathsText(found)}`)],
    ),
  ];
}

const findingText: Readonly<Record<string, string>> = {
  tooManyEntries: "more ACL entries than Gen2 holds",
  names: "principals by name instead of object id",
  nobody: "the all-zero id",
  nameless: "principals that the source can't name any more",
};

function extraOf({ extraFiles, extraFolders, extraBytes }: Migration["report"]): readonly string[] {
  if (extraFiles + extraFolders === 0) return [];
  const files = `${counted(extraFiles, "file")} (${sizeText(extraBytes)})`;
  return [fact("extra", `${files} and ${counted(extraFolders, "folder")} that only the sink has`)];
}

// What a dry run would do, what was deleted, and what an audit has found.
function comparedIn({ planned, deleted, audit }: Migration["report"]): readonly string[] {
  const reasons = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([reason, count]) => `${count} ${reason}`);
  return [
    ...(planned === undefined
      ? []
      : [
          fact(
            "planned",
            `${counted(planned.files, "file")} (${sizeText(planned.bytes)}), ${counted(planned.folders, "folder")}, ${counted(planned.deletes, "deletion")}; nothing was touched`,
          ),
        ]),
    ...(deleted === undefined
      ? []
      : [
          fact(
            "deleted",
            `${counted(deleted.files, "file")} (${sizeText(deleted.bytes)}) and ${counted(deleted.folders, "folder")}`,
          ),
          ...reasons(deleted.keptBecause).map((kept) => fact("kept", kept)),
        ]),
    ...(audit === undefined
      ? []
      : [
          fact(
            "audit",
            [
              `${counted(audit.differences, "difference")} in ${counted(audit.checked, "item")}`,
              ...reasons(audit.by),
              ...(audit.later === 0 ? [] : [`${audit.later} changed after the cut-off`]),
            ].join(", "),
          ),
        ]),
  ];
}

function pathsText({ items, paths }: { readonly items: number; readonly paths: readonly string[] }): string {
  return `${paths.join(", ")}${paths.length < items ? ", ..." : ""}`;
}

function failuresOf({ report, failures }: Migration): readonly string[] {
  const rest = report.filesFailed + report.foldersFailed - failures.length;
  return [
    ...failures.map(({ path, kind, detail }) => fact("failed", `${path}: ${kind}: ${detail}`)),
    ...(failures.length > 0 && rest > 0 ? [fact("failed", `and ${rest} more`)] : []),
  ];
}
