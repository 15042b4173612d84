#!/usr/bin/env node
import { runCommand } from "./program.ts";
import { processWorld } from "./world.ts";

// Whoever reads the result may have had enough, as head has.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await runCommand(process.argv.slice(2), processWorld());
