import { type Command, Option } from "commander";
import { journalOutcomes } from "../../core/journal.ts";
import { type Cli, examples } from "../cli.ts";
import { exitCodes } from "../outcome.ts";
import { printPages } from "../pages.ts";
import { pathOf } from "../session.ts";

/** `journal` and `differences`: all pages, one after the other. */
export function addJournal(program: Command, cli: Cli): void {
  examples(
    program
      .command("journal <id>")
      .description("print what became of every name")
      .addOption(new Option("--outcome <outcome>", "only lines of this outcome").choices(journalOutcomes))
      .addOption(formatOption()),
    [
      ["journal sales-1 --outcome failed", "what failed, and why"],
      ["journal sales-1 --format csv > journal.csv", "for a spreadsheet"],
    ],
  ).action((id: string, options: { readonly outcome?: string; readonly format: string }, command: Command) =>
    cli.run(command, async (session) => {
      await printPages(session, pathOf(id, "/journal"), new URLSearchParams({ ...options }));
      return exitCodes.ok;
    }),
  );

  examples(
    program
      .command("differences <id>")
      .description(
        "print how the lakes differ, of an audit or a migration with one: + missing at the sink, - only there, * different, ! went wrong",
      )
      .addOption(formatOption()),
    [["differences audit-1 --format csv > differences.csv", "for a spreadsheet"]],
  ).action((id: string, options: { readonly format: string }, command: Command) =>
    cli.run(command, async (session) => {
      const path = `/audits/${encodeURIComponent(id)}/differences`;
      await printPages(session, path, new URLSearchParams({ ...options }));
      return exitCodes.ok;
    }),
  );
}

function formatOption(): Option {
  return new Option("--format <format>", "JSON Lines or CSV").choices(["jsonl", "csv"]).default("jsonl");
}
