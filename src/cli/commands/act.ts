import type { Command } from "commander";
import type { Accepted, Changed } from "../api.ts";
import { exitCodes } from "../outcome.ts";
import { changesOf, withChanges } from "../request.ts";
import { pathOf } from "../session.ts";
import { type Cli, examples, gather } from "../cli.ts";
import { noProgress } from "../progress.ts";
import { untilAtRest } from "../watch.ts";

const commands = [
  ["pause", "save the place and stop; resume goes on from there"],
  ["resume", "go on with a paused migration"],
  ["cancel", "end a migration where it is"],
] as const;

/** `pause`, `resume`, `cancel` and `change`. */
export function addActs(program: Command, cli: Cli): void {
  for (const [name, description] of commands) {
    const command = program.command(`${name} <id>`).description(description);
    if (name !== "resume") command.option("--wait", "wait until it is done");
    examples(command, [[`${name} sales-1`, description]]).action(
      (id: string, { wait }: { readonly wait?: boolean }, command: Command) =>
        cli.run(command, async (session) => {
          let accepted = await session.call<Accepted>("POST", pathOf(id, `/${name}`));
          if (wait === true) {
            const rested = await untilAtRest(session, id, noProgress, { intervalMs: 1000 });
            if (rested === undefined) return exitCodes.left;
            accepted = { id, status: rested.status, links: rested.links };
          }
          await session.print(accepted, () => `Migration ${id}: ${accepted.status}`);
          return exitCodes.ok;
        }),
    );
  }

  const change = program.command("change <id>").description("replace caps of a live migration; null takes one away");
  examples(
    change.requiredOption(
      "--set <property=value>",
      "a cap, as --set sink.maxRequestsPerSecond=500; may be repeated",
      gather,
    ),
    [["change sales-1 --set sink.maxRequestsPerSecond=500", "heeded within seconds"]],
  ).action((id: string, { set }: { readonly set: readonly string[] }, command: Command) =>
    cli.run(command, async (session) => {
      const changed = await session.call<Changed>("PATCH", pathOf(id), withChanges({}, changesOf(set)));
      await session.print(changed, () => `Migration ${id}: ${changed.status}; ${capsText(changed)}`);
      return exitCodes.ok;
    }),
  );
}

function capsText({ caps }: Changed): string {
  const all = Object.entries(caps).flatMap(([side, own]) =>
    Object.entries(own).map(([name, value]) => `${side}.${name} ${value}`),
  );
  return all.length === 0 ? "no caps" : all.join(", ");
}
