import { Command, CommanderError } from "commander";
import { version } from "../contract/version.ts";
import { Refused } from "./api.ts";
import { openCli } from "./cli.ts";
import { addActs } from "./commands/act.ts";
import { addAssess } from "./commands/assess.ts";
import { addCutover } from "./commands/cutover.ts";
import { addJournal } from "./commands/journal.ts";
import { addLooks } from "./commands/look.ts";
import { addPreflight } from "./commands/preflight.ts";
import { addProfile } from "./commands/profile.ts";
import { addSchedule } from "./commands/schedule.ts";
import { addStart } from "./commands/start.ts";
import { exitCodes, UsageError } from "./outcome.ts";
import { printable } from "./words.ts";
import type { World } from "./world.ts";

const afterHelp = `
Which app: --url, --profile, LAKEFERRY_URL, LAKEFERRY_PROFILE, or the profile in use. Its key: LAKEFERRY_KEY, or that of the profile.

Exit codes: 0 done, or Succeeded; 2 bad usage or a refused request; 3 CompletedWithErrors,
or a cut-over that is Refused; 4 Failed, Cancelled or no answer;
130 not at its end: left by Ctrl-C, paused, or stopped by stopAfter.

Examples:
  lakeferry profile set local --url http://127.0.0.1:7071
  lakeferry start --folder /sales --file-system lake
  lakeferry watch 20261123-111602-kjf2
  lakeferry journal 20261123-111602-kjf2 --outcome failed`;

/** Runs the command; resolves to the exit code. Results go to standard output, everything else to standard error. */
export async function runCommand(args: readonly string[], world: World): Promise<number> {
  const cli = openCli(world);
  let said = "";
  const program = new Command("lakeferry")
    .description(
      "Moves a data lake from Azure Data Lake Storage Gen1 to Gen2: the command for a running lakeferry app.",
    )
    .version(version, "--version", "print the version")
    .helpOption("--help", "print this help")
    .option("--profile <name>", "the app kept under this name")
    .option("--url <address>", "the address of the app, as https://NAME.azurewebsites.net")
    .option("--json", "results as JSON, no progress")
    .addHelpText("after", afterHelp)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => (said += text), writeErr: (text) => (said += text) })
    .exitOverride();
  addStart(program, cli);
  addAssess(program, cli);
  addPreflight(program, cli);
  addLooks(program, cli);
  addActs(program, cli);
  addJournal(program, cli);
  addSchedule(program, cli);
  addCutover(program, cli);
  addProfile(program, cli);
  try {
    await program.parseAsync(args, { from: "user" });
    return cli.code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      await world.out(said);
      return exitCodes.ok;
    }
    tell(error, said, args.includes("--json"), world);
    const isUsage = error instanceof CommanderError || error instanceof UsageError;
    return isUsage || (error instanceof Refused && error.status < 500) ? exitCodes.usage : exitCodes.failed;
  }
}

// For programs one line of JSON with a code, as problems of the API have it.
function tell(error: unknown, said: string, isJson: boolean, { canvas, note }: World): void {
  const isHelp = error instanceof CommanderError && error.code === "commander.help";
  if (isHelp) return void canvas.stream.write(said);
  const message = error instanceof CommanderError ? said.trim().replace(/^error: /u, "") : messageOf(error);
  if (!isJson)
    return note(
      error instanceof CommanderError ? `${message}\nlakeferry: --help lists commands and options` : printable(message),
    );
  const problem = error instanceof Refused ? error.problem : undefined;
  const isUsage = error instanceof CommanderError || error instanceof UsageError;
  const { code = isUsage ? "usage" : "no-answer", errors } = problem ?? {};
  const status = error instanceof Refused ? { status: error.status } : {};
  canvas.stream.write(
    `${JSON.stringify({ code, detail: message, ...status, ...(errors === undefined ? {} : { errors }) })}\n`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
