import { cpus, totalmem } from "node:os";
import type { Case } from "./cases.ts";
import { type Spread, spreadOf } from "./measured.ts";
import type { Seen } from "./sinks.ts";
import type { Crossed, Tool } from "./tools.ts";

/** One crossing, and what the sink saw of it. */
export type Measured = Crossed & { readonly sink: Seen };

/** What one tool made of one case, or why it wasn't measured. */
export type Row = {
  readonly wanted: Case;
  readonly tool: string;
  readonly files: number;
  readonly bytes: number;
} & ({ readonly runs: readonly Measured[] } | { readonly why: string });

/** The rows as Markdown; with `rounds` and `tools` as a whole page. */
export function printed(rows: readonly Row[], rounds?: number, tools: readonly Tool[] = []): string {
  const names = [...new Set(rows.map(({ wanted }) => wanted))];
  const tables = names
    .map((wanted) =>
      tableOf(
        wanted,
        rows.filter((row) => row.wanted === wanted),
      ),
    )
    .join("\n");
  return rounds === undefined ? tables : `${head(rounds, tools)}\n${tables}`;
}

function head(rounds: number, tools: readonly Tool[]): string {
  const [processor] = cpus();
  const versions = tools.map(({ name, proof, missing, version }) => {
    const said = missing();
    return `- ${name}: ${said ?? version()}; proof on the way: ${proof}`;
  });
  return [
    "# Results",
    "",
    `Written by \`npm run bench\` (${rounds} rounds, all tools in turns; medians, with least and most). No number is typed by hand.`,
    "",
    `- ${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${processor?.model ?? "unknown processor"}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}, ${process.platform}`,
    "- Source, sink and client share the machine. Peers read from a memory disk; lakeferry reads through the Gen1 protocol, from another",
    "  process. The sink (`bench/sink`) keeps no content and answers checksums with what it was sent.",
    "- CPU and memory are the client's: for lakeferry the Functions host with the app in it. Seconds are wall clock, for lakeferry from",
    "  POST to Succeeded; `at the sink` is from its first request to its last.",
    ...versions,
    "",
  ].join("\n");
}

function tableOf(wanted: Case, rows: readonly Row[]): string {
  const peers = rows.flatMap((row) =>
    "runs" in row && !row.tool.startsWith("lakeferry") ? [secondsOf(row.runs)] : [],
  );
  const best = peers.length === 0 ? undefined : Math.min(...peers.map(({ median }) => median));
  const lines = rows.map((row) => lineOf(row, best));
  return [
    `## ${wanted.name}: ${wanted.what}`,
    "",
    "| tool | seconds | at the sink | files/s | MB/s | × best peer | CPU s | peak MiB | refused | requests at the sink |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...lines,
    "",
  ].join("\n");
}

function lineOf(row: Row, best: number | undefined): string {
  if ("why" in row) return `| ${row.tool} | ${row.why} | | | | | | | | |`;
  const good = row.runs.filter(({ isGood }) => isGood);
  if (good.length === 0) return `| ${row.tool} | failed: ${row.runs[0]?.said.slice(0, 100) ?? ""} | | | | | | | | |`;
  const seconds = secondsOf(good);
  const files = row.files === 0 ? (good[0]?.sink.files ?? 0) : row.files;
  const ratio = best === undefined ? "" : (best / seconds.median).toFixed(2);
  const cells = [
    row.tool,
    spread(seconds, 2),
    spread(spreadOf(good.map(({ sink }) => sink.seconds)), 2),
    (files / seconds.median).toFixed(0),
    (row.bytes / 1e6 / seconds.median).toFixed(0),
    ratio,
    spread(spreadOf(good.map(({ cpuSeconds }) => cpuSeconds)), 1),
    spread(spreadOf(good.map(({ peakMiB }) => peakMiB)), 0),
    String(spreadOf(good.map(({ sink }) => sink.refused)).median),
    Object.entries(good[0]?.sink.requests ?? {})
      .map(([op, count]) => `${op} ${count}`)
      .join(", "),
  ];
  return `| ${cells.join(" | ")} |`;
}

function secondsOf(runs: readonly Measured[]): Spread {
  return spreadOf(runs.map(({ seconds }) => seconds));
}

function spread({ median, least, most }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}
