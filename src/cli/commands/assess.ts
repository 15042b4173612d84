import { type Command, InvalidArgumentError } from "commander";
import type { Accepted } from "../api.ts";
import { type Cli, examples, gather, type Waiting, waitingOptions } from "../cli.ts";
import { readSpec, type RequestOptions, requestFrom, withChanges } from "../request.ts";
import { follow } from "./start.ts";

type AssessOptions = RequestOptions &
  Waiting & {
    readonly requestsPerSecond?: number;
    readonly megabytesPerSecond?: number;
    readonly prices?: string;
    readonly writer?: string;
  };

/** `assess`: what is in the source, and what a migration of it will take. */
export function addAssess(program: Command, cli: Cli): void {
  const assess = program
    .command("assess")
    .description("walk the source alone, and estimate what a migration of it will take")
    .option("--spec <file>", "the request as JSON, the body of POST /api/assessments; - reads standard input")
    .option("--folder <path>", "source.folderPath: the folder to assess")
    .option("--requests-per-second <rate>", "what each lake gives as a whole", rate)
    .option("--megabytes-per-second <rate>", "the same in megabytes", rate)
    .option("--prices <file>", "a whole price file as JSON, in place of the sample prices")
    .option("--writer <id>", "object id of the identity that will write")
    .option("--set <property=value>", "any other property, as --set preserve=[]; may be repeated", gather)
    .option("--id <id>", "an id of your own")
    .option("--name <text>", "a name for people")
    .option("--label <name=value>", "a label; may be repeated", gather);
  examples(waitingOptions(assess), [
    ["assess", "the whole source, with the sample prices"],
    ["assess --folder /sales --requests-per-second 500 --prices prices.json", "one folder, at your limits and prices"],
    ["assess --set preserve=[]", "listings only: no ACL is asked for"],
  ]).action((options: AssessOptions, command: Command) =>
    cli.run(command, async (session) => {
      const { input } = session.world;
      const { requestsPerSecond, megabytesPerSecond, prices, writer } = options;
      const body = withChanges(await requestFrom(options, input), [
        ["limits.requestsPerSecond", requestsPerSecond],
        ["limits.megabytesPerSecond", megabytesPerSecond],
        ["prices", prices === undefined ? undefined : await readSpec(prices, input, "--prices")],
        ["writer", writer],
      ]);
      return follow(session, await session.call<Accepted>("POST", "/assessments", body), options);
    }),
  );
}

function rate(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("Expected a rate above 0.");
}
