// lakeferry's data path without host, orchestration and tables: one process that plans and ferries, with its rows in memory.
// Usage: node bench/alone.ts <Gen1 endpoint> <Gen2 endpoint> <file system> [what to preserve …]
import { openAlone } from "./hot/ferry.ts";

const [from = "", to = "", fileSystem = "", ...preserve] = process.argv.slice(2);
const { cross, close } = openAlone({ from, to, fileSystem, preserve });
const { status, error } = await cross();
console.log(JSON.stringify({ status, error }));
await close();
if (status !== "Succeeded") process.exitCode = 1;
