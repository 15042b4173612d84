import { type Command, Option } from "commander";
import { statuses } from "../../contract/status.ts";
import type { Health, Migration, MigrationList, Status } from "../api.ts";
import { type Cli, examples, wholeNumber } from "../cli.ts";
import { exitCodeOf, exitCodes } from "../outcome.ts";
import { pathOf } from "../session.ts";
import { watch } from "../watch.ts";
import { reportText, showText } from "../reports.ts";
import { healthText, listText } from "../words.ts";

/** `watch`, `list`, `show`, `report` and `health`. */
export function addLooks(program: Command, cli: Cli): void {
  examples(
    program
      .command("watch <id>")
      .description("show a migration until it rests, then its report; Ctrl-C only leaves")
      .addOption(cli.interval()),
    [
      ["watch sales-1", "a bar on a terminal, lines elsewhere"],
      ["watch sales-1 --json", "nothing until it rests, then the migration as JSON"],
    ],
  ).action((id: string, { interval }: { readonly interval: number }, command: Command) =>
    cli.run(command, (session) => watch(session, id, { intervalMs: interval })),
  );

  examples(
    program
      .command("list")
      .description("list migrations, newest first")
      .addOption(new Option("--status <status>", "only those with this status").choices(statuses))
      .option("--limit <count>", "so many at most", wholeNumber(1, 200)),
    [["list --status Running", "what is at work"]],
  ).action((options: { readonly status?: Status; readonly limit?: number }, command: Command) =>
    cli.run(command, async (session) => {
      const { status, limit } = options;
      const all = await session.call<MigrationList>("GET", "/migrations");
      const chosen = all.migrations.filter((one) => status === undefined || one.status === status).slice(0, limit);
      const list = { ...all, migrations: chosen };
      await session.print(list, () => listText(list));
      return exitCodes.ok;
    }),
  );

  examples(program.command("show <id>").description("show a migration: totals, rates, lanes, first failures"), [
    ["show sales-1", "how it stands"],
    ["show sales-1 --json | jq .request", "what was asked for, with all defaults"],
  ]).action((id: string, _: object, command: Command) =>
    cli.run(command, async (session) => {
      const migration = await session.call<Migration>("GET", pathOf(id));
      await session.print(migration, () => showText(migration));
      return exitCodes.ok;
    }),
  );

  examples(
    program.command("report <id>").description("print the report of a migration; the exit code is that of its status"),
    [["report sales-1 --json", "Data Factory's names, and more"]],
  ).action((id: string, _: object, command: Command) =>
    cli.run(command, async (session) => {
      const migration = await session.call<Migration>("GET", pathOf(id));
      await session.print(migration.report, () => reportText(migration));
      return exitCodeOf(migration.status);
    }),
  );

  examples(
    program.command("health").description("tell how the app is: its state store, connections, a wrong setting"),
    [["health", "exit code 0 when it is well, else 4"]],
  ).action((_: object, command: Command) =>
    cli.run(command, async (session) => {
      const health = await session.call<Health>("GET", "/health/details");
      await session.print(health, () => healthText(health));
      return health.status === "ok" ? exitCodes.ok : exitCodes.failed;
    }),
  );
}
