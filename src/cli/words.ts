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

/** The bytes that were dealt with: of files that are done, or of blocks of a large one that are on their way. */
export function bytesSeen({ dataListed, dataRead, expected }: Migration["report"]): number {
  return Math.max(dataListed, Math.min(dataRead, expected?.bytes ?? dataListed));
}

/** One line about a migration under way. */
export function progressText(migration: Migration): string {
  const { status, report, advice, error } = migration;
  return [
    ...(status === "Running" ? [] : [status]),
    ...(report.audit === undefined ? walked(report) : compared(migration, report.audit)),
    `${report.throttlingErrors} throttled`,
    ...(advice === undefined ? [] : [advice.bottleneck]),
    // Of a live one it is what it waits for.
    ...(status === "Running" && error !== undefined ? [`waits: ${printable(error.detail)}`] : []),
  ].join(" | ");
}

function walked(report: Migration["report"]): readonly string[] {
  const { filesListed, expected, remainingSeconds } = report;
  const bytes = bytesSeen(report);
  const of = expected === undefined ? "" : ` of ${expected.files}`;
  const ofBytes = expected === undefined ? "" : ` of ${sizeText(expected.bytes)}`;
  return [
    `${filesListed}${of} files`,
    `${sizeText(bytes)}${ofBytes}`,
    `${Math.round(perSecond(filesListed, report))} files/s`,
    `${sizeText(perSecond(bytes, report))}/s`,
    `ETA ${remainingSeconds === undefined ? "-" : timeText(remainingSeconds)}`,
  ];
}

// An audit counts no file as listed: a migration has done that.
function compared(
  { job, report }: Migration,
  { checked, differences }: NonNullable<Migration["report"]["audit"]>,
): readonly string[] {
  return [
    `${counted(checked, "item")} compared`,
    counted(differences, "difference"),
    ...(job === "audit" ? [`${Math.round(perSecond(checked, report))} items/s`] : []),
  ];
}

function perSecond(amount: number, { copyDuration }: Migration["report"]): number {
  return copyDuration > 0 ? amount / copyDuration : 0;
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

/** One fact on a line of its own. */
export function fact(name: string, text: string): string {
  return `  ${name.padEnd(9)} ${printable(text)}`;
}

/** How many there are, as "1 file" or "2 files". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
