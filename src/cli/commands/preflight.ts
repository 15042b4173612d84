import type { Command } from "commander";
import type { Checklist } from "../api.ts";
import { type Cli, examples } from "../cli.ts";
import { exitCodes } from "../outcome.ts";
import { type RequestOptions, requestFrom } from "../request.ts";
import { counted, fact } from "../words.ts";
import { requestOptions } from "./start.ts";

/** `preflight`: whether a migration could run. */
export function addPreflight(program: Command, cli: Cli): void {
  const preflight = program
    .command("preflight")
    .description("try whether a migration could run, as it would be started: rights, names, clocks, holds, network");
  examples(requestOptions(preflight), [
    ["preflight --folder /sales --file-system lake", "exit code 4 when it could not"],
  ]).action((options: RequestOptions, command: Command) =>
    cli.run(command, async (session) => {
      const body = await requestFrom(options, session.world.input);
      const checklist = await session.call<Checklist>("POST", "/preflight", body);
      await session.print(checklist, () => checklistText(checklist));
      return checklist.status === "failed" ? exitCodes.failed : exitCodes.ok;
    }),
  );
}

function checklistText({ status, checks }: Checklist): string {
  return [
    `Preflight: ${status} after ${counted(checks.length, "look")}`,
    ...checks.flatMap(({ name, status: found, detail, fix }) => [
      fact(found, `${name}: ${detail}`),
      ...(fix === undefined ? [] : [fact("  do", fix)]),
    ]),
  ].join("\n");
}
