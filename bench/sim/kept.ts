import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../local/start/processes.ts";
import { aboutCommits } from "../commit.ts";
import { table, whole } from "../markdown.ts";
import type { Figures } from "./simulate.ts";

/** What one case came to, and what it was a result of. */
export type Result = {
  readonly case: string;
  readonly what: string;
  readonly scale: number;
  readonly lanes: number;
  readonly files: number;
  readonly folders: number;
  readonly bytes: number;
  readonly date: string;
  readonly commit: string;
} & Figures;

const folder = join(projectRoot, "bench", "lanes");

/** Keeps a result, in place of an earlier one of the same case and lanes. */
export function keep(result: Result): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.case}-${result.lanes}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
}

/** All results that were kept, as a page of Markdown. */
export function page(): string {
  const kept = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Result)
    .toSorted((a, b) => (a.case === b.case ? a.lanes - b.lanes : a.case < b.case ? -1 : 1));
  return [...head, tableOf(kept, shares), tableOf(kept, uses), tableOf(kept, origins)].join("\n");
}

const head = [
  "# Lanes",
  "",
  "Written by `node bench/simulate.ts --all --lanes 64,256 --out bench/LANES.md`, from one result per case in `bench/lanes`. The real planWave, ferryPacket,",
  "walk and rows in virtual time, on lakes that are computed; `bench/sim/simulate.ts` says what an account, a table and a hub are taken to be.",
  "",
  "- **Ramp**: until 90 % of the lanes have been at work once, 60 s at the latest. What follows counts up to the last answer of a lake, the end of the run included.",
  "- **Idle**: lanes that have no slice (_absent_: the hub is slow, or others still end the wave before) or whose slice has no packet (_waiting_). The aim is 10 % at most.",
  "- **Holding**: lanes that have a packet and wait for memory, a slot or a save. They are not idle.",
  "- **Events**: of the longest history. A round has one planWave and its slices, each scheduled and completed in a turn of its own at most: 4 x lanes + 8, whatever the number of files.",
  "- **Scale**: multiplies the numbers of files. A shorter run has a larger part of it in spreading out and in its end.",
  "- Where an account of a lake is at its limit (20,000 requests or 3,125 MB a second), all names that are left may be on their way already: more lanes can't have any.",
  "- Azure's target for one table partition, which is what a run has, is 2,000 entities a second.",
  `- ${aboutCommits}`,
  "",
];

type Column = readonly [title: string, cell: (result: Result) => string];

const name: Column = ["case", (result) => result.case];
const lanes: Column = ["lanes", (result) => String(result.lanes)];

const shares: readonly Column[] = [
  name,
  lanes,
  ["files", ({ files }) => whole(files)],
  ["folders", ({ folders }) => whole(folders)],
  ["idle", ({ idleShare }) => percent(idleShare)],
  ["absent", (result) => percent(result.shares?.absent)],
  ["waiting", (result) => percent(result.shares?.waiting)],
  ["holding", (result) => percent(result.shares?.holding)],
  ["idle, ramp included", ({ idleShareOfAll }) => percent(idleShareOfAll)],
  ["ramp", ({ rampSeconds }) => `${rampSeconds.toFixed(0)} s`],
  ["time", ({ seconds }) => `${seconds.toFixed(0)} s`],
  ["items/s", ({ files, folders, seconds }) => whole((files + folders) / seconds)],
  ["waves", ({ hub }) => String(hub.rounds - 1)],
  ["exact", ({ status, faults }) => (status === "Succeeded" && faults.length === 0 ? "yes" : "no")],
];

const uses: readonly Column[] = [
  name,
  lanes,
  ["transactions/s", ({ table, seconds }) => (table.transactions / seconds).toFixed(1)],
  ["requests/s", ({ table, seconds }) => (table.requests / seconds).toFixed(0)],
  ["in the busiest second", ({ table }) => whole(table.peakRequests)],
  ["entities/s", ({ table, seconds }) => (table.entities / seconds).toFixed(0)],
  ["in the busiest second", ({ table }) => whole(table.peakEntities)],
  ["largest row", ({ table }) => `${table.largestRow.kind} ${kibibytes(table.largestRow.bytes)}`],
  [
    "largest transaction",
    ({ table }) => `${table.largestTransaction.changes} rows, ${kibibytes(table.largestTransaction.bytes)}`,
  ],
  ["events", ({ hub }) => String(hub.mostEvents)],
];

const origins: readonly Column[] = [
  name,
  lanes,
  ["what", ({ what }) => what],
  ["scale", ({ scale }) => String(scale)],
  ["instances", ({ processes }) => String(processes)],
  ["computed in", ({ realSeconds }) => `${realSeconds.toFixed(0)} s`],
  ["date", ({ date }) => date.slice(0, 10)],
  ["commit", ({ commit }) => commit],
];

function tableOf(results: readonly Result[], columns: readonly Column[]): string {
  return table(
    columns.map(([title]) => title),
    results.map((result) => columns.map(([, cell]) => cell(result))),
  );
}

function percent(share: number | undefined): string {
  return share === undefined ? "-" : `${(100 * share).toFixed(1)} %`;
}

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
