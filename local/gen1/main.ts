import { onStop, runCommand } from "../kit/command.ts";
import { startGen1 } from "./gen1.ts";
import { gen1Options, gen1Usage } from "./options.ts";

const help = `Serves a folder, or an empty lake in memory, as a Data Lake Storage Gen1 account on 127.0.0.1.

  node local/gen1/main.ts --root DIR [options]
  node local/gen1/main.ts --store memory [options]

${gen1Usage}
One line of JSON, {"url", "port"}, says that it is ready. SIGTERM or SIGINT ends it.
`;

await runCommand(async (args) => {
  if (args.includes("--help")) return void process.stdout.write(help);
  const onWarning = (line: string) => void process.stderr.write(`${line}\n`);
  const gen1 = await startGen1({ ...gen1Options(args), onWarning });
  onStop(() => gen1.close());
  process.stdout.write(`${JSON.stringify({ url: gen1.url, port: gen1.port })}\n`);
});
