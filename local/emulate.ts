import { parseArgs } from "node:util";
import { startGen1 } from "./gen1/gen1.ts";
import { gen1Options, gen1Usage } from "./gen1/options.ts";
import { WELL_KNOWN_KEY } from "./gen2/auth.ts";
import { startGen2 } from "./gen2/gen2.ts";
import {
  faultsFrom,
  latencyFrom,
  onStop,
  runCommand,
  securityFrom,
  securityUsage,
  UsageError,
  usage,
  wholeNumber,
} from "./kit/command.ts";

const help = `Emulates a storage account on 127.0.0.1 until it is told to end.

  npm run emulate -- gen1 --root DIR [options]    a Data Lake Storage Gen1 account over a folder
  npm run emulate -- gen2 --root DIR [options]    a Gen2 account (DFS and Blob) that keeps plain files in a folder

Options of gen1:
${gen1Usage}
Options of gen2:
  --root DIR            where files are kept
  --store files|memory  default: files; memory starts empty and takes no --root
  --port N              default: any free port
  --faults FILE         a JSON list of faults
  --latency azure       each request takes 5 to 20 ms more
  --account NAME        default: lakesink
${securityUsage}`;

await runCommand(async ([emulator, ...args]) => {
  if (emulator === "--help" || args.includes("--help")) return say(help);
  if (emulator === "gen1") return gen1(args);
  if (emulator === "gen2") return gen2(args);
  throw new UsageError(
    `say which account to emulate: gen1 or gen2${emulator === undefined ? "" : `, not "${emulator}"`}`,
  );
});

async function gen1(args: readonly string[]): Promise<void> {
  const options = gen1Options(args);
  const onWarning = (line: string) => void process.stderr.write(`${line}\n`);
  const account = await startGen1({ ...options, onWarning });
  onStop(() => account.close());
  say(`Gen1 account at ${account.url}

  list a folder    curl '${account.url}/webhdfs/v1/?op=LISTSTATUS&listSize=4000&api-version=2018-09-01'
  read a file      curl '${account.url}/webhdfs/v1/PATH?op=OPEN&read=true'
  what was asked   curl ${account.url}/_control/requests
${options.token === undefined ? "" : "\nEvery request needs the header Authorization: Bearer and the token given.\n"}`);
}

async function gen2(args: readonly string[]): Promise<void> {
  const { values } = usage(() =>
    parseArgs({
      args: [...args],
      options: {
        root: { type: "string" },
        store: { type: "string", default: "files" },
        port: { type: "string" },
        faults: { type: "string" },
        latency: { type: "string" },
        account: { type: "string" },
        tls: { type: "string" },
        audience: { type: "string" },
      },
    }),
  );
  const { store, root, account } = values;
  if (store !== "files" && store !== "memory") throw new UsageError("--store is files or memory");
  if (store === "files" && root === undefined) throw new UsageError("--root is missing: where files are kept");
  if (store === "memory" && root !== undefined) throw new UsageError("--store memory takes no --root");
  const port = wholeNumber("--port", values.port);
  const faults = faultsFrom(values.faults);
  const latency = latencyFrom(values.latency)?.stores;
  const security = securityFrom(values);
  const lake = await startGen2({
    store,
    root,
    port,
    account,
    faults,
    latency,
    accountKey: WELL_KNOWN_KEY,
    ...security,
  });
  onStop(() => lake.close());
  say(`Gen2 account at ${lake.url} (DFS and Blob)

  account          ${lake.account}
  key              the well-known key of the storage emulator
  a client         new DataLakeServiceClient("${lake.url}", new StorageSharedKeyCredential("${lake.account}", KEY))
  what was asked   curl ${new URL(lake.url).origin}/_control/requests
`);
}

function say(text: string): void {
  process.stdout.write(text);
}
