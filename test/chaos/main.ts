// The command behind `npm run chaos`: runs seeds, one after the other, and says what became of each.
import { parseArgs } from "node:util";
import { type LayerName, layerOf, layers } from "./layers.ts";

const help = `npm run chaos -- [--seed N] [--count K] [--layer ${Object.keys(layers).join("|")}]

Runs the seeds N to N + K - 1. A seed decides everything: the lakes, the request, what goes wrong and when.
Without --layer each seed has a layer of its own. Exit code 1 when a seed isn't well.
`;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "1" },
    layer: { type: "string" },
    help: { type: "boolean" },
  },
});
if (values.help === true) process.stdout.write(help);
else process.exitCode = await run(wholeNumber(values.seed), wholeNumber(values.count), layerNamed(values.layer));

async function run(first: number, count: number, wanted: LayerName | undefined): Promise<number> {
  const tally = new Map<LayerName, { well: number; all: number }>();
  for (let seed = first; seed < first + count; seed++) {
    const layer = wanted ?? layerOf(seed);
    const sum = tally.get(layer) ?? { well: 0, all: 0 };
    tally.set(layer, sum);
    sum.all++;
    const startedMs = performance.now();
    const took = () => `${((performance.now() - startedMs) / 1000).toFixed(2)} s`;
    try {
      console.log(`ok    --layer ${layer} --seed ${seed}  ${await layers[layer](`${seed}`)}  (${took()})`);
      sum.well++;
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      console.log(`FAIL  --layer ${layer} --seed ${seed}  ${what}  (${took()})`);
    }
  }
  for (const [layer, { well, all }] of tally) console.log(`${layer}: ${well} of ${all} seeds are well`);
  return [...tally.values()].every(({ well, all }) => well === all) ? 0 : 1;
}

function wholeNumber(text: string): number {
  if (/^\d+$/u.test(text)) return Number(text);
  throw new Error(`expected a whole number, not ${text}`);
}

function layerNamed(name: string | undefined): LayerName | undefined {
  if (name === undefined || Object.hasOwn(layers, name)) return name as LayerName | undefined;
  throw new Error(`there is no layer ${name}; there are ${Object.keys(layers).join(", ")}`);
}
