import type { Command } from "commander";
import type { Accepted } from "../api.ts";
import { exitCodes } from "../outcome.ts";
import { type RequestOptions, requestFrom, withChanges } from "../request.ts";
import { pathOf, type Session } from "../session.ts";
import { watch } from "../watch.ts";
import { type Cli, examples, gather, type Waiting, waitingOptions } from "../cli.ts";

/** What to migrate: options of every command that starts something. */
export function requestOptions(command: Command): Command {
  return command
    .option("--spec <file>", "the request as JSON, the body of POST /api/migrations; - reads standard input")
    .option("--folder <path>", "source.folderPath: the folder to migrate")
    .option("--file <name>", "source.fileName: one file of that folder")
    .option("--file-system <name>", "sink.fileSystem: the file system to write to")
    .option("--sink-folder <path>", "sink.folderPath: the folder to write to")
    .option("--set <property=value>", "any other property, as --set source.recursive=false; may be repeated", gather)
    .option("--id <id>", "an id of your own")
    .option("--name <text>", "a name for people")
    .option("--label <name=value>", "a label; may be repeated", gather);
}

/** `start`, `audit`, and `rerun` of what has ended. */
export function addStart(program: Command, cli: Cli): void {
  const start = requestOptions(program.command("start").description("start a migration and watch it"));
  examples(waitingOptions(start), [
    ["start --file-system lake", "the whole source into the file system lake"],
    ["start --folder /sales --file-system lake --sink-folder /raw/sales --detach", "one folder, without waiting"],
    ["start --spec request.json --set parallelism=16", "a request from a file, with more lanes"],
  ]).action((options: RequestOptions & Waiting, command: Command) =>
    cli.run(command, async (session) => {
      const body = await requestFrom(options, session.world.input);
      return follow(session, await session.call<Accepted>("POST", "/migrations", body), options);
    }),
  );

  const audit = requestOptions(program.command("audit").description("compare two lakes, change nothing, and watch it"));
  audit.option("--cut-off <time>", "what was changed later counts for nothing; default: now");
  examples(waitingOptions(audit), [
    ["audit --folder /sales --file-system lake --sink-folder /raw/sales", "exit code 3 when they differ"],
  ]).action((options: RequestOptions & Waiting & { readonly cutOff?: string }, command: Command) =>
    cli.run(command, async (session) => {
      const body = withChanges(await requestFrom(options, session.world.input), [["cutOffTime", options.cutOff]]);
      return follow(session, await session.call<Accepted>("POST", "/audits", body), options);
    }),
  );

  for (const { name, what, example } of again) {
    examples(waitingOptions(program.command(`${name} <id>`).description(what)), [[`${name} sales-1`, example]]).action(
      (id: string, options: Waiting, command: Command) =>
        cli.run(command, async (session) =>
          follow(session, await session.call<Accepted>("POST", pathOf(id, `/${name}`)), options),
        ),
    );
  }
}

// What has ended, once more.
const again = [
  {
    name: "rerun",
    what: "start the request of an ended migration again, under a new id",
    example: "what is there already is skipped",
  },
  {
    name: "retry",
    what: "work on the names that failed, or were skipped by a fault rule, in a migration that is CompletedWithErrors, under a new id",
    example: "everything else is left alone",
  },
] as const;

/** Says that a migration is on its way, and watches it unless it is to be left alone. */
export async function follow(session: Session, accepted: Accepted, { detach, interval }: Waiting): Promise<number> {
  const { id, status } = accepted;
  if (detach !== true) {
    if (!session.isJson) session.world.note(`migration ${id}; Ctrl-C leaves it alone, it goes on`);
    return watch(session, id, { intervalMs: interval });
  }
  await session.print(accepted, () => `Migration ${id}: ${status}`);
  return exitCodes.ok;
}
