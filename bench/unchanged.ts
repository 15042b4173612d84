// A second pass over a lake in which nothing has changed: what it asks of both lakes, how long it takes, and that it writes
// nothing.
//   node bench/unchanged.ts [--folders 5000] [--files 20]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../src/app/clock.ts";
import { emulatedSink, emulatedSource } from "../test/kit/emulated.ts";
import { addRun, drive, ferryAt, requestOf } from "../test/kit/testFerry.ts";

const { values } = parseArgs({
  options: { folders: { type: "string", default: "5000" }, files: { type: "string", default: "20" } },
});
const [folders, perFolder] = [Number(values.folders), Number(values.files)];
const root = mkdtempSync(join(tmpdir(), "lakeferry-unchanged-"));
for (let folder = 0; folder < folders; folder++) {
  const path = join(root, `p${Math.floor(folder / 100)}`, `d${folder}`);
  mkdirSync(path, { recursive: true });
  for (let file = 0; file < perFolder; file++) writeFileSync(join(path, `f${file}`), "x");
}
const from = await emulatedSource({ store: { kind: "files", root } });
const to = await emulatedSink({ store: "memory", blobPrefixProperties: true });
const lakes = ferryAt(systemClock, { saveMs: 2000, listings: 32 });
const ferry = { ...lakes.ferry, lakes: () => ({ source: from.source, sink: to.sink("lake") }) };

try {
  await pass("first");
  const before = JSON.stringify(await to.gen2.dump());
  const second = await pass("second");
  const isTouched = JSON.stringify(await to.gen2.dump()) !== before;
  const [files, all] = [folders * perFolder, folders + Math.ceil(folders / 100) + 1];
  // The run itself looks at both roots, and asks the source for an estimate.
  const bound = Math.ceil(files / 4000 + files / 5000 + 3 * all) + 5;
  console.log(`bound: files/4000 + files/5000 + 3 per folder, and 5 for the run = ${bound}`);
  const isWithin = second <= bound;
  console.log(`${isWithin ? "within" : "OVER"} the bound; the sink was ${isTouched ? "TOUCHED" : "not touched"}`);
  process.exitCode = isWithin && !isTouched ? 0 : 1;
} finally {
  await Promise.all([from.close(), to.close()]);
  rmSync(root, { recursive: true, force: true });
}

async function pass(id: string): Promise<number> {
  for (const meter of [from.meter, to.meter]) for (const op of Object.keys(meter.requests)) delete meter.requests[op];
  const startedMs = performance.now();
  await addRun(ferry, id, requestOf({ parallelism: 1 }));
  const { status } = await drive(ferry, id);
  const { tally } = await ferry.work(id).account();
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const asked = { ...from.meter.requests, ...to.meter.requests };
  const requests = Object.values(asked).reduce((sum, count) => sum + count, 0);
  console.log(
    `${id}: ${status}, ${tally.filesCopied} of ${tally.filesListed} files copied, ${seconds} s, ${requests} requests`,
  );
  console.log(
    `  ${Object.entries(asked)
      .map(([op, count]) => `${op} ${count}`)
      .join(", ")}`,
  );
  return requests;
}
