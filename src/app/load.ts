import { performance } from "node:perf_hooks";
import type { Load } from "../ferry/ferry.ts";

/** What this process has worked since it began: of its event loop all that isn't waiting, also where others had the processor. */
export function processLoad(): Load {
  const { user, system } = process.cpuUsage();
  return { loopMs: performance.eventLoopUtilization().active, cpuMs: (user + system) / 1000 };
}
