import type { Health, Migration, MigrationList } from "./api.ts";

/** Bytes for people, as "1.5 GiB". */
export function sizeText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** Seconds for people, as "1:02:03" or "4.2 s". */
export function timeText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds % 60)];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)} min`;
}

/** Text from a lake or a server without what a terminal would obey: control characters and turns of direction. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** One line about a migration under way. */
export function progressText({ status, report }: Migration): string {
  const { copyDuration, filesListed, dataListed, expected, remainingSeconds } = report;
  const rate = (amount: number) => (copyDuration > 0 ? amount / copyDuration : 0);
  const of = expected === undefined ? "" : ` of ${expected.files}`;
  const ofBytes = expected === undefined ? "" : ` of ${sizeText(expected.bytes)}`;
  return [
    ...(status === "Running" ? [] : [status]),
    `${filesListed}${of} files`,
    `${sizeText(dataListed)}${ofBytes}`,
    `${Math.round(rate(filesListed))} files/s`,
    `${sizeText(rate(dataListed))}/s`,
    `ETA ${remainingSeconds === undefined ? "-" : timeText(remainingSeconds)}`,
    `${report.throttles} throttled`,
  ].join(" | ");
}

/** The report of a migration, one fact a line. */
export function reportText(migration: Migration): string {
  return [titleOf(migration), ...totalsOf(migration), ...failuresOf(migration)].join("\n");
}

/** All there is to see of a migration, one fact a line. */
export function showText(migration: Migration): string {
  const { what, createdTime, startTime, endTime, wave, rates, pending, lanes = [] } = migration;
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
    ...(rates === undefined
      ? []
      : [
          fact(
            "now",
            `${rates.filesPerSecond} files/s, ${rates.megabytesPerSecond} MB/s, ${rates.requestsPerSecond} requests/s`,
          ),
        ]),
    ...(pending === undefined
      ? []
      : [
          fact(
            "left",
            `${pending.packets} packets, ${pending.waiting} of them waiting; known: ${pending.knownFiles} files, ${sizeText(pending.knownBytes)}`,
          ),
        ]),
    ...(wave === undefined ? [] : [fact("wave", `${wave.number} with ${wave.lanes} lanes: ${wave.why}`)]),
    ...lanes.map(({ lane, doing, path, filesPerSecond = 0, megabytesPerSecond = 0 }) =>
      fact(
        `lane ${lane}`,
        `${doing}${path === undefined ? "" : `, ${filesPerSecond} files/s, ${megabytesPerSecond} MB/s, at ${path}`}`,
      ),
    ),
    ...failuresOf(migration),
  ].join("\n");
}

/** Migrations as a table, newest first. */
export function listText({ migrations, unreadable = [] }: MigrationList): string {
  const rows = migrations.map(({ id, status, createdTime, what, name }) => [
    id,
    status,
    `${createdTime.slice(0, 16).replace("T", " ")}Z`,
    printable(name === undefined ? what : `${name}: ${what}`),
  ]);
  return [
    tableText([["ID", "STATUS", "CREATED", "WHAT"], ...rows]),
    ...unreadable.map(({ id, detail }) => `${id}  can't be read: ${printable(detail)}`),
  ].join("\n");
}

/** How an app is. */
export function healthText({
  status,
  version,
  node,
  wrongSetting,
  state,
  connections = [],
  cloud,
  easyAuth,
}: Health): string {
  return [
    `App: ${status}`,
    fact("version", `${version} on Node ${node}`),
    ...(wrongSetting === undefined ? [] : [fact("setting", `${wrongSetting.name}: ${wrongSetting.detail}`)]),
    ...(state === undefined
      ? []
      : [fact("state", state.isReachable ? `answers in ${state.milliseconds} ms` : (state.detail ?? "no answer"))]),
    ...(cloud === undefined ? [] : [fact("cloud", cloud)]),
    ...(easyAuth === undefined ? [] : [fact("easy auth", easyAuth)]),
    ...connections.map(({ name, kind, endpoint, credential }) =>
      fact("lake", `${name}: ${kind} at ${endpoint} by ${credential}`),
    ),
  ].join("\n");
}

/** Rows in columns as wide as they have to be. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  return lines.map((line) => line.trimEnd()).join("\n");
}

function titleOf({ id, status, name }: Migration): string {
  return `Migration ${id}${name === undefined ? "" : ` (${printable(name)})`}: ${status}`;
}

function totalsOf({ report }: Migration): readonly string[] {
  const { copyDuration: seconds } = report;
  const perSecond = seconds > 0 ? `, ${sizeText(report.dataWritten / seconds)}/s` : "";
  return [
    ...(report.error === undefined ? [] : [fact("error", report.error.detail)]),
    fact("files", `${report.filesWritten} copied, ${report.filesSkipped} skipped, ${report.filesFailed} failed`),
    fact("folders", `${report.foldersWritten} made, ${report.foldersFound} found, ${report.foldersFailed} failed`),
    ...accessOf(report),
    fact("data", `${sizeText(report.dataWritten)} in ${timeText(seconds)}${perSecond}`),
    fact(
      "requests",
      `${report.requests.source} to the source, ${report.requests.sink} to the sink, ${report.throttles} throttled`,
    ),
  ];
}

function accessOf({ access, filesAccessSet, expiriesSet, findings }: Migration["report"]): readonly string[] {
  const { created = 0, set = 0, predicted = 0, readBack = 0, mispredicted = 0, prediction } = access;
  const own = created + set + mispredicted;
  if (own + predicted + readBack + expiriesSet === 0 && Object.keys(findings).length === 0) return [];
  const facts = [
    `${own} set`,
    `${predicted + readBack} inherited as they should be`,
    ...(expiriesSet === 0 ? [] : [`${expiriesSet} expiries`]),
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

/** One fact on a line of its own. */
export function fact(name: string, text: string): string {
  return `  ${name.padEnd(9)} ${printable(text)}`;
}
