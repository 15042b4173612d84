// A Gen2 account that keeps sums of a computed lake, in a process of its own. Usage: node bench/scale/sink.ts FILES BYTES FILE-SYSTEM; its
// first line says where it is, and where its sums are.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startGen2 } from "../../local/gen2/gen2.ts";
import { onStop } from "../../local/kit/command.ts";
import { openArrivals } from "./arrivals.ts";
import { computedLake } from "./lake.ts";

const [files, mostBytes, fileSystem = ""] = process.argv.slice(2);
const { store, arrived } = openArrivals(computedLake(Number(files), Number(mostBytes)), fileSystem);
const gen2 = await startGen2({ store });
const sums = createServer((_, response) => response.end(JSON.stringify(arrived())));
sums.listen(0, "127.0.0.1", () => {
  const { port } = sums.address() as AddressInfo;
  console.log(JSON.stringify({ url: gen2.url, sums: `http://127.0.0.1:${port}` }));
});
onStop(async () => {
  sums.close();
  await gen2.close();
});
