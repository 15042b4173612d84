import { type Command, Option } from "commander";
import { journalOutcomes } from "../../core/journal.ts";
import { textOf } from "../api.ts";
import { type Cli, examples } from "../cli.ts";
import { exitCodes } from "../outcome.ts";
import { pathOf, type Session } from "../session.ts";

/** `journal`: all pages, one after the other. */
export function addJournal(program: Command, cli: Cli): void {
  examples(
    program
      .command("journal <id>")
      .description("print what became of every name")
      .addOption(new Option("--outcome <outcome>", "only lines of this outcome").choices(journalOutcomes))
      .addOption(new Option("--format <format>", "JSON Lines or CSV").choices(["jsonl", "csv"]).default("jsonl")),
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
}

/** Prints an answer that comes in pages, each leading to the next one. */
async function printPages(session: Session, path: string, query: URLSearchParams): Promise<void> {
  for (let asked: string | undefined = `?${query.toString()}`; asked !== undefined; ) {
    const reply: Response = await session.reply(`${path}${asked}`);
    await session.world.out(await textOf(reply, path));
    // Only what is asked for is taken from the link: the app may know itself by another address.
    const next = /<([^>]+)>; rel="next"/u.exec(reply.headers.get("link") ?? "")?.[1];
    asked = next === undefined ? undefined : new URL(next, "http://app").search;
  }
}
