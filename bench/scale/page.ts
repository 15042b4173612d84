import { aboutCommits } from "../commit.ts";
import { sumOf } from "../figures.ts";
import { table, whole } from "../markdown.ts";
import type { Traffic } from "./counted.ts";

/** How a run stood at one moment. */
export type Sample = {
  readonly seconds: number;
  readonly files: number;
  readonly lanes: number;
  readonly rssMiB: number;
  readonly cpuSeconds: number;
};

/**
 * One lake carried over. Sums are those of the source as computed, of the sink as it came, and of the run. Where it was
 * stopped, they are of the files which came, and the run may not have counted the last of these.
 */
export type Measured = {
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  /** Processes that wanted a processor at the end; above the number of these CPU seconds are dearer. */
  readonly load?: number;
  readonly command: string;
  readonly files: number;
  /** Every file has fewer bytes. */
  readonly below: number;
  readonly folders: number;
  readonly bytes: number;
  readonly status: string;
  /** It took too long, and was cancelled. */
  readonly isStopped: boolean;
  readonly seconds: number;
  readonly copied: number;
  readonly cpuSeconds: Readonly<Record<"client" | "source" | "sink" | "state", number>>;
  readonly peakMiB: number;
  readonly samples: readonly Sample[];
  readonly waves: number;
  readonly mostLanes: number;
  readonly history: { readonly events: number; readonly bytes: number };
  readonly tables: Traffic;
  readonly journal: Traffic;
  readonly requests: Readonly<Record<"client" | "source" | "sink", Readonly<Record<string, number>>>>;
  readonly throttlingErrors: number;
  readonly sums: {
    readonly files: readonly number[];
    readonly bytes: readonly number[];
    readonly content: readonly string[];
    readonly digest: readonly string[];
    readonly again: number;
  };
};

/** True when everything that came is exactly what was to come, and was counted. */
export function isProven({ sums, copied }: Measured): boolean {
  const areOne = (all: readonly unknown[]) => new Set(all).size <= 1;
  if (copied > (sums.files[0] ?? 0)) return false;
  return sums.again === 0 && [sums.files, sums.bytes, sums.content, sums.digest].every(areOne);
}

/** The page of all measured lakes. */
export function pageOf(all: readonly Measured[]): string {
  return [
    "# Scale",
    "",
    "Written by `node bench/scale.ts`; no number is typed by hand. Source, sink, state store, host and this bench are five processes on",
    "one machine; the client is the host's process: Functions host, orchestration and app. Everything runs at Azure's defaults of the",
    "app settings. Nothing of a lake is stored: names, times and bytes follow from a file's number; one flat folder",
    "has a tenth of the files, the others are four levels deep in folders of 1,000 to 10,000. The sink keeps one bit for each file and",
    "a sum over paths and content. `--minutes` ends a run that takes longer.",
    aboutCommits,
    "",
    table(
      ["", ...all.map(nameOf)],
      rows.map(([name, cell]) => [name, ...all.map(cell)]),
    ),
    "## Memory over time",
    "",
    "Of the client, while the run was on: median (least to most) of the samples of each third of the files.",
    "",
    table(
      ["", ...all.map(nameOf)],
      ["first third", "second third", "last third"].map((name, third) => [
        name,
        ...all.map((one) => memoryIn(one, third)),
      ]),
    ),
    "## Requests",
    "",
    ...all.flatMap((one) => [
      `${nameOf(one)}: ${listed(one.requests.client)}; at the source ${listed(one.requests.source)}; at the sink ${listed(one.requests.sink)}; to the tables ${listed(one.tables.requests)}; to the journal ${listed(one.journal.requests)}.`,
      "",
    ]),
  ].join("\n");
}

function nameOf({ files, below }: Measured): string {
  return `${whole(files)} files below ${below < 1024 ** 2 ? `${below / 1024} KiB` : `${below / 1024 ** 2} MiB`}`;
}

const rows: readonly (readonly [string, (one: Measured) => string])[] = [
  ["measured", ({ date, commit }) => `${date}, ${commit}`],
  ["machine", ({ machine }) => machine],
  ["the machine's load at the end", ({ load }) => load?.toFixed(1) ?? "not noted"],
  ["command", ({ command }) => `\`${command}\``],
  ["GB", ({ bytes }) => (bytes / 1e9).toFixed(2)],
  ["status", ({ status, isStopped }) => (isStopped ? `${status}: stopped, time was up` : status)],
  ["files copied, folders", ({ copied, folders }) => `${whole(copied)}, ${whole(folders)}`],
  ["seconds, files/s", ({ seconds, copied }) => `${seconds.toFixed(1)}, ${whole(copied / seconds)}`],
  ["client CPU per file", (one) => `${clientCpuMs(one).toFixed(3)} ms`],
  [
    "CPU s of client, source, sink, state store",
    ({ cpuSeconds: { client, source, sink, state } }) => [client, source, sink, state].map(whole).join(", "),
  ],
  ["client's peak memory", ({ peakMiB }) => `${peakMiB} MiB`],
  ["waves, most lanes", ({ waves, mostLanes }) => `${waves}, ${mostLanes}`],
  ["longest history", ({ history }) => `${history.events} events, ${whole(history.bytes / 1024)} KiB`],
  [
    "state rows written, largest",
    ({ tables }) => `${whole(tables.rows)}, ${whole(tables.largestRowBytes / 1024)} KiB as JSON`,
  ],
  ["requests to tables", ({ tables }) => whole(sumOf(tables.requests))],
  ["journal", ({ journal }) => `${whole(journal.bytesSent / 1e6)} MB in ${whole(sumOf(journal.requests))} requests`],
  ["source requests per file", (one) => (sumOf(one.requests.source) / one.copied).toFixed(4)],
  ["sink requests per file", (one) => (sumOf(one.requests.sink) / one.copied).toFixed(4)],
  ["throttling errors", ({ throttlingErrors }) => whole(throttlingErrors)],
  [
    "sums of source, sink and run",
    (one) => `${isProven(one) ? "equal" : "DIFFERENT"}${one.isStopped ? ", of what came until then" : ""}`,
  ],
  ["content sum at source, at sink", ({ sums }) => sums.content.map((sum) => sum.slice(0, 12)).join(", ")],
];

function clientCpuMs({ cpuSeconds, copied }: Measured): number {
  return (cpuSeconds.client * 1000) / copied;
}

function memoryIn({ samples, copied }: Measured, third: number): string {
  const of = samples.filter(({ files }) => Math.min(2, Math.floor((files * 3) / Math.max(1, copied))) === third);
  const sorted = of.map(({ rssMiB }) => rssMiB).toSorted((a, b) => a - b);
  if (sorted.length === 0) return "no sample";
  return `${sorted[Math.floor(sorted.length / 2)] ?? 0} MiB (${sorted[0] ?? 0} to ${sorted.at(-1) ?? 0})`;
}

function listed(requests: Readonly<Record<string, number>>): string {
  return Object.entries(requests)
    .map(([op, count]) => `${op} ${whole(count)}`)
    .join(", ");
}
