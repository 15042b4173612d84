import { startGen2 } from "../../../local/gen2/gen2.ts";

// A child of memory.test.ts: serves a files store and tells the most memory it has had when it is asked.
const gen2 = await startGen2({ store: "files", root: process.argv[2] });
process.on("message", () => process.send?.(process.resourceUsage().maxRSS * 1024));
process.on("disconnect", () => process.exit(0));
process.send?.({ port: gen2.port, account: gen2.account });
