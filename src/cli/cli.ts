import { type Command, InvalidArgumentError, Option } from "commander";
import { type CommonOptions, openSession, type Session } from "./session.ts";
import type { World } from "./world.ts";

/** What commands are made with. */
export type Cli = {
  readonly world: World;
  /** Does the work of a command that talks to the app; what it resolves to is the exit code. */
  readonly run: (command: Command, work: (session: Session) => Promise<number>) => Promise<void>;
  /** Does the work of one that doesn't. */
  readonly act: (work: () => Promise<void>) => Promise<void>;
  /** How often to look. */
  readonly interval: () => Option;
};

/** Options of a command that waits for a migration unless told not to. */
export type Waiting = { readonly detach?: boolean; readonly interval: number };

/** Collects what commands come to: `code` is the exit code. */
export function openCli(world: World): Cli & { code: number } {
  const cli = {
    world,
    code: 0,
    run: async (command: Command, work: (session: Session) => Promise<number>) => {
      cli.code = await work(openSession(world, command.optsWithGlobals<CommonOptions>()));
    },
    act: (work: () => Promise<void>) => work(),
    interval: intervalOption,
  };
  return cli;
}

/** --detach and --interval. */
export function waitingOptions(command: Command): Command {
  return command.option("--detach", "don't wait: print the id").addOption(intervalOption());
}

function intervalOption(): Option {
  return new Option("--interval <seconds>", "how often to look, 0.1 to 3600").default(2000, "2").argParser((text) => {
    const seconds = /^\d+(\.\d+)?$/u.test(text) ? Number(text) : Number.NaN;
    if (seconds >= 0.1 && seconds <= 3600) return seconds * 1000;
    throw new InvalidArgumentError("expected seconds, 0.1 to 3600");
  });
}

/** Reads a whole number of an option. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/u.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected a whole number, ${min} to ${max}`);
  };
}

/** Gathers an option that may be repeated. */
export function gather(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** Adds examples to a command's help. */
export function examples(command: Command, lines: readonly (readonly [string, string])[]): Command {
  const width = Math.max(...lines.map(([line]) => line.length));
  const text = lines.map(([line, what]) => `  lakeferry ${line.padEnd(width)}  ${what}`);
  return command.addHelpText("after", ["", "Examples:", ...text].join("\n"));
}
