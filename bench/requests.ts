// Prints what each kind of small file costs in requests, counted at both emulators.
import { type Counts, requestTable } from "../test/kit/requestTable.ts";

const columns = [46, 32, 48] as const;

const line = (...cells: readonly string[]) =>
  `${cells
    .map((cell, index) => cell.padEnd(columns[index] ?? 0))
    .join(" ")
    .trimEnd()}\n`;

process.stdout.write(line("requests for each of 50 small files", "Gen1", "Gen2", "beside, for all together"));
for (const { what, source, sink, once } of await requestTable()) {
  process.stdout.write(line(what, text(source), text(sink), text(once)));
}

function text(counts: Counts): string {
  const parts = Object.entries(counts).map(([op, count]) => `${count} ${op}`);
  return parts.length === 0 ? "-" : parts.join(", ");
}
