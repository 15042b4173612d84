import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseFaults } from "../kit/faults.ts";
import { latencyNamed } from "../kit/latency.ts";
import { WELL_KNOWN_KEY } from "./auth.ts";
import { startGen2 } from "./gen2.ts";

// One line of JSON says where the account is; the process then serves it until it is told to end.
const { values } = parseArgs({
  options: {
    root: { type: "string" },
    port: { type: "string", default: "0" },
    store: { type: "string", default: "files" },
    faults: { type: "string" },
    latency: { type: "string" },
    account: { type: "string", default: "lakesink" },
    "account-key": { type: "string", default: WELL_KNOWN_KEY },
  },
});
const store = values.store;
if (store !== "files" && store !== "memory") throw new Error(`--store must be files or memory, not ${store}`);

const gen2 = await startGen2({
  store,
  root: values.root,
  port: Number(values.port),
  account: values.account,
  // An empty key lets everything pass.
  accountKey: values["account-key"] === "" ? undefined : values["account-key"],
  latency: latencyNamed(values.latency)?.stores,
  faults: values.faults === undefined ? undefined : parseFaults(JSON.parse(readFileSync(values.faults, "utf8"))),
});
for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.once(signal, () => void gen2.close().then(() => process.exit(0)));
console.log(JSON.stringify({ url: gen2.url, port: gen2.port, account: gen2.account }));
