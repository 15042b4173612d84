import type { Migration, Report } from "./api.ts";

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

/** One line about a migration under way. */
export function progressText(report: Report): string {
  const { copyDuration, filesListed, dataListed, expected, remainingSeconds } = report;
  const rate = (amount: number) => (copyDuration > 0 ? amount / copyDuration : 0);
  const of = expected === undefined ? "" : ` of ${expected.files}`;
  const ofBytes = expected === undefined ? "" : ` of ${sizeText(expected.bytes)}`;
  return [
    `${filesListed}${of} files`,
    `${sizeText(dataListed)}${ofBytes}`,
    `${Math.round(rate(filesListed))} files/s`,
    `${sizeText(rate(dataListed))}/s`,
    `ETA ${remainingSeconds === undefined ? "-" : timeText(remainingSeconds)}`,
    `${report.throttles} throttled`,
  ].join(" | ");
}

/** The report of a migration that rests, one fact a line. */
export function reportText({ id, status, report, failures }: Migration): string {
  const { copyDuration: seconds } = report;
  const perSecond = seconds > 0 ? `, ${sizeText(report.dataWritten / seconds)}/s` : "";
  const lines = [
    `Migration ${id}: ${status}`,
    ...(report.error === undefined ? [] : [`  error     ${report.error.detail}`]),
    `  files     ${report.filesWritten} copied, ${report.filesSkipped} skipped, ${report.filesFailed} failed`,
    `  folders   ${report.foldersWritten} made, ${report.foldersFound} found, ${report.foldersFailed} failed`,
    `  data      ${sizeText(report.dataWritten)} in ${timeText(seconds)}${perSecond}`,
    `  requests  ${report.requests.source} to the source, ${report.requests.sink} to the sink, ${report.throttles} throttled`,
    ...failures.map(({ path, kind, detail }) => `  failed    ${path}: ${kind}: ${detail}`),
  ];
  const rest = report.filesFailed + report.foldersFailed - failures.length;
  if (failures.length > 0 && rest > 0) lines.push(`  failed    and ${rest} more`);
  return lines.join("\n");
}
