// Lakes of awkward shape, each carried over by the whole local Azure: how long it takes and how much memory the app's
// process needs at its peak. Usage: node bench/shapes.ts [one|flat|chain …] (default: all). Needs node scripts/build.ts.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callApp, type Migration } from "../src/cli/api.ts";
import { isAtRest } from "../src/cli/outcome.ts";
import { startLocalAzure } from "../local/start/azure.ts";
import { peakMemoryOf } from "./measured.ts";

const shapes: Readonly<Record<string, (root: string) => void>> = {
  one: (root) => writeFileSync(join(root, "only.txt"), "one file"),
  flat: (root) => {
    for (let index = 0; index < 200_000; index++) {
      writeFileSync(join(root, `f${String(index).padStart(6, "0")}.txt`), `file ${index}\n`);
    }
  },
  chain: (root) => {
    const deep = join(root, ...Array.from({ length: 55 }, (_, depth) => `level ${depth + 1}`));
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, "end.txt"), "the end");
  },
};

const asked = process.argv.slice(2);
for (const shape of asked.length > 0 ? asked : Object.keys(shapes)) {
  const make = shapes[shape];
  if (make === undefined) throw new Error(`no shape "${shape}"; there are ${Object.keys(shapes).join(", ")}`);
  console.log(JSON.stringify(await carry(shape, make)));
}

async function carry(shape: string, make: (root: string) => void): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "lakeferry-shape-"));
  const [source, out, stateDir] = ["source", "out", "state"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(source);
  make(source);
  const azure = await startLocalAzure({ source, out, stateDir, meta: join(folder, "meta.jsonl"), port: undefined });
  try {
    // The first call loads what is loaded late; what is measured is a host that is up.
    await callApp(`${azure.url}/api/migrations`);
    const startMs = performance.now();
    const { id } = await callApp<{ id: string }>(`${azure.url}/api/migrations`, "POST", {
      sink: { fileSystem: "lake" },
    });
    let migration: Migration;
    do {
      await new Promise((resolve) => setTimeout(resolve, shape === "one" ? 20 : 250));
      migration = await callApp<Migration>(`${azure.url}/api/migrations/${id}`);
    } while (!isAtRest(migration.status));
    const { filesWritten, foldersWritten } = migration.report;
    const seconds = Math.round(performance.now() - startMs) / 1000;
    return {
      shape,
      status: migration.status,
      filesWritten,
      foldersWritten,
      seconds,
      appPeakMiB: peakMemoryOf(azure.hostPid),
    };
  } finally {
    await azure.stop();
    rmSync(folder, { recursive: true });
  }
}
