// Records the rounds of whole migrations on memory, with the real activities, as a history of the version that host.json
// names. Usage: node test/flow/record.ts
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SliceInput, WaveInput } from "../../src/core/steps.ts";
import { ferryPacket } from "../../src/ferry/slice.ts";
import { planWave } from "../../src/ferry/wave.ts";
import { firstRound, type MigrateInput } from "../../src/flow/migrate.ts";
import { addRun, requestOf, testFerry } from "../kit/testFerry.ts";
import { round } from "./round.ts";

type Answered = { readonly name: string } & ({ readonly result: unknown } | { readonly throws: string });

/** One round: what it was given, what it asked for and was answered, and whether another one followed. */
export type History = {
  readonly name: string;
  readonly input: MigrateInput;
  readonly asked: readonly Answered[];
  readonly continues: boolean;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await record();

async function record(): Promise<void> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const { extensions } = JSON.parse(readFileSync(join(root, "host.json"), "utf8")) as {
    readonly extensions: { readonly durableTask: { readonly defaultVersion: string } };
  };
  const file = join(root, "test/flow/histories", `${extensions.durableTask.defaultVersion}.json`);
  const histories = [
    ...(await course("a whole migration", () => undefined)),
    ...(await course("slices that are lost", (asked, nth) =>
      asked === "ferryPacket" && nth % 2 === 1 ? "lost" : undefined,
    )),
    ...(await course("plans that are lost", (asked, nth) =>
      asked === "planWave" && nth % 3 === 0 ? "lost" : undefined,
    )),
  ];
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(histories, undefined, 1)}\n`);
  console.log(`${histories.length} rounds in ${file.slice(root.length)}`);
}

async function course(
  name: string,
  fails: (activity: string, nth: number) => string | undefined,
): Promise<readonly History[]> {
  const { ferry, source } = testFerry();
  for (let index = 0; index < 40; index++) source.write(`/folder ${index % 8}/file ${index}`, `content ${index}`);
  await addRun(ferry, "r", requestOf({ parallelism: 3 }));
  const histories: History[] = [];
  let input: MigrateInput | undefined = firstRound({ id: "r", epoch: 1 });
  let calls = 0;
  while (input !== undefined && histories.length < 12) {
    const asked: Answered[] = [];
    const now: MigrateInput = input;
    const { next } = await round(now, async (activity) => {
      // Where it stands is decided when it is asked for, not when it ends.
      const at = asked.push({ name: activity.name, throws: "never answered" }) - 1;
      const throws = fails(activity.name, calls++);
      if (throws !== undefined) {
        asked[at] = { name: activity.name, throws };
        throw new Error(throws);
      }
      const result =
        activity.name === "planWave"
          ? await planWave(ferry, activity.input as WaveInput)
          : await ferryPacket(ferry, activity.input as SliceInput);
      asked[at] = { name: activity.name, result };
      return result;
    });
    histories.push({ name: `${name}, round ${histories.length}`, input: now, asked, continues: next !== undefined });
    input = next;
  }
  return histories;
}
