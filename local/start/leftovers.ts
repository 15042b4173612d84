import { UsageError } from "../../src/cli/outcome.ts";
import { listProcesses, type Listed } from "./processes.ts";

const programs = /\/dist\/local\/(?:gen1|gen2|host)\.mjs|\/local\/azurite\.ts/u;
const pauseMs = 100;
const maxPauses = 300;

/**
 * Waits for the processes of an earlier start that still use one of these folders: when their launcher is killed, they
 * end by themselves a moment later, and two must not use one folder. Throws UsageError when one stays for half a minute.
 */
export async function leftoversGone(
  folders: readonly string[],
  list: () => readonly Listed[] = listProcesses,
  pause: () => Promise<void> = () => new Promise((resolve) => setTimeout(resolve, pauseMs)),
): Promise<void> {
  for (let pauses = 0; ; pauses++) {
    const left = list().find(({ args }) => programs.test(args) && folders.some((folder) => uses(args, folder)));
    if (left === undefined) return;
    if (pauses >= maxPauses) {
      throw new UsageError(`process ${left.pid}, left behind by an earlier start, doesn't end; end it: ${left.args}`);
    }
    await pause();
  }
}

function uses(args: string, folder: string): boolean {
  return `${args} `.includes(` ${folder} `) || args.includes(` ${folder}/`);
}
