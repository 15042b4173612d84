// Runs another program in this process, and ends it when the one who started us is gone, however it went: standard
// input is a pipe that only the starter holds. Usage: leashed.mjs PROGRAM [ARGUMENT …]
import { pathToFileURL } from "node:url";

const [, , program] = process.argv;
if (program === undefined) throw new Error("usage: leashed.mjs PROGRAM [ARGUMENT …]");
process.stdin.resume();
// Azurite ends by having nothing left to do; the leash must not be that something.
if ("unref" in process.stdin) process.stdin.unref();
process.stdin.once("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.once("error", () => process.kill(process.pid, "SIGTERM"));
process.argv.splice(1, 1);
await import(pathToFileURL(program).href);
