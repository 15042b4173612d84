import { spawnSync } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import type { Case } from "../cases.ts";
import { runMeasured, type Spent } from "../measured.ts";
import type { MinimalSink } from "../sinks.ts";

/** CPU and memory that a crossing took. */
export type Taken = Omit<Spent, "seconds"> & {
  /** Peak memory of all its processes, where it has more than the one that copies. */
  readonly allMiB?: number;
  /** CPU seconds of its state store, where it has one. */
  readonly stateCpuSeconds?: number;
};

/** One crossing of a lake: what it took, and whether the tool says it went well. */
export type Crossed = Taken & {
  readonly seconds: number;
  readonly isGood: boolean;
  readonly said: string;
  /** What it asked of a source that is a server, by kind. */
  readonly source?: Readonly<Record<string, number>>;
};

/** A crossing that goes on. */
export type Crossing = {
  readonly ended: Promise<Crossed>;
  readonly soFar: () => Taken;
  /** Ends it early, leaving the tool ready for the next one. */
  readonly stop: () => Promise<void>;
  /** kill -9 of the process that copies. */
  readonly kill: () => void;
};

/** What stands ready for a tool before it is measured. */
export type Ready = {
  readonly cross: () => Crossing;
  /** Goes on with the crossing that was killed last, as the tool's users do. */
  readonly resume?: () => Promise<Crossing>;
  readonly close: () => Promise<void>;
  /** Seconds until it stood ready, where that is more than the start of a program. */
  readonly startSeconds?: number;
};

/** What the sink shows all tools. */
export const fileSystem = "lake";

/** A tool that can be measured. */
export type Tool = {
  readonly name: string;
  /** What it checks on the way, in a few words. */
  readonly proof: string;
  /** Undefined when it can be measured, else why not and what would help. */
  readonly missing: () => string | undefined;
  readonly version: () => string;
  /** Why it can't do a case; undefined when it can. */
  readonly cant: (wanted: Case) => string | undefined;
  readonly open: (wanted: Case, source: string, sink: MinimalSink) => Promise<Ready>;
};

/** A crossing by a program of its own. */
export function crossingBy(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Crossing {
  const { ended, soFar, kill } = runMeasured(command, args, env);
  return {
    ended: ended.then((end) => ({ ...end, isGood: end.code === 0 })),
    soFar,
    stop: async () => {
      kill();
      await ended;
    },
    kill,
  };
}

/** Whether a program is there and runs. */
export function runs(command: string): boolean {
  if (command.includes("/") && !existsSync(command)) return false;
  // npm keeps the mode of its archive, in which AzCopy may not be run.
  if (command.includes("/node_modules/")) chmodSync(command, 0o755);
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}

/** The first line that a program prints. */
export function firstLine(command: string, args: readonly string[]): string {
  return spawnSync(command, args, { encoding: "utf8" }).stdout.split("\n")[0]?.trim() ?? "";
}

/** The sink asks nobody who he is; the tools want a signature in the address. */
export const sas = "sv=2021-12-02&ss=bf&srt=sco&sp=rwdlacup&se=2099-01-01T00:00:00Z&spr=https,http&sig=AAAA";
