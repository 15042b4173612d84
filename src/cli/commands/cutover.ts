import { type Command, Option } from "commander";
import type { Cutover, CutoverList } from "../api.ts";
import { type Cli, examples, type Waiting, waitingOptions, wholeNumber } from "../cli.ts";
import { exitCodes } from "../outcome.ts";
import { printPages } from "../pages.ts";
import { pathOf as pathOfMigration, type Session } from "../session.ts";
import { untilOver } from "../watch.ts";
import { fact, printable, tableText } from "../words.ts";

type StartOptions = Waiting & { readonly quietMinutes?: number; readonly access?: string };

/** `cutover`: the last pass, and the proof that it was the last. */
export function addCutover(program: Command, cli: Cli): void {
  const cutover = program.command("cutover").description("prove a source frozen, do the last pass, audit it, and sign");

  examples(
    waitingOptions(
      cutover
        .command("start <migration>")
        .description("cut an ended migration over, and watch it")
        .option("--quiet-minutes <count>", "between the first look at the source and the second", wholeNumber(0, 1440))
        .addOption(new Option("--access <how>", "what of access must not change").choices(["listed", "full"])),
    ),
    [["cutover start sales-1", "exit code 0 only when it is signed"]],
  ).action((migration: string, { quietMinutes, access, ...waiting }: StartOptions, command: Command) =>
    cli.run(command, async (session) => {
      const body = {
        ...(quietMinutes === undefined ? {} : { quietMinutes }),
        ...(access === undefined ? {} : { access }),
      };
      const started = await session.call<Cutover>("POST", pathOfMigration(migration, "/cutover"), body);
      if (waiting.detach !== true) return watchCutover(session, started.id, waiting.interval);
      await session.print(started, () => cutoverText(started));
      return exitCodes.ok;
    }),
  );

  cutover
    .command("watch <id>")
    .description("show a cut-over until it is signed, refused or ended; Ctrl-C only leaves")
    .addOption(cli.interval())
    .action((id: string, { interval }: { readonly interval: number }, command: Command) =>
      cli.run(command, (session) => watchCutover(session, id, interval)),
    );

  cutover
    .command("list")
    .description("list cut-overs, newest first")
    .action((_: object, command: Command) =>
      cli.run(command, async (session) => {
        const list = await session.call<CutoverList>("GET", "/cutovers");
        await session.print(list, () => listText(list));
        return exitCodes.ok;
      }),
    );

  for (const [name, method, rest, description] of [
    ["show", "GET", "", "show a cut-over; of a signed one this is the report"],
    ["cancel", "POST", "/cancel", "end a cut-over, and cancel its run"],
  ] as const) {
    cutover
      .command(`${name} <id>`)
      .description(description)
      .action((id: string, _: object, command: Command) =>
        cli.run(command, async (session) => {
          const shown = await session.call<Cutover>(method, `${pathOf(id)}${rest}`);
          await session.print(shown, () => cutoverText(shown));
          return exitCodes.ok;
        }),
      );
  }

  examples(
    cutover
      .command("pathmap <id>")
      .description("print old and new paths as CSV")
      .addOption(
        new Option("--files <which>", "single files, too: those that the last pass copied").choices(["copied"]),
      ),
    [["cutover pathmap sales-1-cutover-1 > paths.csv", "adl:// beside abfss://"]],
  ).action((id: string, options: { readonly files?: string }, command: Command) =>
    cli.run(command, async (session) => {
      await printPages(session, `${pathOf(id)}/pathmap`, new URLSearchParams({ ...options }));
      return exitCodes.ok;
    }),
  );
}

function pathOf(id: string): string {
  return `/cutovers/${encodeURIComponent(id)}`;
}

async function watchCutover(session: Session, id: string, intervalMs: number): Promise<number> {
  const { world, isJson, hint } = session;
  let said = "";
  const show = ({ step, detail }: Cutover) => {
    const line = `${step ?? ""}${detail === undefined ? "" : `: ${detail}`}`;
    if (line === said || line === "" || isJson) return;
    said = line;
    world.canvas.stream.write(`${printable(line)}\n`);
  };
  const seen = await untilOver<Cutover>(
    session,
    {
      path: pathOf(id),
      what: `cut-over ${id}`,
      again: `lakeferry cutover watch ${id}${hint}`,
      isOver: ({ status }) => status !== "Running",
      show,
      end: () => undefined,
    },
    { intervalMs },
  );
  if (seen === undefined) return exitCodes.left;
  await session.print(seen, () => cutoverText(seen));
  if (seen.status === "Signed") return exitCodes.ok;
  return seen.status === "Refused" ? exitCodes.withErrors : exitCodes.failed;
}

function listText({ cutovers, unreadable = [] }: CutoverList): string {
  const rows = cutovers.map(({ id, status, createdTime, what }) => [id, status, createdTime, printable(what)]);
  return [
    tableText([["ID", "STATUS", "CREATED", "WHAT"], ...rows]),
    ...unreadable.map(({ id, detail }) => `${id}  can't be read: ${printable(detail)}`),
  ].join("\n");
}

function cutoverText({
  id,
  status,
  migration,
  what,
  detail,
  evidence = [],
  samples = [],
  runs,
  seal,
}: Cutover): string {
  return [
    `Cut-over ${id}: ${status}`,
    fact("of", `${migration}, ${what}`),
    ...(detail === undefined ? [] : [fact("detail", detail)]),
    ...Object.entries(runs).map(([step, seen]) =>
      fact(step, `${seen.run}: ${seen.status}, ${seen.files} files, digest ${seen.digest}`),
    ),
    ...evidence.map((seen) => fact("evidence", `${seen.what}: ${seen.before}, then ${seen.after}`)),
    ...samples.map((path) => fact("written", path)),
    ...(seal === undefined ? [] : [fact("seal", seal)]),
  ].join("\n");
}
