// A Gen1 account over a computed lake, in a process of its own. Usage: node bench/scale/source.ts FILES BYTES, where no file
// has as many bytes; its first line says where it is.
import { startGen1 } from "../../local/gen1/gen1.ts";
import { onStop } from "../../local/kit/command.ts";
import { computedLake } from "./lake.ts";
import { computedStore } from "./store.ts";

const [files, mostBytes] = process.argv.slice(2).map(Number);
const store = computedStore(computedLake(files ?? 0, mostBytes));
const gen1 = await startGen1({ store: { kind: "given", store } });
onStop(() => gen1.close());
console.log(JSON.stringify({ url: gen1.url, port: gen1.port }));
