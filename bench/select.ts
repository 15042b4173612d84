// Selection at its largest: a list of a million lines of which one in a hundred names nothing, and ten years of daily folders
// of which a month is wanted, carried over by the real code on lakes that are computed and keep one mark a file. Says whether
// all of it was exact, what was asked of the lakes, and how much memory the process has had by then.
// Usage: node bench/select.ts [--lines 1000000] [--lanes 4] [--json]
import { parseArgs } from "node:util";
import { systemClock } from "../src/app/clock.ts";
import { carryDays, carryList, type Named } from "./sim/named.ts";

const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "1000000" },
    lanes: { type: "string", default: "4" },
    json: { type: "boolean", default: false },
  },
});

let isExact = true;
const [lines, lanes] = [Number(values.lines), Number(values.lanes)];
// A short list first, to show that a long one takes no more memory.
for (const count of [Math.min(lines, 10_000), lines]) {
  tell(`list of ${count} lines, 1 % missing, ${lanes} lanes`, await carryList(count, 100, lanes, systemClock));
}
const { listed, ...days } = await carryDays(10, 31, systemClock);
tell(`31 of ${10 * 365 + 3} daily folders, ${new Set(listed).size} folders listed`, days);
process.exitCode = isExact ? 0 : 1;

function tell(what: string, named: Named): void {
  isExact &&= named.faults.length === 0;
  if (values.json) return console.log(JSON.stringify({ what, ...named }));
  const { seconds, peakMiB, requests, faults } = named;
  console.log(`${what}: ${faults.length === 0 ? "exact" : faults.join("; ")}`);
  console.log(`  ${seconds.toFixed(1)} s, ${peakMiB} MiB of memory at most`);
  for (const [op, count] of Object.entries(requests)) console.log(`  ${op.padEnd(22)} ${count}`);
}
