import { type Aim, aimsIn } from "./aims.ts";
import { aboutCommits } from "./commit.ts";
import { figuresIn } from "./figures.ts";
import type { CaseResult, Row } from "./results.ts";
import { type Spread, spreadOf } from "./spread.ts";

/** All results as a Markdown page. */
export function pageOf(results: readonly CaseResult[]): string {
  const seen = (read: (result: CaseResult) => readonly string[]) => [...new Set(results.flatMap(read))];
  return [
    "# Results",
    "",
    "Written by `npm run bench` from `results.jsonl` beside it; no number is typed by hand. Each case was measured in one run, all tools",
    "in turns; figures are medians, with least and most.",
    "",
    ...seen(({ machine }) => [machine]).map((machine) => `- machine: ${machine}`),
    ...seen(({ versions }) => Object.entries(versions).map(([tool, version]) => `${tool}: ${version}`)).map(
      (line) => `- ${line}`,
    ),
    ...seen(({ command }) => [command]).map((command) => `- command: \`${command}\``),
    "- Source, sink and client share the machine. Peers read from a memory disk, lakeferry through the Gen1 protocol from a process that",
    "  reads that disk. The sink (`bench/sink`) keeps the CRC-32 of each file, by which every crossing is checked afterwards, and answers",
    "  checksums with what it was sent; in `flipped` it computes them.",
    "- Peers are started for each crossing. lakeferry's host is up, as a deployed app is, with a deployed app's intervals, and has carried",
    "  one small file where the lake has one; its first round is still the slowest, as its code is compiled then. `alone` is started each time.",
    "- Seconds are wall clock: of a program from start to end, of lakeferry from POST to the end in its own report. `at the sink` is from",
    "  the first request to the last. CPU and memory are those of the process that copies; of lakeferry with its state store after the plus.",
    "  In `killed` they are those of both parts.",
    `- ${aboutCommits}`,
    "",
    ...aims(aimsIn(results)),
    ...results.map((result) => tableOf(result)),
  ].join("\n");
}

function aims(all: readonly Aim[]): readonly string[] {
  const answers = new Map<boolean | undefined, string>([
    [true, "yes"],
    [false, "**no**, see `docs/speed.md`"],
    [undefined, "-"],
  ]);
  return [
    "## Aims",
    "",
    "| aim | measured | reached? |",
    "| --- | --- | --- |",
    ...all.map(({ aim, measured, isReached }) => `| ${aim} | ${measured} | ${answers.get(isReached)} |`),
    "",
    "A ratio counts as reached when it is by the wall clock and at the sink. What lanes do on skewed trees is `node bench/simulate.ts`,",
    "what more lanes and more processes bring `node bench/speedup.ts` and `node bench/scaleout.ts`.",
    "",
  ];
}

/** One case as a table. */
export function tableOf(result: CaseResult): string {
  const head = [
    `## ${result.name}: ${result.what}`,
    "",
    `${result.files} files, ${megabytes(result.bytes)} MB; ${result.rounds} ${result.rounds === 1 ? "round" : "rounds"}, ${result.at}, ${result.commit}.`,
    "",
  ];
  if (result.error !== undefined) return [...head, `It couldn't be measured: ${result.error}`, ""].join("\n");
  const peers = result.rows.flatMap((row) => (row.tool.startsWith("lakeferry") ? [] : (figuresIn(result, row) ?? [])));
  const best = peers.length === 0 ? undefined : Math.max(...peers.map(({ perSecond }) => perSecond));
  return [
    ...head,
    "| tool | seconds | at the sink | files/s | MB/s | × best peer | CPU s | peak MiB | sink busy | requests at the sink | at the source |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...result.rows.map((row) => lineOf(result, row, best)),
    "",
    ...notes(result),
  ].join("\n");
}

function lineOf(result: CaseResult, row: Row, best: number | undefined): string {
  if ("why" in row) return `| ${row.tool} | ${row.why} | | | | | | | | | |`;
  const figures = figuresIn(result, row);
  if (figures === undefined) {
    return `| ${row.tool} | failed: ${(row.runs[0]?.said ?? "").replaceAll(/[|\n]/gu, " ")} | | | | | | | | | |`;
  }
  const { counted } = figures;
  const [first] = counted;
  const median = (values: readonly number[]) => spreadOf(values).median;
  const stateCpu = median(counted.map(({ stateCpuSeconds = 0 }) => stateCpuSeconds));
  const stateMiB = median(counted.map(({ allMiB, peakMiB }) => (allMiB ?? peakMiB) - peakMiB));
  const busy = median(counted.map(({ sink }) => sink.cpuSeconds / sink.seconds));
  return `| ${[
    row.tool,
    figures.isLate ? `stopped after ${figures.seconds.median.toFixed(0)}` : spread(figures.seconds, 2),
    spread(figures.atSink, 2),
    figures.perSecond.toFixed(figures.perSecond < 10 ? 2 : 0),
    figures.megabytesPerSecond.toFixed(figures.megabytesPerSecond < 10 ? 1 : 0),
    best === undefined ? "" : (figures.perSecond / best).toFixed(2),
    spread(figures.cpuSeconds, 2) + (stateCpu > 0 ? ` + ${stateCpu.toFixed(2)}` : ""),
    spread(figures.peakMiB, 0) + (stateMiB > 0 ? ` + ${stateMiB.toFixed(0)}` : ""),
    `${(100 * busy).toFixed(0)} %`,
    counts(first?.sink.requests ?? {}) +
      (figures.runs.some(({ sink }) => sink.refused > 0) ? `, refused ${first?.sink.refused}` : ""),
    counts(first?.source ?? {}),
  ].join(" | ")} |`;
}

// What a table of times can't say.
function notes(result: CaseResult): readonly string[] {
  const lines = result.rows.flatMap((row): readonly string[] => {
    if ("why" in row) return [];
    const { tool, runs } = row;
    const bad = runs.filter(({ isGood, isLate }) => !isGood && isLate !== true).length;
    return (figuresIn(result, row)?.counted ?? runs)
      .slice(0, 1)
      .flatMap(({ sink, verdict, isLate, isGood }): readonly string[] => [
        ...(isLate === true ? [`${tool}: ${sink.files} of ${result.files} files had arrived when it was stopped`] : []),
        ...(sink.flipped > 0
          ? [
              `${tool}: ${sink.flipped} bodies came with another byte; ${verdict.wrong} files are wrong in the end, and it says ${isGood ? "all went well" : "it failed"}: ${isGood ? verdict.wrong : 0} undetected`,
            ]
          : []),
        ...(result.name === "killed" ? [`${tool}: ${sink.sentAgain} files sent again`] : []),
      ])
      .concat(
        bad > 0 && bad < runs.length
          ? [`${tool}: ${bad} of ${runs.length} crossings failed and aren't in the figures`]
          : [],
        result.name === "one" && row.startSeconds !== undefined
          ? [
              `${tool}: its whole local Azure (state store, emulator, host) took ${row.startSeconds.toFixed(1)} s to start, which is in no figure`,
            ]
          : [],
      );
  });
  return lines.length === 0 ? [] : [...lines.map((line) => `- ${line}`), ""];
}

function counts(by: Readonly<Record<string, number>>): string {
  return Object.entries(by)
    .map(([op, count]) => `${op} ${count}`)
    .join(", ");
}

function spread({ median, least, most }: Spread, digits: number): string {
  const [middle, from, to] = [median, least, most].map((value) => value.toFixed(digits));
  return from === to ? `${middle}` : `${middle} (${from}–${to})`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
