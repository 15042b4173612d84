// Lakes of every shape, carried over by the real code in virtual time: planWave, ferryPacket, the walk and its rows, on
// lakes that are computed and only cost time. Says how many lanes had no work, and what the state store had to bear.
// Usage: node bench/simulate.ts [case …] [--lanes 64,256] [--scale 0.01] [--auto] [--seed N] [--set NAME=VALUE …] [--trace SECONDS] [--json]
//        node bench/simulate.ts [case … | --all] --out FILE [--lanes 64,256] [--scale 0.01]
// With --out each result is kept in bench/lanes, and FILE is written from all that are there; without cases, from those alone.
// --auto lets the run find its lanes; --set changes a setting Lakeferry__NAME; --trace tells on standard error, every so
// many seconds, what the lanes do, and who holds what while a quarter of them has nothing.
import { parseArgs } from "node:util";
import { writeFileSync } from "node:fs";
import { commitNow } from "./commit.ts";
import { keep, page } from "./sim/kept.ts";
import { contents, shapes } from "./sim/shapes.ts";
import { azure, type Figures, simulate } from "./sim/simulate.ts";
import type { Look } from "./sim/trace.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lanes: { type: "string", default: "64,256" },
    scale: { type: "string", default: "1" },
    auto: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    set: { type: "string", multiple: true, default: [] },
    trace: { type: "string" },
    json: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
    out: { type: "string" },
  },
});
const settings = Object.fromEntries(values.set.map((text) => text.split("=", 2) as [string, string]));
const everyMs = Number(values.trace) * 1000;

const isTable = !values.json;
const isAll = values.all || (positionals.length === 0 && values.out === undefined);
if (values.out !== undefined && (values.auto || values.set.length > 0 || values.seed !== "1")) {
  throw new Error(
    "results of other lanes, settings or seeds are not kept: leave out --auto, --set and --seed, or --out",
  );
}
const widths = [9, 5, 7, 7, 7, 7, 7, 6, 7, 8, 5, 6, 10, 10, 6, 11, 11, 10, 6, 6, 5];
if (isTable && (isAll || positionals.length > 0)) {
  console.log("idle: share of the lanes' time after the ramp without a packet or a slice; (all): of the whole run");
  print([
    "case",
    "lanes",
    "idle",
    "(all)",
    "absent",
    "waiting",
    "holding",
    "ramp",
    "time",
    "items/s",
    "waves",
    "tx/s",
    "requests/s",
    "peak req/s",
    "rows/s",
    "peak rows/s",
    "largest row",
    "largest tx",
    "events",
    "real",
    "exact",
  ]);
}
let isExact = true;
for (const name of isAll ? Object.keys(shapes) : positionals) {
  const shape = shapes[name];
  if (shape === undefined) throw new Error(`no case "${name}"; there are ${Object.keys(shapes).join(", ")}`);
  const lake = shape(Number(values.scale));
  for (const lanes of values.lanes.split(",").map(Number)) {
    const figures = await simulate({
      ...azure,
      lake,
      lanes,
      parallelism: values.auto ? "auto" : lanes,
      seed: Number(values.seed),
      settings,
      ...(values.trace === undefined ? {} : { trace: { everyMs, tell } }),
    });
    const { files, folders, bytes } = lake;
    if (values.out !== undefined) {
      const origin = { date: new Date().toISOString(), commit: commitNow(), scale: Number(values.scale) };
      keep({ case: name, what: contents[name] ?? "", lanes, files, folders, bytes, ...origin, ...figures });
    }
    isExact &&= figures.status === "Succeeded" && figures.faults.length === 0;
    if (isTable) print(cellsOf(name, lanes, lake.files + lake.folders, figures));
    else console.log(JSON.stringify({ case: name, lanes, files, folders, bytes, ...figures }));
  }
}
if (values.out !== undefined) writeFileSync(values.out, page());
process.exitCode = isExact ? 0 : 1;

function cellsOf(name: string, lanes: number, items: number, figures: Figures): readonly string[] {
  const { idleShare, idleShareOfAll, shares, seconds, rampSeconds, hub, table, faults, realSeconds, status } = figures;
  const isRight = status === "Succeeded" && faults.length === 0;
  return [
    name,
    String(lanes),
    ...[idleShare, idleShareOfAll, shares?.absent, shares?.waiting, shares?.holding].map(percent),
    `${rampSeconds.toFixed(0)} s`,
    `${seconds.toFixed(0)} s`,
    (items / seconds).toFixed(0),
    String(hub.rounds - 1),
    (table.transactions / seconds).toFixed(1),
    (table.requests / seconds).toFixed(1),
    String(table.peakRequests),
    (table.entities / seconds).toFixed(0),
    String(table.peakEntities),
    kibibytes(table.largestRow.bytes),
    kibibytes(table.largestTransaction.bytes),
    String(hub.mostEvents),
    `${realSeconds.toFixed(0)} s`,
    isRight ? "yes" : `no: ${[status, ...faults].join("; ")}`,
  ];
}

function percent(share: number | undefined): string {
  return share === undefined ? "-" : `${(100 * share).toFixed(1)} %`;
}

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

function print(cells: readonly string[]): void {
  console.log(cells.map((cell, index) => cell.padStart(widths[index] ?? 0)).join("  "));
}

function tell({ atMs, event, fields }: Look): void {
  console.error(`${(atMs / 1000).toFixed(1).padStart(8)} ${event} ${JSON.stringify(fields)}`);
}
