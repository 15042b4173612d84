import { type Kind, start } from "./lakes.ts";

/** What this process says once it serves, and whenever it gets a message. */
export type Spent = { readonly port: number; readonly cpuMs: number; readonly rssMib: number };

// A process of its own for each server, so that its CPU can be told from the client's. It ends when its parent lets go.
const [kind, root] = process.argv.slice(2);
const port = await start(kind as Kind, root);
process.on("message", say);
process.once("disconnect", () => process.exit(0));
say();

function say(): void {
  const { user, system } = process.cpuUsage();
  const spent: Spent = { port, cpuMs: (user + system) / 1000, rssMib: process.memoryUsage.rss() / 1024 / 1024 };
  process.send?.(spent);
}
